/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Zero blocks: found exactly, and never where there is data. */
#include "tests/unit/unit.h"
#include "aoe-user/cli/zero.h"

static void test_is_zero(void **state)
{
	uint8_t *p = calloc(1, 3 * ZERO_BLOCK);

	(void)state;
	assert_true(zero_is(p, 0));
	assert_true(zero_is(p, 1));
	assert_true(zero_is(p, 3 * ZERO_BLOCK));
	for (size_t at = 0; at < ZERO_BLOCK; at++) {
		p[at] = 1;
		assert_false(zero_is(p, ZERO_BLOCK));
		assert_true(zero_is(p, at));
		p[at] = 0;
	}
	/* All bytes equal, but not zero. */
	memset(p, 0xff, ZERO_BLOCK);
	assert_false(zero_is(p, ZERO_BLOCK));
	free(p);
}

static void expect_run(const uint8_t *p, size_t len, size_t run, bool zero)
{
	uint8_t *copy = unit_copy(p, len);
	bool is;

	assert_int_equal(zero_run(copy, len, &is), run);
	assert_int_equal(is, zero);
	free(copy);
}

static void test_runs(void **state)
{
	uint8_t *p = calloc(1, 4 * ZERO_BLOCK);

	(void)state;
	p[0] = 1;
	p[2 * ZERO_BLOCK - 1] = 1;
	expect_run(p, 4 * ZERO_BLOCK, 2 * ZERO_BLOCK, false);
	expect_run(p + 2 * ZERO_BLOCK, 2 * ZERO_BLOCK, 2 * ZERO_BLOCK, true);
	/* The last block may be short, of either kind. */
	expect_run(p, 10, 10, false);
	expect_run(p + 1, 10, 10, true);
	expect_run(p + 2 * ZERO_BLOCK, ZERO_BLOCK + 7, ZERO_BLOCK + 7, true);
	p[3 * ZERO_BLOCK + 6] = 1;
	expect_run(p + 2 * ZERO_BLOCK, ZERO_BLOCK + 7, ZERO_BLOCK, true);
	free(p);
}

/* Any data, cut into runs, is the same data again. */
static void test_runs_cover(void **state)
{
	struct unit_random r = unit_random("zero");
	size_t size = 32 * ZERO_BLOCK;
	uint8_t *p = calloc(1, size), *q = malloc(size);

	(void)state;
	for (unsigned round = 0; round < 100; round++) {
		size_t len = 1 + unit_below(&r, (unsigned)size), at = 0;
		bool zero, last = false;

		memset(p, 0, size);
		for (unsigned i = unit_below(&r, 20); i; i--)
			p[unit_below(&r, (unsigned)size)] = 1;
		memset(q, 0, size);
		while (at < len) {
			size_t n = zero_run(p + at, len - at, &zero);

			assert_true(n > 0 && n <= len - at);
			assert_true(!at || zero != last);
			if (!zero)
				memcpy(q + at, p + at, n);
			last = zero;
			at += n;
		}
		assert_memory_equal(p, q, len);
	}
	free(p);
	free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_is_zero),
	    cmocka_unit_test(test_runs),
	    cmocka_unit_test(test_runs_cover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
