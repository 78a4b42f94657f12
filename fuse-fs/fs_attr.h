/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stat(2) says of the files.
 */
#ifndef FS_ATTR_H
#define FS_ATTR_H

#include "fuse-fs/fs_handle.h"

#define FS_BLOCK (1u << 20) /* what cp(1) and others should ask for at once */

/* `h`, when it is open, or NULL. 0 or a positive errno. */
int fs_attr(struct fs *fs, struct fs_node node, const struct fs_handle *h,
    struct stat *out);
/* For statvfs(2): all disks together, and nothing free. */
void fs_attr_total(const struct fs *fs, struct statvfs *out);

#endif
