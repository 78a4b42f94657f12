/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/cli/loop.h"

#include <errno.h>
#include <signal.h>

static void on_client_failed(struct aoe_ev *w, int error)
{
	container_of(w, struct loop, client)->error = error;
}

static void on_signal(struct ev_loop *ev, ev_signal *w, int revents)
{
	struct loop *l = w->data;

	(void)ev;
	(void)revents;
	l->caught = w->signum;
}

/* What these two have to say is that the turn is over. */
static void on_stream(struct ev_loop *ev, ev_io *w, int revents)
{
	(void)ev;
	(void)w;
	(void)revents;
}

static void on_limit(struct ev_loop *ev, ev_timer *w, int revents)
{
	(void)ev;
	(void)w;
	(void)revents;
}

int loop_init(struct loop *l, struct aoe *aoe)
{
	static const int signals[LOOP_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

	*l = (struct loop){.ev = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV)};
	if (!l->ev)
		return -ENOMEM;
	for (unsigned i = 0; i < LOOP_SIGNALS; i++) {
		ev_signal_init(&l->signals[i], on_signal, signals[i]);
		l->signals[i].data = l;
	}
	ev_init(&l->stream, on_stream);
	ev_init(&l->limit, on_limit);
	aoe_ev_start(&l->client, l->ev, aoe, on_client_failed);
	return 0;
}

void loop_fini(struct loop *l)
{
	if (!l->ev)
		return;
	for (unsigned i = 0; i < LOOP_SIGNALS; i++)
		ev_signal_stop(l->ev, &l->signals[i]);
	aoe_ev_stop(&l->client, l->ev);
	ev_loop_destroy(l->ev);
	l->ev = NULL;
}

/* So that nohup(1) works. */
static bool is_ignored_hangup(int signum)
{
	struct sigaction now;

	return signum == SIGHUP && !sigaction(signum, NULL, &now) &&
	       now.sa_handler == SIG_IGN;
}

void loop_catch(struct loop *l)
{
	for (unsigned i = 0; i < LOOP_SIGNALS; i++)
		if (!is_ignored_hangup(l->signals[i].signum))
			ev_signal_start(l->ev, &l->signals[i]);
}

int loop_turn(struct loop *l, int fd, int events, nsec_t limit)
{
	if (l->error)
		return l->error;
	if (events) {
		ev_io_set(&l->stream, fd, events);
		ev_io_start(l->ev, &l->stream);
	}
	if (limit && limit != NSEC_NEVER) {
		ev_timer_set(&l->limit, (double)limit / (double)NSEC_SEC, 0.0);
		ev_timer_start(l->ev, &l->limit);
	}
	ev_run(l->ev, limit ? EVRUN_ONCE : EVRUN_NOWAIT);
	ev_timer_stop(l->ev, &l->limit);
	ev_io_stop(l->ev, &l->stream);
	return l->error;
}

int loop_until(
    struct loop *l, bool (*ready)(void *ctx), void *ctx, nsec_t limit)
{
	nsec_t end = nsec_add(aoe_now(), limit);
	int err;

	while (!ready(ctx)) {
		nsec_t now = aoe_now();

		if (l->caught)
			return -EINTR;
		if (now >= end)
			return -ETIMEDOUT;
		err = loop_turn(l, -1, 0, end == NSEC_NEVER ? end : end - now);
		if (err)
			return err;
	}
	return 0;
}

static void flush_done(struct aoe_request *rq, int error)
{
	struct loop *l = container_of(rq, struct loop, flush);

	l->flushed = true;
	l->flush_error = error;
}

static bool flush_ready(void *ctx)
{
	const struct loop *l = ctx;

	return l->flushed;
}

int loop_flush(struct loop *l, struct device *dev)
{
	int err;

	l->flushed = false;
	l->flush = (struct aoe_request){.op = AOE_FLUSH, .done = flush_done};
	err = aoe_submit(l->client.aoe, dev, &l->flush);
	if (!err)
		err = loop_until(l, flush_ready, l, NSEC_NEVER);
	return err ? err : l->flush_error;
}
