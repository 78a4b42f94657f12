/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/cli/tally.h"

#include <inttypes.h>
#include <stdio.h>
#include "common/compiler.h"
#include "common/opts.h"

#define SIZE_TEXT 32

void tally_start(struct tally *t, nsec_t now)
{
	*t = (struct tally){.start = now};
}

/*
 * The first classes hold one value each; behind them every power of two is cut
 * in TALLY_FINE equal parts.
 */
static unsigned class_of(nsec_t latency)
{
	unsigned shift = 0;

	while (latency >> shift >= 2 * TALLY_FINE)
		shift++;
	return shift * TALLY_FINE + (unsigned)(latency >> shift);
}

static nsec_t class_end(unsigned n)
{
	unsigned shift = n < 2 * TALLY_FINE ? 0 : n / TALLY_FINE - 1;

	return ((nsec_t)(n - shift * TALLY_FINE + 1) << shift) - 1;
}

void tally_add(struct tally *t, nsec_t latency)
{
	t->count++;
	t->longest = MAX(t->longest, latency);
	t->classes[class_of(latency)]++;
}

nsec_t tally_percentile(const struct tally *t, unsigned percent)
{
	uint64_t seen = 0, rank = (t->count * percent + 99) / 100;
	unsigned n;

	for (n = 0; n < TALLY_CLASSES; n++) {
		seen += t->classes[n];
		if (seen && seen >= rank)
			return MIN(class_end(n), t->longest);
	}
	return 0;
}

static double milliseconds(nsec_t t)
{
	return (double)t / (double)NSEC_MS;
}

char *tally_text(
    const struct tally *t, uint64_t bytes, nsec_t now, char *buf, size_t size)
{
	double sec = (double)nsec_since(t->start, now) / (double)NSEC_SEC;
	char rate[SIZE_TEXT];

	opts_format_size(
	    sec > 0 ? (uint64_t)((double)bytes / sec) : 0, rate, sizeof(rate));
	snprintf(buf, size,
	    "%" PRIu64 " bytes in %.3f s, %s/s; %" PRIu64
	    " requests, latency p50 %.3f, p99 %.3f, max %.3f ms",
	    bytes, sec, rate, t->count, milliseconds(tally_percentile(t, 50)),
	    milliseconds(tally_percentile(t, 99)), milliseconds(t->longest));
	return buf;
}
