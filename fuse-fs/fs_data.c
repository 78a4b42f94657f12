/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_data.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include "fuse-fs/fs_io.h"

#define COPY_MAX                                                               \
	(32u << 10) /* from here on a write keeps the kernel's buffer */
#define ZERO_PIECE (1u << 20)

static void reply(const struct fs_io *io, int error)
{
	fuse_reply_err(io->req, error ? fs_io_errno(error) : 0);
}

/* ---- reading ---- */

static void read_text(
    fuse_req_t req, const struct fs_handle *h, uint64_t offset, size_t length)
{
	offset = MIN(offset, h->length);
	fuse_reply_buf(req, h->text + offset, MIN(length, h->length - offset));
}

static bool read_finish(struct fs_io *io, int error)
{
	if (error)
		reply(io, error);
	else
		fuse_reply_buf(io->req, io->rq.buf, io->rq.length);
	return true;
}

void fs_data_read(struct fs *fs, fuse_req_t req, struct fs_handle *h,
    uint64_t offset, size_t length)
{
	uint64_t size = fs_handle_size(h);
	struct fs_io *io;

	if (h->text) {
		read_text(req, h, offset, length);
		return;
	}
	if (offset >= size || !length) {
		fuse_reply_buf(req, NULL, 0);
		return;
	}
	length = MIN(length, size - offset);
	if (length > FS_POOL_BIG) {
		fuse_reply_err(req, EIO);
		return;
	}
	io = fs_io_new(fs, req, h, length);
	if (!io)
		return;
	io->rq.op = AOE_READ;
	io->rq.offset = h->start + offset;
	io->finish = read_finish;
	fs_io_start(io);
}

/* ---- writing ---- */

static void tell_closers(struct fs_handle *h)
{
	while (!h->writes && !list_empty(&h->closers))
		fs_io_end(list_first(&h->closers, struct fs_io, wait), 0);
}

/* What the caller has not been told, close(2) tells. */
static void write_ended(struct fs_io *io, int error)
{
	struct fs_handle *h = io->h;

	h->writes--;
	if (error && error != -ECANCELED && !h->error)
		h->error = fs_io_errno(error);
	tell_closers(h);
}

static bool write_finish(struct fs_io *io, int error)
{
	if (error)
		reply(io, error);
	else
		fuse_reply_write(io->req, io->rq.length);
	write_ended(io, error);
	return true;
}

/* Gives the request the data, and of a long one the buffer as well. */
static struct fs_io *write_new(struct fs *fs, fuse_req_t req,
    struct fs_handle *h, const char *buf, size_t length)
{
	bool copy = length <= COPY_MAX;
	struct fs_io *io =
	    fs_io_new(fs, req, h, copy ? length : (size_t)FS_POOL_BIG);
	void *next;

	if (!io)
		return NULL;
	if (copy) {
		memcpy(io->mem, buf, length);
		return io;
	}
	/* Its own is for the next request. */
	next = io->mem;
	io->mem = fs->incoming.mem;
	fs->incoming.mem = next;
	io->rq.buf = (void *)(uintptr_t)buf;
	io->rq.length = length;
	return io;
}

void fs_data_write(struct fs *fs, fuse_req_t req, struct fs_handle *h,
    const char *buf, uint64_t offset, size_t length, bool sync)
{
	uint64_t size = fs_handle_size(h);
	struct fs_io *io;

	if (h->text || !h->writable) {
		fuse_reply_err(req, EBADF);
		return;
	}
	if (offset >= size && length) {
		fuse_reply_err(req, ENOSPC);
		return;
	}
	length = MIN(length, size - offset);
	if (!length) {
		fuse_reply_write(req, 0);
		return;
	}
	io = write_new(fs, req, h, buf, length);
	if (!io)
		return;
	io->rq.op = AOE_WRITE;
	io->rq.fua = sync;
	io->rq.offset = h->start + offset;
	io->finish = write_finish;
	h->writes++;
	h->written = true;
	fs_io_start(io);
}

/* ---- syncing ---- */

static int take_error(struct fs_handle *h)
{
	int error = h->error;

	h->error = 0;
	return error;
}

static bool sync_finish(struct fs_io *io, int error)
{
	fuse_reply_err(io->req, error ? fs_io_errno(error) : take_error(io->h));
	return true;
}

void fs_data_sync(struct fs *fs, fuse_req_t req, struct fs_handle *h)
{
	struct fs_io *io = h->text ? NULL : fs_io_new(fs, req, h, 0);

	if (h->text)
		fuse_reply_err(req, 0);
	if (!io)
		return;
	io->rq.op = AOE_FLUSH;
	io->finish = sync_finish;
	fs_io_start(io);
}

static bool close_finish(struct fs_io *io, int error)
{
	fuse_reply_err(io->req, error ? fs_io_errno(error) : take_error(io->h));
	return true;
}

void fs_data_close(struct fs *fs, fuse_req_t req, struct fs_handle *h)
{
	struct fs_io *io;

	if (!h->writes) {
		fuse_reply_err(req, take_error(h));
		return;
	}
	io = fs_io_new(fs, req, h, 0);
	if (!io)
		return;
	io->finish = close_finish;
	fs_io_wait(io, &h->closers);
}

/* ---- zeroes ---- */

static void zero_piece(struct fs_io *io)
{
	io->rq.length = (size_t)MIN(io->left, ZERO_PIECE);
	io->left -= io->rq.length;
	fs_io_start(io);
}

static bool zero_finish(struct fs_io *io, int error)
{
	if (!error && io->left) {
		io->rq.offset += io->rq.length;
		zero_piece(io);
		return false;
	}
	reply(io, error);
	write_ended(io, error);
	return true;
}

static void zero(struct fs *fs, fuse_req_t req, struct fs_handle *h,
    uint64_t offset, uint64_t length)
{
	size_t size = (size_t)MIN(length, ZERO_PIECE);
	struct fs_io *io = fs_io_new(fs, req, h, size);

	if (!io)
		return;
	memset(io->mem, 0, size);
	io->rq.op = AOE_WRITE;
	io->rq.offset = h->start + offset;
	io->left = length;
	io->finish = zero_finish;
	h->writes++;
	h->written = true;
	zero_piece(io);
}

void fs_data_allocate(struct fs *fs, fuse_req_t req, struct fs_handle *h,
    int mode, uint64_t offset, uint64_t length)
{
	uint64_t size = fs_handle_size(h);

	if (h->text || !h->writable)
		fuse_reply_err(req, EBADF);
	else if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_ZERO_RANGE))
		fuse_reply_err(req, EOPNOTSUPP);
	else if (offset > size || length > size - offset)
		fuse_reply_err(req, ENOSPC);
	else if (mode & FALLOC_FL_ZERO_RANGE && length)
		zero(fs, req, h, offset, length);
	else
		fuse_reply_err(req, 0);
}
