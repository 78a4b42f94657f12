/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a copy came to: how long it took, and how long each of its requests
 * took, from submit to done. Latencies are counted in classes that are no
 * wider than a 32nd of their value, so any number of them fits.
 */
#ifndef CLI_TALLY_H
#define CLI_TALLY_H

#include <stddef.h>
#include <stdint.h>
#include "common/nsec.h"

#define TALLY_FINE 32u /* classes per power of two */
#define TALLY_CLASSES (TALLY_FINE * 60u)
#define TALLY_TEXT 160

struct tally {
	nsec_t start;
	nsec_t longest;
	uint64_t count;
	uint32_t classes[TALLY_CLASSES];
};

void tally_start(struct tally *t, nsec_t now);
void tally_add(struct tally *t, nsec_t latency);
/* No less than `percent` of the latencies, and at most 1/32 too much. */
nsec_t tally_percentile(const struct tally *t, unsigned percent);
/* "BYTES bytes in S s, RATE/s; N requests, latency p50 ..." Returns buf. */
char *tally_text(
    const struct tally *t, uint64_t bytes, nsec_t now, char *buf, size_t size);

#endif
