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

/* What `show` writes about an object, to be freed. */
static char *written(
    const char *json, void (*show)(const struct json_value *v, FILE *f))
{
	struct json_value *v = json_parse(json, strlen(json));
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(v);
	assert_non_null(f);
	show(v, f);
	fclose(f);
	json_value_free(v);
	return text;
}

static void counters(const struct json_value *v, FILE *f)
{
	show_counters("  ", v, f);
}

static void served(const struct json_value *v, FILE *f)
{
	show_device(v, "aoe-nbd 7", f);
	show_details(v, f);
}

static void test_counters(void **state)
{
	char *text =
	    written("{\"counters\":{\"sent\":0,\"lost\":0}}", counters);

	(void)state;
	assert_string_equal(text, "");
	free(text);
	text = written("{}", counters);
	assert_string_equal(text, "");
	free(text);
	text = written("{\"counters\":{\"sent\":7,\"resent\":0,"
		       "\"lost\":18446744073709551615}}",
	    counters);
	assert_string_equal(text, "  sent 7, lost 18446744073709551615\n");
	free(text);
}

static void test_device(void **state)
{
	char *text = written("{\"device\":\"e1.0\",\"state\":\"up\","
			     "\"bytes\":4194304,\"interfaces\":\"eth0\","
			     "\"payload\":1024,\"model\":\"M\","
			     "\"serial\":\"S\",\"firmware\":\"F\","
			     "\"counters\":{\"reads\":2},\"paths\":[{"
			     "\"port\":\"eth0\",\"mac\":\"02:00:00:00:00:01\","
			     "\"state\":\"suspect\",\"payload\":512,"
			     "\"window\":3,\"cap\":16,\"inflight\":2,"
			     "\"srtt_ns\":1500000,\"rto_ns\":4000000,"
			     "\"counters\":{\"sent\":9}}]}",
	    served);

	(void)state;
	assert_string_equal(text,
	    "      e1.0         0.004GB       eth0 1024  up             "
	    "aoe-nbd 7\n"
	    "            M, serial S, firmware F\n"
	    "            reads 2\n"
	    "            path eth0 02:00:00:00:00:01 suspect: payload 512, "
	    "window 3, cap 16, in flight 2, rtt 1.500 ms, rto 4.000 ms\n"
	    "                 sent 9\n");
	free(text);
	text = written("{\"device\":\"e1.1\",\"state\":\"new\"}", served);
	assert_string_equal(text,
	    "      e1.1            (NA)       (NA) (NA)  new            "
	    "aoe-nbd 7\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_size),
	    cmocka_unit_test(test_row),
	    cmocka_unit_test(test_row_is_cut),
	    cmocka_unit_test(test_counters),
	    cmocka_unit_test(test_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
