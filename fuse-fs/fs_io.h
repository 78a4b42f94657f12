/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A request of the kernel that the client works on.
 *
 * A request whose caller was killed is answered at once, with the target or
 * without. Other signals kill nobody: that request has a second to end well,
 * then its caller gets EINTR.
 */
#ifndef FS_IO_H
#define FS_IO_H

#include "fuse-fs/fs_handle.h"

struct fs_io {
	struct aoe_request rq; /* `op`, `offset`, `length`: before the start */
	struct fs *fs;
	struct fs_handle *h;
	fuse_req_t req;
	/*
	 * Answers `req`; `error` is 0 or -errno. Called once, also without a
	 * client, and the request is no more; or returns false, and has started
	 * it again.
	 */
	bool (*finish)(struct fs_io *io, int error);
	uint64_t left; /* for `finish`: bytes that are still to be started */
	void *mem;     /* from the pool, for `size` bytes; rq.buf, or NULL */
	size_t size;
	bool submitted;
	struct list wait; /* fs->waiting, or for the handle's writes */
	struct list interrupt;
	nsec_t answer_at; /* when interrupted */
};

void fs_io_init(struct fs *fs);
/* When the client is gone, and with it what was submitted. */
void fs_io_fini(struct fs *fs);
/* For the client's on_room. */
void fs_io_room(struct fs *fs);

/* With a buffer of `size` bytes, or none. Without memory NULL; `req` then has
 * been answered. */
struct fs_io *fs_io_new(
    struct fs *fs, fuse_req_t req, struct fs_handle *h, size_t size);
/* Hands it to the client. */
void fs_io_start(struct fs_io *io);
/* It waits for something else, on `list`, and for fs_io_end(). */
void fs_io_wait(struct fs_io *io, struct list *list);
void fs_io_end(struct fs_io *io, int error);
/* The error as a positive errno that a user of files can make sense of. */
int fs_io_errno(int error);

#endif
