/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What follows from news of a disk: for the tree, the kernel and the prober.
 */
#ifndef FS_DISKS_H
#define FS_DISKS_H

#include "fuse-fs/fs.h"

/* For the client's on_device. */
void fs_disks_event(struct fs *fs, struct device *dev, unsigned events);
/* A handle that wrote has been closed: its table may be another one. */
void fs_disks_written(struct fs *fs, struct aoe_addr addr);

#endif
