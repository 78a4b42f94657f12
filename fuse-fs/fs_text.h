/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the small files of a disk hold.
 */
#ifndef FS_TEXT_H
#define FS_TEXT_H

#include "fuse-fs/fs.h"

/* 0, and memory to be freed; or a positive errno. */
int fs_text(struct fs *fs, struct fs_node node, char **text, size_t *length);

#endif
