/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One turn of the client: first what has been received, then the timers, since
 * a process that was stopped for half a minute finds the answers in the ring
 * and must not give up their targets before it has read them. Then callbacks,
 * and what may be sent. The work of one turn is bounded.
 */
#include "aoe-user/io/client.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS 32     /* descriptors handled in one turn */
#define RX_BUDGET 256 /* frames per port and turn */
#define REAPS 4       /* rounds of callbacks that make new callbacks */
/*
 * In the first frames of a burst each answer sends the next question at once,
 * which keeps a small window full. Behind those the burst is deep enough that
 * questions are better sent in batches.
 */
#define EAGER 16

static void dispatch_frame(
    struct aoe *a, struct netport *p, const struct ring_frame *f, nsec_t now)
{
	if (a->capture) {
		struct iovec iov = {(void *)(uintptr_t)f->data, f->len};

		capture_frame(a->capture, f->when, &iov, 1, now);
	}
	engine_rx(a->engine, p->ifindex, f->data, f->len, now);
	netport_release(p);
}

/* True when there may be more in the ring. */
static bool dispatch_receive(struct aoe *a, struct netport *p)
{
	unsigned budget = RX_BUDGET, n = 0;
	nsec_t now = clock_now();
	struct ring_frame f;

	while (netport_next(p, &f, &budget, now)) {
		dispatch_frame(a, p, &f, now);
		if (++n <= EAGER || !(n % EAGER))
			portset_send(&a->ports, a->capture);
		now = clock_now();
	}
	a->unticked += n;
	return !budget;
}

static bool dispatch_port(struct aoe *a, struct netport *p, uint32_t events)
{
	if (events & (EPOLLERR | EPOLLHUP)) {
		/* The link monitor knows better; but it must be fetched. */
		int error = netport_error(p);

		if (error)
			log_msg(a->log, LOG_LEVEL_DEBUG, p->name, "socket: %s",
			    strerror(error));
	}
	if (events & EPOLLOUT)
		portset_writable(&a->ports, p);
	return dispatch_receive(a, p);
}

static void dispatch_tick(struct aoe *a, nsec_t now)
{
	a->unticked = 0;
	portset_retry(&a->ports, now);
	if (engine_deadline(a->engine) <= now)
		engine_tick(a->engine, now);
	capture_flush(a->capture, now);
}

static void dispatch_reap(struct aoe *a)
{
	for (unsigned i = 0; i < REAPS; i++)
		if (!engine_reap(a->engine))
			return;
	aoe_wake(a);
}

int aoe_dispatch(struct aoe *a)
{
	struct epoll_event ev[EVENTS];
	bool more, links = false;
	uint64_t wakes;
	int n, ret = 0;

	n = epoll_wait(a->epoll, ev, EVENTS, 0);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	more = n == EVENTS;
	for (int i = 0; i < n; i++) {
		void *key = ev[i].data.ptr;

		if (key == &a->timer)
			a->timer.fired = true;
		else if (key == &a->links)
			links = true; /* later: it may take ports away */
		else if (key == &a->wake)
			(void)!read(a->wake, &wakes, sizeof(wakes));
		else
			more |= dispatch_port(a, key, ev[i].events);
	}
	if (links)
		ret = linkmon_dispatch(&a->links);
	if (!more || a->unticked >= a->ports.slots)
		dispatch_tick(a, clock_now());
	dispatch_reap(a);
	aoe_flush_tx(a);
	return ret;
}

nsec_t aoe_deadline(const struct aoe *a)
{
	nsec_t at = engine_deadline(a->engine);

	at = nsec_min(at, portset_deadline(&a->ports));
	return nsec_min(at, capture_deadline(a->capture));
}

void aoe_flush_tx(struct aoe *a)
{
	portset_send(&a->ports, a->capture);
	/* A refused frame may have ended a request: the deadline is now. */
	clock_timer_set(&a->timer, aoe_deadline(a));
}
