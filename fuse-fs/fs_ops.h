/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel asks of a file system, all but the data.
 */
#ifndef FS_OPS_H
#define FS_OPS_H

#include "fuse-fs/fs.h"

/* Its user data is the struct fs. */
extern const struct fuse_lowlevel_ops fs_ops;

#endif
