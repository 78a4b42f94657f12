/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads what is on disks that are new or have been written, one after the
 * other, with the help of a process without rights (fs_probe.h).
 */
#ifndef FS_PROBER_H
#define FS_PROBER_H

#include "fuse-fs/fs.h"

struct fs_prober;

/* NULL without memory: then there are no partitions. */
struct fs_prober *fs_prober_new(struct fs *fs);
/* There may be a disk to be read. NULL is fine, here and below. */
void fs_prober_kick(struct fs_prober *p);
/* For the client's on_room. */
void fs_prober_room(struct fs_prober *p);
/* Begins nothing new and ends its process; before the client goes. */
void fs_prober_stop(struct fs_prober *p);
void fs_prober_free(struct fs_prober *p);

#endif
