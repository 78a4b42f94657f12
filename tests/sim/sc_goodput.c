/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What loss may cost, over links and targets of several kinds: each row of a
 * table is one kind, each figure a share of what the same run reaches without
 * loss, as the mean of many seeds.
 */
#include <stdio.h>
#include "tests/sim/scenario.h"
#include "tests/sim/trial.h"

#define KINDS 16u
#define SEEDS 20u

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
	const char *head;
	double loss;
	unsigned depth, ops;
	double least;
};

static void table(struct world *w, bool unordered, nsec_t service,
    const struct share *share, unsigned shares)
{
	for (unsigned i = 0; i < KINDS; i++) {
		struct trial t = kind(i, service);
		double full = 0;
		unsigned depth = 0;

		t.unordered = unordered;
		print_kind(&t);
		for (unsigned k = 0; k < shares; k++) {
			double kept;

			/* Large frames are few: as many turns of the window. */
			t.ops = share[k].ops * (t.mtu > 1500 ? 3 : 1);
			t.depth = share[k].depth;
			t.loss = 0;
			if (depth != t.depth) {
				full = mean_rate(w, t);
				printf("  %7.1f MB/s", full / 1e6);
			}
			depth = t.depth;
			t.loss = share[k].loss;
			kept = mean_rate(w, t) / full;
			printf("  %s %5.1f %%%s", share[k].head, 100 * kept,
			    kept < share[k].least ? " !" : "");
			if (kept < share[k].least)
				world_fail(w, "kind %u, %s: %.3f of %.3f", i,
				    share[k].head, kept, share[k].least);
		}
		printf("\n");
	}
}

static void goodput(struct world *w)
{
	static const struct share share[] = {
	    {"1 %:", 0.01, 32, 300, 0.95},
	    {"5 %:", 0.05, 32, 300, 0.85},
	    {"depth 1, 1 %:", 0.01, 1, 100, 0.90},
	};

	table(w, false, 20 * NSEC_US, share, ARRAY_SIZE(share));
}

/* A target that is never the bottleneck: round trips and windows are. */
static void goodput_fast(struct world *w)
{
	static const struct share share[] = {
	    {"1 %:", 0.01, 32, 300, 0.95},
	    {"5 %:", 0.05, 32, 300, 0.85},
	    {"depth 1, 1 %:", 0.01, 1, 100, 0.50},
	};

	table(w, false, 500, share, ARRAY_SIZE(share));
}

static void goodput_unordered(struct world *w)
{
	static const struct share share[] = {
	    {"1 %:", 0.01, 32, 300, 0.85},
	    {"5 %:", 0.05, 32, 300, 0.55},
	};

	table(w, true, 0, share, ARRAY_SIZE(share));
}

const struct scenario sc_goodput[] = {
    {"goodput", "what 1 % and 5 % loss may cost", goodput},
    {"goodput_fast", "... of targets that take no time", goodput_fast},
    {"goodput_unordered", "... of targets that answer in any order",
	goodput_unordered},
    {NULL, NULL, NULL},
};
