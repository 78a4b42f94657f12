/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Seeded random numbers (xoshiro256**, state filled by splitmix64), so that a
 * scenario is the same again when it gets the same seed.
 */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_u64(struct rng *r);
/* Uniform in [0, n); 0 when n is 0. */
uint64_t rng_below(struct rng *r, uint64_t n);
/* Uniform in [lo, hi]. */
uint64_t rng_between(struct rng *r, uint64_t lo, uint64_t hi);
/* True with probability p. */
bool rng_chance(struct rng *r, double p);
void rng_fill(struct rng *r, void *to, size_t len);
/* A fixed mixing of one word: the same input always gives the same output. */
static inline uint64_t rng_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

#endif
