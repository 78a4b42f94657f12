/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/io/aoe_ev.h"

static void io_cb(struct ev_loop *loop, ev_io *io, int revents)
{
	struct aoe_ev *w = io->data;
	int ret = aoe_dispatch(w->aoe);

	(void)revents;
	if (!ret)
		return;
	aoe_ev_stop(w, loop);
	if (w->failed)
		w->failed(w, ret);
}

static void prepare_cb(struct ev_loop *loop, ev_prepare *prepare, int revents)
{
	struct aoe_ev *w = prepare->data;

	(void)loop;
	(void)revents;
	aoe_flush_tx(w->aoe);
}

void aoe_ev_start(struct aoe_ev *w, struct ev_loop *loop, struct aoe *aoe,
    void (*failed)(struct aoe_ev *w, int error))
{
	w->aoe = aoe;
	w->failed = failed;
	ev_io_init(&w->io, io_cb, aoe_get_fd(aoe), EV_READ);
	w->io.data = w;
	/* Answers free the room that everything else waits for. */
	ev_set_priority(&w->io, EV_MAXPRI);
	ev_io_start(loop, &w->io);
	ev_prepare_init(&w->prepare, prepare_cb);
	w->prepare.data = w;
	/* Last, when the loop's other watchers have submitted. */
	ev_set_priority(&w->prepare, EV_MINPRI);
	ev_prepare_start(loop, &w->prepare);
}

void aoe_ev_stop(struct aoe_ev *w, struct ev_loop *loop)
{
	ev_io_stop(loop, &w->io);
	ev_prepare_stop(loop, &w->prepare);
}
