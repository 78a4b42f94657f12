/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What loss may cost, over links and targets of several kinds: each row of a
 * table is one kind, each figure a share of what the same run reaches without
 * loss, as the mean of many seeds.
 */
#include <stdio.h>
#include <stdlib.h>
#include "tests/sim/bound.h"
#include "tests/sim/scenario.h"
#include "tests/sim/trial.h"

#define KINDS 16u
#define SEEDS 20u
#define TAIL_RATIO 100.0 /* T99.9 and mean of SERVICE_TAIL */

/* All kinds, or two unlike ones where time is short. */
static unsigned kind_step(void)
{
	return getenv("SIM_SEEDS") ? 13 : 1;
}

/* The 16 kinds: every pair of rate, round trip, buffers and MTU. */
static struct trial kind(unsigned i, nsec_t service)
{
	return (struct trial){
	    .service = service,

	    .rate = i & 8 ? 10000000000u : 1000000000u,
	    .rtt = i & 4 ? NSEC_MS : 100 * NSEC_US,
	    .buffers = i & 2 ? 64 : 16,
	    .mtu = i & 1 ? 9000 : 1500,
	    .size = 65536,
	};
}

static void print_kind(const struct trial *t)
{
	printf("%2u Gbit/s %4.1f ms %2u buffers MTU %4u",
	    (unsigned)(t->rate / 1000000000u), (double)t->rtt / 1e6, t->buffers,
	    t->mtu);
}

/* Mean rate over the seeds: every second one writes. */
static double mean_rate(struct world *w, struct trial t)
{
	double sum = 0;

	for (unsigned i = 0; i < SEEDS; i++) {
		t.write = i & 1;
		sum += trial_run(w, &t, w->seed + i).rate;
	}
	return sum / SEEDS;
}

struct share {
	double loss; /* each way */
	double least;
};

/* Against the same trial without loss, whose rate is printed first. */
static void print_shares(
    struct world *w, struct trial t, const struct share *share, unsigned shares)
{
	double full, kept;

	t.loss = 0;
	full = mean_rate(w, t);
	printf("  %7.1f MB/s", full / 1e6);
	for (unsigned k = 0; k < shares; k++) {
		t.loss = share[k].loss;
		kept = mean_rate(w, t) / full;
		printf("  %.0f %%: %5.1f %%", 100 * t.loss, 100 * kept);
		if (kept < share[k].least)
			world_fail(w, "%.3f of %.3f", kept, share[k].least);
	}
	printf("\n");
}

static void table(struct world *w, enum service order, nsec_t service,
    const struct share *share, unsigned shares)
{
	for (unsigned i = 0; i < KINDS; i += kind_step()) {
		struct trial t = kind(i, service);

		t.order = order;
		t.depth = 32;
		/* Large frames are few: as many turns of the window. */
		t.ops = t.mtu > 1500 ? 600 : 200;
		t.warm_up = t.ops / 6;
		print_kind(&t);
		print_shares(w, t, share, shares);
	}
}

static const struct share ORDERED[] = {{0.01, 0.95}, {0.05, 0.85}};
static const struct share UNORDERED[] = {{0.01, 0.85}, {0.05, 0.55}};

/* A target that takes 20 us for a frame, as vblade does. */
static void goodput(struct world *w)
{
	table(w, SERVICE_OWN, 20 * NSEC_US, ORDERED, ARRAY_SIZE(ORDERED));
}

/* A target that is never the bottleneck: round trips and windows are. */
static void goodput_fast(struct world *w)
{
	table(w, SERVICE_OWN, NSEC_US / 2, ORDERED, ARRAY_SIZE(ORDERED));
}

static void goodput_unordered(struct world *w)
{
	table(w, SERVICE_UNIFORM, 0, UNORDERED, ARRAY_SIZE(UNORDERED));
	table(w, SERVICE_LOG, 0, UNORDERED, ARRAY_SIZE(UNORDERED));
}

/*
 * One in a thousand answers takes a hundred times the mean. Whoever waits that
 * long before a frame counts as lost keeps 1 / (1 + 2p T99.9 / mean); a copy in
 * vain now and then is cheaper.
 */
static void goodput_tail(struct world *w)
{
	for (unsigned i = 0; i < KINDS; i += 5) {
		struct trial t = kind(i, 0);
		double full, kept;

		t.order = SERVICE_TAIL;
		t.depth = 32;
		t.ops = t.mtu > 1500 ? 900 : 300;
		t.warm_up = t.ops / 6;
		full = mean_rate(w, t);
		print_kind(&t);
		printf("  %7.1f MB/s", full / 1e6);
		for (unsigned k = 0; k < ARRAY_SIZE(UNORDERED); k++) {
			t.loss = UNORDERED[k].loss;
			kept = mean_rate(w, t) / full;
			printf("  %.0f %%: %5.1f %% (waiting %.1f %%)",
			    100 * t.loss, 100 * kept,
			    100 / (1 + 2 * t.loss * TAIL_RATIO));
			CHECK(w, kept > 1 / (1 + 2 * t.loss * TAIL_RATIO));
		}
		printf("\n");
	}
}

/*
 * One request at a time: the last losses of each cost round trips in which
 * nothing else is done. Where round trips are long, 90 % is beyond what is
 * possible; then it has to be near that.
 */
static void goodput_single(struct world *w)
{
	for (unsigned i = 0; i < KINDS; i += kind_step()) {
		struct trial t = kind(i, 20 * NSEC_US);
		double full, kept, bound;

		t.depth = 1;
		/* A request of few frames seldom loses any: more of them. */
		t.ops = t.mtu > 1500 ? 500 : 150;
		t.warm_up = 20;
		full = mean_rate(w, t);
		bound = bound_rate(&t, w->seed, 50000);
		t.loss = 0.01;
		kept = mean_rate(w, t) / full;
		bound = bound_rate(&t, w->seed, 50000) / bound;
		print_kind(&t);
		printf("  %7.1f MB/s  1 %%: %5.1f %% of possible %5.1f %%\n",
		    full / 1e6, 100 * kept, 100 * bound);
		CHECK(w, kept >= 0.90 || kept >= 0.95 * bound);
	}
}

const struct scenario sc_goodput[] = {
    {"goodput", "what 1 % and 5 % loss may cost", goodput},
    {"goodput_fast", "... of targets that take no time", goodput_fast},
    {"goodput_unordered", "... of targets that answer in any order",
	goodput_unordered},
    {"goodput_tail", "... of which a few come very late", goodput_tail},
    {"goodput_single", "... with one request at a time", goodput_single},
    {NULL, NULL, NULL},
};
