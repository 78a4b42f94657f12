/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/tag.h"
#include "aoe-user/core/rng.h"

#define TAG_OURS_MASK 0xff000000u
#define TAG_BIT31 0x80000000u

void tag_key_init(
    struct tag_key *k, uint64_t seed, uint8_t prefix, unsigned bits)
{
	struct rng rng = {.state = seed};
	unsigned i;

	if (bits == 0 || bits > TAG_BITS)
		bits = TAG_BITS;
	if (bits < 4)
		bits = 4;
	k->bits = (bits + 1) & ~1u;
	k->prefix = TAG_BIT31 | ((uint32_t)(prefix & 0x7f) << TAG_BITS);
	for (i = 0; i < 4; i++)
		k->round[i] = (uint32_t)rng_next(&rng);
}

static uint32_t tag_round(uint32_t key, uint32_t half, uint32_t mask)
{
	uint32_t x = (half + key) * 0x9e3779b1u;

	x ^= x >> 15;
	x *= 0x85ebca77u;
	return (x >> 13) & mask;
}

/* A four round Feistel network: a permutation whatever the round does. */
uint32_t tag_make(const struct tag_key *k, uint32_t n)
{
	unsigned half = k->bits / 2, i;
	uint32_t mask = (1u << half) - 1;
	uint32_t l = (n >> half) & mask, r = n & mask, t;

	for (i = 0; i < 4; i++) {
		t = l ^ tag_round(k->round[i], r, mask);
		l = r;
		r = t;
	}
	return k->prefix | (l << half) | r;
}

bool tag_is_ours(const struct tag_key *k, uint32_t tag)
{
	uint32_t body = tag & ~TAG_OURS_MASK;

	return (tag & TAG_OURS_MASK) == k->prefix && body >> k->bits == 0;
}

uint32_t tag_counter(const struct tag_key *k, uint32_t tag)
{
	unsigned half = k->bits / 2, i;
	uint32_t mask = (1u << half) - 1;
	uint32_t l = (tag >> half) & mask, r = tag & mask, t;

	for (i = 4; i-- > 0;) {
		t = r ^ tag_round(k->round[i], l, mask);
		r = l;
		l = t;
	}
	return (l << half) | r;
}
