/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which disks are shown. One that answers is; one that no longer does stays as
 * long as somebody has it open.
 */
#ifndef FS_DISKS_H
#define FS_DISKS_H

#include "fuse-fs/fs.h"

/* For the client's on_device. */
void fs_disks_event(struct fs *fs, struct device *dev, unsigned events);
/* A handle that wrote has been closed: its table may be another one. */
void fs_disks_written(struct fs *fs, struct aoe_addr addr);
/* A handle of that disk has gone. */
void fs_disks_closed(struct fs *fs, struct aoe_addr addr);

#endif
