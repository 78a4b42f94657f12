/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The requests that a daemon takes, and what it says to others. */
#include <errno.h>
#include "aoe-user/daemon/control_line.h"
#include "tests/unit/unit.h"

static int parse(const char *text, struct control_line *out, char *why)
{
	size_t len = strlen(text);
	uint8_t *exact = unit_copy(text, len);
	int rc = control_line_parse((const char *)exact, len, out, why);

	free(exact);
	return rc;
}

static void every_command(void **state)
{
	static const struct {
		const char *text;
		enum control_command command;
	} table[] = {
	    {"{\"cmd\":\"stats\"}", CONTROL_STATS},
	    {" { \"cmd\" : \"paths\" } \r", CONTROL_PATHS},
	    {"{\"id\":7,\"cmd\":\"rediscover\",\"device\":\"?\"}",
		CONTROL_REDISCOVER},
	    {"{\"device\":\"e7.3\",\"cmd\":\"forget\"}", CONTROL_FORGET},
	};
	struct control_line line;
	char why[CONTROL_LINE_WHY];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(parse(table[i].text, &line, why), 0);
		assert_int_equal(line.command, table[i].command);
	}
	assert_int_equal(line.device.shelf, 7);
	assert_int_equal(line.device.slot, 3);
}

static void others_are_told_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *why;
	} table[] = {
	    {"", "a JSON object"},
	    {"stats", "a JSON object"},
	    {"[\"stats\"]", "a JSON object"},
	    {"{}", "\"cmd\" is missing"},
	    {"{\"cmd\":7}", "\"cmd\" is missing"},
	    {"{\"cmd\":\"stat\"}", "no such command: stat ("},
	    {"{\"cmd\":\"STATS\"}", "no such command: STATS ("},
	    {"{\"cmd\":\"forget\"}", "address"},
	    {"{\"cmd\":\"forget\",\"device\":1}", "address"},
	    {"{\"cmd\":\"forget\",\"device\":\"e1.*\"}", "address"},
	    {"{\"cmd\":\"0123456789012345678901234567890123456789\"}",
		"no such command: 01234567890123456789012345678901 ("},
	};
	struct control_line line;
	char why[CONTROL_LINE_WHY];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		*why = '\0';
		assert_int_equal(parse(table[i].text, &line, why), -EINVAL);
		if (!strstr(why, table[i].why))
			fail_msg("%s: %s", table[i].text, why);
	}
}

/* Whatever the bytes: refused, with a reason. */
static void random_bytes(void **state)
{
	struct unit_random r = unit_random("control_line");
	struct control_line line;
	char why[CONTROL_LINE_WHY];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		char text[64] = "{\"cmd\":\"stats\"}";
		size_t len = unit_below(&r, sizeof(text) + 1);
		size_t from = unit_below(&r, len + 1);
		uint8_t *exact;

		unit_fill(&r, text + from, len - from);
		exact = unit_copy(text, len);
		*why = '\0';
		if (control_line_parse((char *)exact, len, &line, why))
			assert_true(*why);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_command),
	    cmocka_unit_test(others_are_told_what_is_wrong),
	    cmocka_unit_test(random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
