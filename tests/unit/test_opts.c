/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include "common/opts.h"
#include "tests/unit/unit.h"

static void numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t min, max;
		int result;
		uint64_t value;
	} table[] = {
	    {"0", 0, 10, 0, 0},
	    {"10", 0, 10, 0, 10},
	    {"007", 0, 10, 0, 7},
	    {"18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX},
	    {"11", 0, 10, -EINVAL, 0},
	    {"4", 5, 10, -EINVAL, 0},
	    {"", 0, 10, -EINVAL, 0},
	    {" 1", 0, 10, -EINVAL, 0},
	    {"1 ", 0, 10, -EINVAL, 0},
	    {"+1", 0, 10, -EINVAL, 0},
	    {"-1", 0, UINT64_MAX, -EINVAL, 0},
	    {"0x1", 0, 10, -EINVAL, 0},
	    {"1.0", 0, 10, -EINVAL, 0},
	    {"one", 0, 10, -EINVAL, 0},
	    {"18446744073709551616", 0, UINT64_MAX, -EINVAL, 0},
	    {"18446744073709551617", 0, UINT64_MAX, -EINVAL, 0},
	    {"99999999999999999999999", 0, UINT64_MAX, -EINVAL, 0},
	};
	char why[OPTS_WHY];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint64_t v = 77;
		int r = opts_number(
		    "--x", table[i].text, table[i].min, table[i].max, &v, why);

		if (r != table[i].result || v != (r ? 77 : table[i].value))
			fail_msg("'%s': %d, %" PRIu64, table[i].text, r, v);
	}
	opts_number("--max-window", "70000", 1, 65535, &(uint64_t){0}, why);
	assert_string_equal(
	    why, "--max-window: '70000' is not a number from 1 to 65535");
}

static void sizes(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t value;
	} table[] = {
	    {"0", 0, 0},
	    {"1", 0, 1},
	    {"512", 0, 512},
	    {"3b", 0, 3},
	    {"3B", 0, 3},
	    {"3s", 0, 1536},
	    {"1k", 0, 1024},
	    {"1K", 0, 1024},
	    {"1KiB", 0, 1024},
	    {"1kiB", 0, 1024},
	    {"1kB", 0, 1000},
	    {"1KB", 0, 1000},
	    {"2M", 0, 2 << 20},
	    {"2MiB", 0, 2 << 20},
	    {"2MB", 0, 2000000},
	    {"3G", 0, 3ull << 30},
	    {"3GB", 0, 3000000000},
	    {"4T", 0, 4ull << 40},
	    {"4TB", 0, 4000000000000},
	    {"5P", 0, 5ull << 50},
	    {"5PB", 0, 5000000000000000},
	    {"18446744073709551615", 0, UINT64_MAX},
	    {"16383P", 0, 16383ull << 50},
	    {"36028797018963967s", 0, 36028797018963967ull * 512},
	    {"18446744073709551616", -ERANGE, 0},
	    {"16384P", -ERANGE, 0},
	    {"36028797018963968s", -ERANGE, 0},
	    {"18446744073709551615k", -ERANGE, 0},
	    {"99999999999999999999999999G", -ERANGE, 0},
	    {"", -EINVAL, 0},
	    {"k", -EINVAL, 0},
	    {"-1", -EINVAL, 0},
	    {"+1", -EINVAL, 0},
	    {"1 k", -EINVAL, 0},
	    {"1k ", -EINVAL, 0},
	    {"1.5k", -EINVAL, 0},
	    {"1m", -EINVAL, 0},
	    {"1g", -EINVAL, 0},
	    {"1E", -EINVAL, 0},
	    {"1Ki", -EINVAL, 0},
	    {"1Kib", -EINVAL, 0},
	    {"1kb", -EINVAL, 0},
	    {"1KBB", -EINVAL, 0},
	    {"1sB", -EINVAL, 0},
	    {"1bB", -EINVAL, 0},
	    {"0x10", -EINVAL, 0},
	    {"1kk", -EINVAL, 0},
	};
	char why[OPTS_WHY];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint64_t v = 77;
		int r = opts_size("--size", table[i].text, &v, why);

		if (r != table[i].result || v != (r ? 77 : table[i].value))
			fail_msg("'%s': %d, %" PRIu64, table[i].text, r, v);
	}
	opts_size("--size", "16384P", &(uint64_t){0}, why);
	assert_string_equal(why, "--size: '16384P' is too large");
	opts_size("--size", "1x", &(uint64_t){0}, why);
	assert_non_null(strstr(why, "--size: '1x' is not a size: want "));
}

