/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of files that are made from what targets and disks say.
 */
#ifndef FS_NAME_H
#define FS_NAME_H

#include "fuse-fs/fs_node.h"

#define FS_NAME 80 /* room for any name and its NUL */

/* The name of this link, or "" when there is none, into buf[FS_NAME]. */
void fs_name_link(struct fs_node node, char *buf);
void fs_name_part(unsigned number, char *buf);

#endif
