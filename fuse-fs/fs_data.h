/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Data: what reading, writing and syncing a file comes to. Every function takes
 * over `req` and answers it, some time.
 */
#ifndef FS_DATA_H
#define FS_DATA_H

#include "fuse-fs/fs_handle.h"

/* Never short, but for the end of the disk. */
void fs_data_read(struct fs *fs, fuse_req_t req, struct fs_handle *h,
    uint64_t offset, size_t length);
/*
 * `buf` is in fs->incoming, which may be taken away. With `sync`, it is done
 * when it is on the medium.
 */
void fs_data_write(struct fs *fs, fuse_req_t req, struct fs_handle *h,
    const char *buf, uint64_t offset, size_t length, bool sync);
/* To the medium, with all writes that are done. */
void fs_data_sync(struct fs *fs, fuse_req_t req, struct fs_handle *h);
/* When this handle's writes have ended: tells of an error of them. */
void fs_data_close(struct fs *fs, fuse_req_t req, struct fs_handle *h);
/* `mode` is that of fallocate(2). */
void fs_data_allocate(struct fs *fs, fuse_req_t req, struct fs_handle *h,
    int mode, uint64_t offset, uint64_t length);

#endif
