/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The columns of aoe-stat, byte for byte. */
#include "tests/unit/unit.h"
#include "aoe-user/cli/show.h"

static void test_size(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *want;
	} table[] = {
	    {0, "0.000GB"},
	    {512, "0.000GB"},
	    {4194304, "0.004GB"},
	    {999999999, "0.999GB"}, /* cut, not rounded */
	    {1000000000, "1.000GB"},
	    {10995116277760, "10995.116GB"},
	    {UINT64_MAX, "18446744073.709GB"},
	};
	char text[SHOW_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_string_equal(
		    show_size(table[i].bytes, text, sizeof(text)),
		    table[i].want);
}

static void test_row(void **state)
{
	static const struct show_row rows[] = {
	    {"e1.0", 4194304, "eth0,eth1", 8704, "up"},
	    {"e7.0", 10995116277760, "eth3", 1024, "down,closewait"},
	    {"e10.3", 0, NULL, 0, NULL},
	    {"e65534.254", 512, "", 0, "new"},
	};
	static const char *const want[] = {
	    "      e1.0         0.004GB  eth0,eth1 8704  up            ",
	    "      e7.0     10995.116GB       eth3 1024  down,closewait",
	    "     e10.3            (NA)       (NA) (NA)                ",
	    "e65534.254         0.000GB       (NA) (NA)  new           ",
	};
	char line[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(
		    show_row(&rows[i], line, sizeof(line)), want[i]);
}

static void test_row_is_cut(void **state)
{
	struct show_row row = {"e1.0", 512, "eth0,eth1,eth2", 1024, "up"};
	char *line = malloc(20);

	(void)state;
	show_row(&row, line, 20);
	assert_int_equal(strlen(line), 19);
	free(line);
}

static void test_counters(void **state)
{
	struct path_stats stats = {.sent = 7, .lost = UINT64_MAX};
	struct path_stats none = {0};
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	show_counters("  ", &none, path_stats_names, f);
	fflush(f);
	assert_int_equal(size, 0);
	show_counters("  ", &stats, path_stats_names, f);
	fclose(f);
	assert_string_equal(text, "  sent 7, lost 18446744073709551615\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_size),
	    cmocka_unit_test(test_row),
	    cmocka_unit_test(test_row_is_cut),
	    cmocka_unit_test(test_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
