/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/tag.h"
#include "tests/unit/unit.h"

static void is_a_permutation(void **state)
{
	struct unit_random rnd = unit_random(__func__);
	static bool seen[1u << 16];
	struct tag_key k;

	(void)state;
	for (unsigned bits = 4; bits <= 16; bits += 2) {
		tag_key_init(&k, unit_next(&rnd), 3, bits);
		assert_int_equal(k.bits, bits);
		memset(seen, 0, sizeof(seen));
		for (uint32_t n = 0; n < 1u << bits; n++) {
			uint32_t body = tag_make(&k, n) & 0xffffff;

			assert_true(body < 1u << bits);
			assert_false(seen[body]);
			seen[body] = true;
		}
	}
}

static void leads_back_to_its_counter(void **state)
{
	struct unit_random rnd = unit_random(__func__);
	struct tag_key k;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		uint32_t n = (uint32_t)unit_next(&rnd);
		uint32_t tag;

		if (i % 1000 == 0)
			tag_key_init(&k, unit_next(&rnd),
			    (uint8_t)unit_below(&rnd, 128),
			    4 + 2 * unit_below(&rnd, 11));
		tag = tag_make(&k, n);
		assert_true(tag_is_ours(&k, tag));
		assert_int_equal(
		    tag_counter(&k, tag), n & ((1u << k.bits) - 1));
		/* Only the low bits count. */
		assert_int_equal(tag_make(&k, n & ((1u << k.bits) - 1)), tag);
	}
}

static void knows_its_prefix(void **state)
{
	struct tag_key k;
	uint32_t tag;

	(void)state;
	tag_key_init(&k, 1, 0x55, 8);
	tag = tag_make(&k, 7);
	assert_int_equal(tag >> 24, 0x80 | 0x55);
	assert_false(tag_is_ours(&k, tag & 0x7fffffff));
	assert_false(tag_is_ours(&k, tag ^ 0x01000000));
	/* Bits between the counter and the prefix are never set. */
	for (unsigned bit = 8; bit < 24; bit++)
		assert_false(tag_is_ours(&k, tag | 1u << bit));
	assert_false(tag_is_ours(&k, 0));
	/* The prefix has seven bits, the eighth is always there. */
	tag_key_init(&k, 1, 0xd5, 8);
	assert_true(tag_is_ours(&k, tag_make(&k, 0)));
	assert_int_equal(tag_make(&k, 0) >> 24, 0x80 | 0x55);
}

static void keeps_its_width(void **state)
{
	static const struct {
		unsigned asked, got;
	} c[] = {{0, 24}, {1, 4}, {4, 4}, {5, 6}, {23, 24}, {24, 24}, {99, 24}};
	struct tag_key k;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		tag_key_init(&k, 1, 1, c[i].asked);
		assert_int_equal(k.bits, c[i].got);
	}
}

/* The next tag cannot be told from the last: no constant step, no order. */
static void is_keyed(void **state)
{
	struct unit_random rnd = unit_random(__func__);
	struct tag_key a, b;
	unsigned same = 0, step = 0;

	(void)state;
	tag_key_init(&a, unit_next(&rnd), 1, 24);
	tag_key_init(&b, unit_next(&rnd), 1, 24);
	for (uint32_t n = 1; n < 1000; n++) {
		same += tag_make(&a, n) == tag_make(&b, n);
		step += tag_make(&a, n) - tag_make(&a, n - 1) ==
			tag_make(&a, n + 1) - tag_make(&a, n);
	}
	assert_true(same < 5);
	assert_true(step < 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(is_a_permutation),
	    cmocka_unit_test(leads_back_to_its_counter),
	    cmocka_unit_test(knows_its_prefix),
	    cmocka_unit_test(keeps_its_width),
	    cmocka_unit_test(is_keyed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
