/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every unit test includes: cmocka with the headers that it needs, and
 * random numbers whose seed is printed, so that a red run can be repeated.
 */
#ifndef UNIT_UNIT_H
#define UNIT_UNIT_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "common/compiler.h"

struct unit_random {
	uint64_t state;
};

/* Seeded by AOE_SEED, or by the clock; prints the seed. */
static inline struct unit_random unit_random(const char *who)
{
	const char *given = getenv("AOE_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

	printf("%s: AOE_SEED=%" PRIu64 "\n", who, seed);
	return (struct unit_random){seed};
}

/* SplitMix64. */
static inline uint64_t unit_next(struct unit_random *r)
{
	uint64_t v = r->state += 0x9e3779b97f4a7c15u;

	v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9u;
	v = (v ^ v >> 27) * 0x94d049bb133111ebu;
	return v ^ v >> 31;
}

/* 0 to n - 1. */
static inline unsigned unit_below(struct unit_random *r, unsigned n)
{
	return (unsigned)(unit_next(r) % n);
}

static inline void unit_fill(struct unit_random *r, void *to, size_t n)
{
	uint8_t *p = to;

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)unit_next(r);
}

/*
 * A copy of exactly n bytes on the heap, so that a sanitizer sees the first
 * byte read beyond it. Free it.
 */
static inline uint8_t *unit_copy(const void *from, size_t n)
{
	uint8_t *p = malloc(n);

	assert_true(p || !n);
	if (n)
		memcpy(p, from, n);
	return p;
}

#endif
