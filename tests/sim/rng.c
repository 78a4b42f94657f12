/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/rng.h"

#include <string.h>

void rng_seed(struct rng *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		r->s[i] = rng_mix(seed + 0x9e3779b97f4a7c15ull * (unsigned)i);
}

static uint64_t rotate(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

uint64_t rng_u64(struct rng *r)
{
	uint64_t *s = r->s;
	uint64_t out = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return out;
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
	return n ? rng_u64(r) % n : 0;
}

uint64_t rng_between(struct rng *r, uint64_t lo, uint64_t hi)
{
	return hi > lo ? lo + rng_below(r, hi - lo + 1) : lo;
}

bool rng_chance(struct rng *r, double p)
{
	if (p <= 0)
		return false;
	return (double)(rng_u64(r) >> 11) < p * 9007199254740992.0;
}

void rng_fill(struct rng *r, void *to, size_t len)
{
	uint8_t *p = to;

	while (len) {
		uint64_t v = rng_u64(r);
		size_t n = len < sizeof(v) ? len : sizeof(v);

		memcpy(p, &v, n);
		p += n;
		len -= n;
	}
}
