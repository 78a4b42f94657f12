/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Data: from a FUSE request to one of the client and back. Every function takes
 * over `req` and answers it, some time.
 *
 * A request whose caller was killed is answered at once, with the target or
 * without. Other signals kill nobody: that request has a second to end well,
 * then its caller gets EINTR.
 */
#ifndef FS_IO_H
#define FS_IO_H

#include "fuse-fs/fs_handle.h"

void fs_io_init(struct fs *fs);
/* When the client is gone, and with it what was submitted. */
void fs_io_fini(struct fs *fs);
/* For the client's on_room. */
void fs_io_room(struct fs *fs);
/* Never short, but for the end of the disk. */
void fs_io_read(struct fs *fs, fuse_req_t req, struct fs_handle *h,
    uint64_t offset, size_t length);

#endif
