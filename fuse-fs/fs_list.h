/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An open folder: its names as they were when it was opened, so that disks that
 * come and go move none of the others out of a listing.
 */
#ifndef FS_LIST_H
#define FS_LIST_H

#include "fuse-fs/fs.h"

struct fs_list;

/* NULL without memory. */
struct fs_list *fs_list_new(const struct fs_tree *tree, struct fs_node dir);
void fs_list_free(struct fs_list *l);
/* As many entries from `offset` on as fit; answers `req`. */
void fs_list_reply(
    const struct fs_list *l, fuse_req_t req, size_t size, off_t offset);

#endif
