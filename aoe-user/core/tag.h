/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tags: what ties an answer to one copy of one frame. Bit 31 is set (Linux' own
 * aoe driver then ignores our answers), 7 bits say which process, and the rest
 * is a keyed permutation of a counter: no repeat before the counter wraps, and
 * no guessing the next one from the last.
 */
#ifndef CORE_TAG_H
#define CORE_TAG_H

#include <stdbool.h>
#include <stdint.h>

#define TAG_BITS 24u

struct tag_key {
	uint32_t round[4];
	uint32_t prefix; /* bit 31 and the process, in place */
	unsigned bits;   /* of the counter, even, 4..24 */
};

/* `bits` is rounded up to even and kept within 4..24; 0 means 24. */
void tag_key_init(
    struct tag_key *k, uint64_t seed, uint8_t prefix, unsigned bits);
/* The tag of counter value n (only its low `bits` count). */
uint32_t tag_make(const struct tag_key *k, uint32_t n);
/* True when the tag carries our prefix. */
bool tag_is_ours(const struct tag_key *k, uint32_t tag);
/* The counter value that a tag of ours was made from. */
uint32_t tag_counter(const struct tag_key *k, uint32_t tag);

#endif
