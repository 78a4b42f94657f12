/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The percentiles of a copy are true to a 32nd, and its line says all. */
#include "tests/unit/unit.h"
#include "aoe-user/cli/tally.h"

static struct tally tally;

static void test_nothing(void **state)
{
	char text[TALLY_TEXT];

	(void)state;
	tally_start(&tally, NSEC_SEC);
	assert_int_equal(tally_percentile(&tally, 99), 0);
	/* No time has passed: no division by zero. */
	assert_string_equal(tally_text(&tally, 0, NSEC_SEC, text, sizeof(text)),
	    "0 bytes in 0.000 s, 0 B/s; 0 requests, "
	    "latency p50 0.000, p99 0.000, max 0.000 ms");
}

static void test_text(void **state)
{
	char text[TALLY_TEXT];

	(void)state;
	tally_start(&tally, NSEC_SEC);
	tally_add(&tally, 3 * NSEC_US);
	assert_string_equal(
	    tally_text(&tally, 3 << 20, 3 * NSEC_SEC, text, sizeof(text)),
	    "3145728 bytes in 2.000 s, 1.5 MiB/s; 1 requests, "
	    "latency p50 0.003, p99 0.003, max 0.003 ms");
	/* The longest line fits. */
	tally_add(&tally, NSEC_NEVER);
	tally.count = UINT64_MAX;
	tally_text(&tally, UINT64_MAX, NSEC_NEVER, text, sizeof(text));
	assert_non_null(strstr(text, " ms"));
}

/* Not less than the latency, and not more than a 32nd above. */
static void assert_class(nsec_t latency)
{
	nsec_t p;

	tally_start(&tally, 0);
	tally_add(&tally, latency);
	tally_add(&tally, NSEC_NEVER);
	p = tally_percentile(&tally, 50);
	assert_true(p >= latency);
	assert_true(p - latency <= latency / 32);
}

static void test_classes(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 64; bit++) {
		nsec_t power = (nsec_t)1 << bit;

		assert_class(power - 1);
		assert_class(power);
		assert_class(power + power / 32);
		assert_class(power + power / 3);
	}
	assert_class(NSEC_NEVER);
}

static void test_percentile(void **state)
{
	(void)state;
	tally_start(&tally, 0);
	for (unsigned i = 0; i < 98; i++)
		tally_add(&tally, 10);
	tally_add(&tally, 20);
	tally_add(&tally, 1000000);
	assert_int_equal(tally_percentile(&tally, 98), 10);
	assert_int_equal(tally_percentile(&tally, 99), 20);
	/* The end of its class lies higher, but nothing took so long. */
	assert_int_equal(tally_percentile(&tally, 100), 1000000);
	/* Of 101 the 99th percentile is the 100th, not the 99th. */
	tally_add(&tally, 5);
	assert_int_equal(tally_percentile(&tally, 99), 20);
	assert_int_equal(tally_percentile(&tally, 0), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_classes),
	    cmocka_unit_test(test_percentile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
