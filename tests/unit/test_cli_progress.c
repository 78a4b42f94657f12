/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the line on the terminal says, and how steady its rate is. */
#include "tests/unit/unit.h"
#include "aoe-user/cli/progress.h"

#define MIB ((uint64_t)1 << 20)

static void test_time(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *want;
	} table[] = {
	    {0, "0:00"},
	    {59, "0:59"},
	    {60, "1:00"},
	    {3599, "59:59"},
	    {3600, "1:00:00"},
	    {11045, "3:04:05"},
	    {359999, "99:59:59"},
	    {360000, "-:--"},
	    {UINT64_MAX, "-:--"},
	};
	char text[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_string_equal(
		    progress_time(table[i].seconds, text, sizeof(text)),
		    table[i].want);
}

static void test_known_total(void **state)
{
	struct progress p;
	char line[256];

	(void)state;
	progress_start(&p, "e1.0", 400 * MIB, false, NSEC_SEC);
	progress_sample(&p, 100 * MIB, 2 * NSEC_SEC);
	progress_text(&p, 80, line, sizeof(line));
	assert_string_equal(line,
	    "e1.0  [======>                 ]  25%  100.0 MiB  100.0 MiB/s  "
	    "0:03 left");
	/* Narrow: no bar, and nothing beyond the last column but one. */
	progress_text(&p, 60, line, sizeof(line));
	assert_string_equal(
	    line, "e1.0  25%  100.0 MiB  100.0 MiB/s  0:03 left");
	progress_text(&p, 20, line, sizeof(line));
	assert_string_equal(line, "e1.0  25%  100.0 Mi");
	progress_sample(&p, 400 * MIB, 5 * NSEC_SEC);
	progress_text(&p, 80, line, sizeof(line));
	assert_string_equal(line,
	    "e1.0  [========================] 100%  400.0 MiB  100.0 MiB/s  "
	    "0:00 left");
}

static void test_unknown_total(void **state)
{
	struct progress p;
	char line[256];

	(void)state;
	progress_start(&p, "e1.0", PROGRESS_UNKNOWN, false, NSEC_SEC);
	progress_sample(&p, 30 * MIB, 16 * NSEC_SEC);
	assert_string_equal(progress_text(&p, 80, line, sizeof(line)),
	    "e1.0  30.0 MiB  2.0 MiB/s  0:15");
}

static void test_nothing_yet(void **state)
{
	struct progress p;
	char line[256];

	(void)state;
	progress_start(&p, "e1.0", 400 * MIB, false, NSEC_SEC);
	assert_non_null(
	    strstr(progress_text(&p, 80, line, sizeof(line)), "-:-- left"));
	/* An empty disk has no percentage. */
	progress_start(&p, "e1.0", 0, false, NSEC_SEC);
	assert_null(strchr(progress_text(&p, 80, line, sizeof(line)), '%'));
}

/* One odd sample moves the rate by little; a lasting change is followed. */
static void test_rate(void **state)
{
	struct progress p;
	nsec_t now = NSEC_SEC;
	uint64_t done = 0;

	(void)state;
	progress_start(&p, "e1.0", PROGRESS_UNKNOWN, false, now);
	for (unsigned i = 0; i < 50; i++)
		progress_sample(&p, done += 20 * MIB, now += NSEC_SEC / 5);
	assert_true(p.rate > 99.0 * MIB && p.rate < 101.0 * MIB);
	progress_sample(&p, done, now += NSEC_SEC / 5);
	assert_true(p.rate > 90.0 * MIB && p.rate < 99.0 * MIB);
	for (unsigned i = 0; i < 100; i++)
		progress_sample(&p, done += 2 * MIB, now += NSEC_SEC / 5);
	assert_true(p.rate > 9.0 * MIB && p.rate < 12.0 * MIB);
	/* The clock did not move: no division by zero. */
	progress_sample(&p, done += MIB, now);
	assert_true(p.rate < 12.0 * MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_time),
	    cmocka_unit_test(test_known_total),
	    cmocka_unit_test(test_unknown_total),
	    cmocka_unit_test(test_nothing_yet),
	    cmocka_unit_test(test_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