static void durations(void **state)
{
	static const struct {
		const char *text;
		int result;
		nsec_t value;
	} table[] = {
	    {"0", 0, 0},
	    {"180", 0, 180 * NSEC_SEC},
	    {"180s", 0, 180 * NSEC_SEC},
	    {"0.5", 0, 500 * NSEC_MS},
	    {"1.25s", 0, 1250 * NSEC_MS},
	    {"0.000000001", 0, 1},
	    {"0.0000000019", 0, 1},
	    {"0.9999999999", 0, 999999999},
	    {"1000us", 0, NSEC_MS},
	    {"1.5us", 0, 1500},
	    {"0.0015us", 0, 1},
	    {"250ms", 0, 250 * NSEC_MS},
	    {"1.5ms", 0, 1500000},
	    {"2m", 0, 120 * NSEC_SEC},
	    {"1.5m", 0, 90 * NSEC_SEC},
	    {"3h", 0, 10800 * NSEC_SEC},
	    {"0.1h", 0, 360 * NSEC_SEC},
	    {"18446744073.709551614", 0, NSEC_NEVER - 1},
	    {"18446744073.709551615", -ERANGE, 0},
	    {"18446744073.709551616", -ERANGE, 0},
	    {"18446744073.9", -ERANGE, 0},
	    {"18446744074", -ERANGE, 0},
	    {"18446744073709551616us", -ERANGE, 0},
	    {"5124096h", -ERANGE, 0},
	    {"99999999999999999999999", -ERANGE, 0},
	    {"", -EINVAL, 0},
	    {".", -EINVAL, 0},
	    {".5", -EINVAL, 0},
	    {"1.", -EINVAL, 0},
	    {"1.s", -EINVAL, 0},
	    {"1.2.3", -EINVAL, 0},
	    {"-1", -EINVAL, 0},
	    {"+1", -EINVAL, 0},
	    {"1 s", -EINVAL, 0},
	    {"1ns", -EINVAL, 0},
	    {"1M", -EINVAL, 0},
	    {"1e3", -EINVAL, 0},
	    {"ms", -EINVAL, 0},
	    {"never", -EINVAL, 0},
	    {"1,5", -EINVAL, 0},
	    {"0x1", -EINVAL, 0},
	};
	char why[OPTS_WHY];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		nsec_t v = 77;
		int r = opts_duration("--dead-secs", table[i].text, &v, why);

		if (r != table[i].result || v != (r ? 77 : table[i].value))
			fail_msg("'%s': %d, %" PRIu64, table[i].text, r, v);
	}
	opts_duration("--dead-secs", "99999999999h", &(nsec_t){0}, why);
	assert_string_equal(why, "--dead-secs: '99999999999h' is too long");
}

static void formats_sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} table[] = {
	    {0, "0 B"},
	    {512, "512 B"},
	    {1023, "1023 B"},
	    {1024, "1.0 KiB"},
	    {1075, "1.0 KiB"},
	    {1076, "1.1 KiB"},
	    {1536, "1.5 KiB"},
	    {256ull << 20, "256.0 MiB"},
	    {(1ull << 20) - 1, "1.0 MiB"},
	    {(1ull << 20) - 52, "1023.9 KiB"},
	    {(1ull << 40) - 1, "1.0 TiB"},
	    {0x0fffffffull * 512, "128.0 GiB"},
	    {(1ull << 48) * 512, "128.0 PiB"},
	    {1ull << 60, "1.0 EiB"},
	    {UINT64_MAX, "16.0 EiB"},
	};
	char buf[32], tiny[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_string_equal(
		    opts_format_size(table[i].bytes, buf, sizeof(buf)),
		    table[i].text);
	assert_string_equal(opts_format_size(256ull << 20, tiny, 4), "256");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(sizes),
	    cmocka_unit_test(durations),
	    cmocka_unit_test(formats_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
