/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One run of one scenario: virtual time, the network, the random numbers, the
 * verdict, and everything that was made for it. Scenarios never clean up; what
 * was adopted is destroyed in reverse order when the world ends.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include "common/compiler.h"
#include "common/list.h"
#include "tests/sim/event.h"
#include "tests/sim/net.h"
#include "tests/sim/pcap.h"
#include "tests/sim/rng.h"

/* What a run came to, for scenarios of many seeds. */
struct tally {
	uint64_t seeds, requests, frames, lost, resent, wrong, late, failed;
};

struct world {
	uint64_t seed;
	bool verbose;
	struct event_queue events;
	struct rng rng;
	struct net net;
	struct pcap pcap;
	struct list owned;
	unsigned failures;
	unsigned damage; /* of them, wrong data seen by the model */
	bool quiet;      /* failures are expected here: count them only */
	bool stuck;      /* time no longer moves: nothing runs any more */
	unsigned idle_steps;
	struct tally tally;
};

/* Embedded in what the world shall destroy at the end. */
struct owned {
	struct list link;
	void (*destroy)(struct owned *o);
};

/* `trace` may be NULL. 0 or -errno. */
int world_init(struct world *w, uint64_t seed, const char *trace, bool verbose);
/* 0, or -errno when the capture could not be written. */
int world_fini(struct world *w);
void world_own(
    struct world *w, struct owned *o, void (*destroy)(struct owned *o));

static inline nsec_t world_now(const struct world *w)
{
	return w->events.now;
}

/* Lets `span` pass. */
void world_run(struct world *w, nsec_t span);
/*
 * Runs until `ready` says so; false (and no failure: the caller decides) when
 * `limit` has passed before.
 */
bool world_until(
    struct world *w, bool (*ready)(void *ctx), void *ctx, nsec_t limit);

/* Records a failure, printed with the virtual time. */
void world_fail(struct world *w, const char *fmt, ...) FORMAT_PRINTF(2, 3);
/* Printed with -v only. */
void world_note(struct world *w, const char *fmt, ...) FORMAT_PRINTF(2, 3);

/* Records a failure when `cond` does not hold; gives its value. */
#define CHECK(w, cond)                                                         \
	((cond) ? true                                                         \
		: (world_fail(                                                 \
		       w, "%s:%d: not true: %s", __FILE__, __LINE__, #cond),   \
		      false))
/* The same for two numbers, which are shown. */
#define CHECK_EQ(w, got, want)                                                 \
	world_check_eq(                                                        \
	    w, __FILE__, __LINE__, #got, (int64_t)(got), (int64_t)(want))

bool world_check_eq(struct world *w, const char *file, int line,
    const char *what, int64_t got, int64_t want);

#endif
