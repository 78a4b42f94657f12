/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which disks are shown. One that answers is; one that no longer does stays as
 * long as somebody has it open.
 */
#ifndef FS_SHOWN_H
#define FS_SHOWN_H

#include "fuse-fs/fs.h"

/* Shows or hides a disk; `same`: it is the one that was there before. */
void fs_shown_look(struct fs *fs, const struct device *dev, bool same);
/* A handle of that disk has gone. */
void fs_shown_closed(struct fs *fs, struct aoe_addr addr);

#endif
