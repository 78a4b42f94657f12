/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/bound.h"

#define BOUND_OUT 256u
#define BOUND_OVERHEAD                                                         \
	60u /* bytes of a frame that are no data, on the wire                  \
	     */

/* The frames that are out: when each answer comes, or should have. */
struct bound {
	const struct trial *t;
	struct rng rng;
	nsec_t due[BOUND_OUT];
	unsigned out;
	nsec_t free_at; /* the bottleneck: the link, or the target */
	nsec_t last_at; /* nothing overtakes */
};

static unsigned payload(const struct trial *t)
{
	return (t->mtu - 36) / 512 * 512;
}

static void put(struct bound *b, nsec_t now)
{
	const struct trial *t = b->t;
	nsec_t wire =
	    (nsec_t)(payload(t) + BOUND_OVERHEAD) * 8 * NSEC_SEC / t->rate;
	nsec_t start = MAX(now, b->free_at), at;

	b->free_at = start + MAX(wire, t->service);
	at = b->free_at + t->rtt * 8 / 10 + rng_below(&b->rng, t->rtt / 5) +
	     rng_below(&b->rng, t->rtt / 5);
	b->last_at = MAX(b->last_at, at);
	b->due[b->out++] = b->last_at;
}

static nsec_t take(struct bound *b)
{
	unsigned first = 0;
	nsec_t at;

	for (unsigned i = 1; i < b->out; i++)
		if (b->due[i] < b->due[first])
			first = i;
	at = b->due[first];
	b->due[first] = b->due[--b->out];
	return at;
}

double bound_rate(const struct trial *t, uint64_t seed, unsigned requests)
{
	double lost = 1 - (1 - t->loss) * (1 - t->loss);
	unsigned frames = (unsigned)((t->size + payload(t) - 1) / payload(t));
	struct bound b = {.t = t};
	nsec_t now = 0;

	rng_seed(&b.rng, seed);
	for (unsigned i = 0; i < requests; i++) {
		unsigned todo = frames;

		while (todo || b.out) {
			while (todo && b.out < MIN(t->buffers, BOUND_OUT)) {
				put(&b, now);
				todo--;
			}
			now = take(&b);
			todo += rng_chance(&b.rng, lost);
		}
	}
	return (double)t->size * requests * 1e9 / (double)now;
}
