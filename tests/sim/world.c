/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* More events than this at one instant mean a loop that feeds itself. */
#define STUCK 2000000u
/* After this many failures the rest is only counted. */
#define SHOWN 12u

/*
 * Time starts well above zero: differences and "never" must not depend on a
 * clock that is near its beginning.
 */
#define START (1000 * NSEC_SEC)

int world_init(struct world *w, uint64_t seed, const char *trace, bool verbose)
{
	*w = (struct world){.seed = seed, .verbose = verbose};
	event_queue_init(&w->events, START);
	rng_seed(&w->rng, seed);
	net_init(&w->net, &w->events, &w->rng, &w->pcap);
	list_init(&w->owned);
	return trace ? pcap_open(&w->pcap, trace) : 0;
}

int world_fini(struct world *w)
{
	while (!list_empty(&w->owned)) {
		struct owned *o = list_first(&w->owned, struct owned, link);

		list_del(&o->link);
		o->destroy(o);
	}
	net_fini(&w->net);
	event_queue_fini(&w->events);
	return pcap_close(&w->pcap);
}

void world_own(
    struct world *w, struct owned *o, void (*destroy)(struct owned *o))
{
	o->destroy = destroy;
	list_push(&w->owned, &o->link);
}

static bool step(struct world *w, nsec_t end)
{
	nsec_t now = world_now(w);

	if (w->stuck || event_queue_next(&w->events) > end)
		return false;
	event_queue_step(&w->events);
	w->idle_steps = world_now(w) == now ? w->idle_steps + 1 : 0;
	if (w->idle_steps > STUCK) {
		w->stuck = true;
		world_fail(w, "time stands still: events feed themselves");
	}
	return true;
}

void world_run(struct world *w, nsec_t span)
{
	nsec_t end = nsec_add(world_now(w), span);

	while (step(w, end))
		;
	if (!w->stuck)
		w->events.now = end;
}

bool world_until(
    struct world *w, bool (*ready)(void *ctx), void *ctx, nsec_t limit)
{
	nsec_t end = nsec_add(world_now(w), limit);

	while (!ready(ctx)) {
		if (step(w, end))
			continue;
		if (!w->stuck)
			w->events.now = end;
		return ready(ctx);
	}
	return true;
}

static void print_time(const struct world *w, const char *kind)
{
	nsec_t now = world_now(w) - START;

	fprintf(stderr, "%s [%" PRIu64 ".%06" PRIu64 "] ", kind, now / NSEC_SEC,
	    now % NSEC_SEC / NSEC_US);
}

void world_fail(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if ((w->failures++ >= SHOWN || w->quiet) && !w->verbose)
		return;
	print_time(w, w->quiet ? "  fail, as expected" : "  FAIL");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void world_note(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (!w->verbose)
		return;
	print_time(w, "  note");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

bool world_check_eq(struct world *w, const char *file, int line,
    const char *what, int64_t got, int64_t want)
{
	if (got == want)
		return true;
	world_fail(w, "%s:%d: %s is %" PRId64 ", not %" PRId64, file, line,
	    what, got, want);
	return false;
}
