/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_io.h"

#include <errno.h>
#include "fuse-fs/fs_caller.h"

#define IMPATIENCE NSEC_SEC /* from a signal to EINTR, if it kills nobody */

struct fs_io {
	struct aoe_request rq;
	struct fs *fs;
	struct fs_handle *h;
	fuse_req_t req;
	void *mem; /* from the pool, `size` bytes */
	size_t size;
	bool submitted;
	struct list wait; /* fs->waiting */
	struct list interrupt;
	nsec_t answer_at; /* when interrupted */
};

/* ---- the end ---- */

static void io_free(struct fs_io *io)
{
	list_del(&io->wait);
	list_del(&io->interrupt);
	fs_pool_put(&io->fs->pool, io->mem, io->size);
	fs_pool_put(&io->fs->pool, io, sizeof(*io));
}

/* What a caller of read(2) can make sense of. */
static int reply_errno(int error)
{
	switch (error) {
	case -ECANCELED:
		return EINTR;
	case -EINVAL: /* the disk has shrunk */
	case -ESHUTDOWN:
		return EIO;
	default:
		return -error;
	}
}

static void io_end(struct fs_io *io, int error)
{
	if (error)
		fuse_reply_err(io->req, reply_errno(error));
	else
		fuse_reply_buf(io->req, io->rq.buf, io->rq.length);
	io_free(io);
}

static void io_done(struct aoe_request *rq, int error)
{
	io_end(container_of(rq, struct fs_io, rq), error);
}

/* ---- interrupts ---- */

static void arm(struct fs *fs)
{
	const struct fs_io *io;
	nsec_t wait;

	ev_timer_stop(fs->loop, &fs->impatience);
	if (list_empty(&fs->interrupted))
		return;
	io = list_first(&fs->interrupted, struct fs_io, interrupt);
	wait = nsec_since(aoe_now(), io->answer_at);
	ev_timer_set(
	    &fs->impatience, (double)wait / (double)NSEC_SEC + 0.001, 0.0);
	ev_timer_start(fs->loop, &fs->impatience);
}

/* The library holds a lock here: no reply. */
static void on_interrupt(fuse_req_t req, void *data)
{
	bool dies = fs_caller_dies(fuse_req_ctx(req)->pid);
	struct fs_io *io = data;
	struct fs *fs = io->fs;

	if (!list_empty(&io->interrupt))
		return;
	io->answer_at = nsec_add(aoe_now(), dies ? 0 : IMPATIENCE);
	if (dies)
		list_push(&fs->interrupted, &io->interrupt);
	else
		list_append(&fs->interrupted, &io->interrupt);
	if (fs->interrupted.next == &io->interrupt)
		arm(fs);
}

static void on_impatience(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct fs *fs = w->data;
	struct list *l, *tmp;
	nsec_t now = aoe_now();

	(void)loop;
	(void)revents;
	list_each(l, tmp, &fs->interrupted) {
		struct fs_io *io = list_entry(l, struct fs_io, interrupt);

		if (io->answer_at > now)
			break;
		list_del(&io->interrupt);
		if (io->submitted)
			aoe_cancel(fs->aoe, &io->rq);
		else
			io_end(io, -ECANCELED);
	}
	arm(fs);
}

/* ---- the beginning ---- */

static struct fs_io *io_new(
    struct fs *fs, fuse_req_t req, struct fs_handle *h, size_t size)
{
	struct fs_io *io = fs_pool_get(&fs->pool, sizeof(*io));
	void *mem = size ? fs_pool_get(&fs->pool, size) : NULL;

	if (!io || (size && !mem)) {
		fs_pool_put(&fs->pool, io, sizeof(*io));
		fs_pool_put(&fs->pool, mem, size);
		return NULL;
	}
	*io = (struct fs_io){
	    .rq.done = io_done,
	    .rq.buf = mem,
	    .rq.length = size,
	    .fs = fs,
	    .h = h,
	    .req = req,
	    .mem = mem,
	    .size = size,
	};
	list_init(&io->wait);
	list_init(&io->interrupt);
	return io;
}

/* False when there is no room: it stays where it is. */
static bool io_submit(struct fs_io *io)
{
	int error = aoe_submit(io->fs->aoe, io->h->dev, &io->rq);

	if (error == -EAGAIN)
		return false;
	list_del(&io->wait);
	io->submitted = !error;
	if (error)
		io_end(io, error);
	return true;
}

static void io_start(struct fs_io *io)
{
	/* In order of arrival, so that none waits for ever. */
	if (!list_empty(&io->fs->waiting) || !io_submit(io))
		list_append(&io->fs->waiting, &io->wait);
	else if (!io->submitted)
		return;
	fuse_req_interrupt_func(io->req, on_interrupt, io);
}

void fs_io_room(struct fs *fs)
{
	while (!list_empty(&fs->waiting))
		if (!io_submit(list_first(&fs->waiting, struct fs_io, wait)))
			return;
}

static void read_text(
    fuse_req_t req, const struct fs_handle *h, uint64_t offset, size_t length)
{
	offset = MIN(offset, h->length);
	fuse_reply_buf(req, h->text + offset, MIN(length, h->length - offset));
}

void fs_io_read(struct fs *fs, fuse_req_t req, struct fs_handle *h,
    uint64_t offset, size_t length)
{
	uint64_t size = fs_handle_size(h);
	struct fs_io *io;

	if (!h->dev) {
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
	io = io_new(fs, req, h, length);
	if (!io) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	io->rq.op = AOE_READ;
	io->rq.offset = offset;
	io_start(io);
}

/* ---- life ---- */

void fs_io_init(struct fs *fs)
{
	list_init(&fs->waiting);
	list_init(&fs->interrupted);
	ev_init(&fs->impatience, on_impatience);
	fs->impatience.data = fs;
}

void fs_io_fini(struct fs *fs)
{
	while (!list_empty(&fs->waiting))
		io_end(
		    list_first(&fs->waiting, struct fs_io, wait), -ESHUTDOWN);
	ev_timer_stop(fs->loop, &fs->impatience);
}
