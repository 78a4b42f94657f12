/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The config string as a file that is written. Each write sets the string to
 * what has been written so far, less a newline at its end, so that the caller
 * of write(2) learns what came of it. To cut the file changes nothing by
 * itself, as the shell does so before each write.
 */
#ifndef FS_CONFIG_H
#define FS_CONFIG_H

#include "fuse-fs/fs_handle.h"

/* Makes a handle, whose text is the string now, fit to be written. 0 or a
 * positive errno. */
int fs_config_open(struct fs_handle *h);
/* Takes over `req`. */
void fs_config_write(struct fs *fs, fuse_req_t req, struct fs_handle *h,
    const char *buf, uint64_t offset, size_t length);
void fs_config_truncate(struct fs_handle *h, uint64_t length);

#endif
