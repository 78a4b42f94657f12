/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "common/wire.h"
#include "fuse-fs/fs_io.h"

#define ROOM (WIRE_CONFIG_MAX + 1) /* with a newline */

int fs_config_open(struct fs_handle *h)
{
	char *text = realloc(h->text, MAX(h->length, ROOM));

	if (!text)
		return ENOMEM;
	h->text = text;
	h->config = true;
	return 0;
}

/* Without the newline that echo(1) adds and a reader of the file is shown. */
static size_t string_length(const struct fs_handle *h)
{
	size_t length = h->length;

	return length && h->text[length - 1] == '\n' ? length - 1 : length;
}

/* To fs_io_errno() this would be a disk that has shrunk. */
static int set_errno(int error)
{
	return error == -EINVAL ? EINVAL : fs_io_errno(error);
}

static bool set_finish(struct fs_io *io, int error)
{
	if (error)
		fuse_reply_err(io->req, set_errno(error));
	else
		fuse_reply_write(io->req, io->left);
	return true;
}

static void set(
    struct fs *fs, fuse_req_t req, struct fs_handle *h, size_t written)
{
	size_t length = string_length(h);
	struct fs_io *io;

	if (length > WIRE_CONFIG_MAX) {
		fuse_reply_err(req, EFBIG);
		return;
	}
	/* Of its own, as the next write may come before this one is done. */
	io = fs_io_new(fs, req, h, length);
	if (!io)
		return;
	if (length)
		memcpy(io->mem, h->text, length);
	io->rq.op = AOE_SET_CONFIG;
	io->left = written;
	io->finish = set_finish;
	fs_io_start(io);
}

void fs_config_write(struct fs *fs, fuse_req_t req, struct fs_handle *h,
    const char *buf, uint64_t offset, size_t length)
{
	if (offset > h->length) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	if (length > ROOM - MIN(offset, ROOM)) {
		fuse_reply_err(req, EFBIG);
		return;
	}
	memcpy(h->text + offset, buf, length);
	h->length = (size_t)offset + length;
	set(fs, req, h, length);
}

void fs_config_truncate(struct fs_handle *h, uint64_t length)
{
	h->length = (size_t)MIN(h->length, length);
}
