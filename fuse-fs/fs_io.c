/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_io.h"

#include <errno.h>
#include "fuse-fs/fs_caller.h"

#define IMPATIENCE NSEC_SEC /* from a signal to EINTR, if it kills nobody */

/* ---- the end ---- */

static void io_free(struct fs_io *io)
{
	list_del(&io->wait);
	list_del(&io->interrupt);
	fs_pool_put(&io->fs->pool, io->mem, io->size);
	fs_pool_put(&io->fs->pool, io, sizeof(*io));
}

int fs_io_errno(int error)
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

void fs_io_end(struct fs_io *io, int error)
{
	list_del(&io->wait);
	if (io->finish(io, error))
		io_free(io);
}

static void io_done(struct aoe_request *rq, int error)
{
	fs_io_end(container_of(rq, struct fs_io, rq), error);
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
	nsec_t now = aoe_now();

	(void)loop;
	(void)revents;
	/* One that ends may end others with it. */
	while (!list_empty(&fs->interrupted)) {
		struct fs_io *io =
		    list_first(&fs->interrupted, struct fs_io, interrupt);

		if (io->answer_at > now)
			break;
		list_del(&io->interrupt);
		if (io->submitted)
			aoe_cancel(fs->aoe, &io->rq);
		else
			fs_io_end(io, -ECANCELED);
	}
	arm(fs);
}

/* ---- the beginning ---- */

struct fs_io *fs_io_new(
    struct fs *fs, fuse_req_t req, struct fs_handle *h, size_t size)
{
	struct fs_io *io = fs_pool_get(&fs->pool, sizeof(*io));
	void *mem = size ? fs_pool_get(&fs->pool, size) : NULL;

	if (!io || (size && !mem)) {
		fs_pool_put(&fs->pool, io, sizeof(*io));
		fs_pool_put(&fs->pool, mem, size);
		fuse_reply_err(req, ENOMEM);
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
	if (error) {
		fs_io_end(io, error);
		return true;
	}
	io->submitted = true;
	fuse_req_interrupt_func(io->req, on_interrupt, io);
	return true;
}

static bool io_waits(const struct fs *fs, const struct device *dev)
{
	const struct list *l;

	for (l = fs->waiting.next; l != &fs->waiting; l = l->next)
		if (list_entry(l, struct fs_io, wait)->h->dev == dev)
			return true;
	return false;
}

void fs_io_wait(struct fs_io *io, struct list *list)
{
	list_append(list, &io->wait);
	fuse_req_interrupt_func(io->req, on_interrupt, io);
}

void fs_io_start(struct fs_io *io)
{
	io->submitted = false;
	/* In order of arrival, so that none waits for ever. */
	if (io_waits(io->fs, io->h->dev) || !io_submit(io))
		fs_io_wait(io, &io->fs->waiting);
}

void fs_io_room(struct fs *fs)
{
	struct list *l, *tmp;

	/* There may be room for the disk of one and none for another. */
	list_each(l, tmp, &fs->waiting)
		io_submit(list_entry(l, struct fs_io, wait));
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
		fs_io_end(
		    list_first(&fs->waiting, struct fs_io, wait), -ESHUTDOWN);
	ev_timer_stop(fs->loop, &fs->impatience);
}
