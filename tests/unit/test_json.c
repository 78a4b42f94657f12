/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <locale.h>
#include <wchar.h>
#include <wctype.h>
#include "common/json.h"
#include "tests/unit/unit.h"

static void empty_object(void **state)
{
	struct json *j = json_new();

	(void)state;
	assert_null(json_text(j));
	json_end(j);
	assert_string_equal(json_text(j), "{}");
	json_free(j);
	json_free(NULL);
}

static void every_kind_of_value(void **state)
{
	struct json *j = json_new();

	(void)state;
	json_put_text(j, "addr", "e1.0");
	json_put_u64(j, "max", UINT64_MAX);
	json_put_bool(j, "up", true);
	json_put_bool(j, "dead", false);
	json_begin_array(j, "paths");
	json_put_text(j, NULL, "a/b");
	json_put_u64(j, NULL, 0);
	json_begin_object(j, NULL);
	json_put_u64(j, "rtt", 7);
	json_end(j);
	json_begin_array(j, NULL);
	json_end(j);
	json_end(j);
	json_end(j);
	assert_string_equal(json_text(j),
	    "{\"addr\":\"e1.0\",\"max\":18446744073709551615,\"up\":true,"
	    "\"dead\":false,\"paths\":[\"a/b\",0,{\"rtt\":7},[]]}");
	json_free(j);
}

#define BAD "\xef\xbf\xbd"

/* As it stands in the line, without the quotes. */
static void becomes(const void *bytes, size_t len, const char *want)
{
	uint8_t *exact = unit_copy(bytes, len);
	struct json *j = json_new();
	char line[128];

	json_put_bytes(j, "s", exact, len);
	json_end(j);
	snprintf(line, sizeof(line), "{\"s\":\"%s\"}", want);
	assert_string_equal(json_text(j), line);
	json_free(j);
	free(exact);
}

static void text_becomes_valid(void **state)
{
	static const struct {
		const char *bytes, *want;
	} table[] = {
	    {"", ""},
	    {"plain", "plain"},
	    {"\"\\", "\\\"\\\\"},
	    {"line\nline", "line\\nline"},
	    {"\033[2J", "\\u001b[2J"},
	    {"\xc3\xa4", "\xc3\xa4"},
	    {"\xe2\x82\xac", "\xe2\x82\xac"},
	    {"\xf0\x9f\x92\xbe", "\xf0\x9f\x92\xbe"},
	    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
	    {"\xed\x9f\xbf", "\xed\x9f\xbf"},
	    {"\xee\x80\x80", "\xee\x80\x80"},
	    /* DEL and the controls from U+0080 on, which are not escaped */
	    {"a\x7fz~", "a" BAD "z~"},
	    {"\xc2\x80", BAD},
	    {"\xc2\x9b[2J", BAD "[2J"},
	    {"\xc2\x9f\xc2\xa0", BAD "\xc2\xa0"},
	    {"\xc3\x80", "\xc3\x80"},
	    /* a lone continuation, a lone start, one cut short */
	    {"\x80", BAD},
	    {"\xc3", BAD},
	    {"\xc3x", BAD "x"},
	    {"\xe2\x82", BAD BAD},
	    {"\xf0\x9f\x92", BAD BAD BAD},
	    {"\xf0\x9f\x92x", BAD BAD BAD "x"},
	    /* overlong, surrogate, beyond the last character, never valid */
	    {"\xc0\x80", BAD BAD},
	    {"\xc1\xbf", BAD BAD},
	    {"\xe0\x9f\xbf", BAD BAD BAD},
	    {"\xf0\x8f\xbf\xbf", BAD BAD BAD BAD},
	    {"\xed\xa0\x80", BAD BAD BAD},
	    {"\xf4\x90\x80\x80", BAD BAD BAD BAD},
	    {"\xf5\x80\x80\x80", BAD BAD BAD BAD},
	    {"\xfe\xff", BAD BAD},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		becomes(table[i].bytes, strlen(table[i].bytes), table[i].want);
	becomes("a\0b", 3, "a\\u0000b");
}

/* Whatever the bytes: one line that mbstowcs takes, and no control in it. */
static void random_bytes_give_one_line(void **state)
{
	struct unit_random r = unit_random("json");

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		uint8_t bytes[32];
		wchar_t wide[256];
		size_t len = unit_below(&r, sizeof(bytes) + 1);
		struct json *j = json_new();
		const char *line;

		unit_fill(&r, bytes, len);
		json_put_bytes(j, "s", bytes, len);
		json_end(j);
		line = json_text(j);
		assert_non_null(line);
		assert_int_not_equal(
		    mbstowcs(wide, line, ARRAY_SIZE(wide)), (size_t)-1);
		for (const wchar_t *p = wide; *p; p++)
			assert_false(iswcntrl((wint_t)*p));
		json_free(j);
	}
}

static void misuse_shows_at_the_end(void **state)
{
	struct json *j = json_new();

	(void)state;
	json_end(j);
	json_end(j);
	assert_null(json_text(j));
	json_free(j);

	j = json_new();
	json_put_u64(j, NULL, 1); /* a member without a name */
	json_end(j);
	assert_null(json_text(j));
	json_free(j);

	j = json_new();
	json_end(j);
	json_put_u64(j, "late", 1);
	assert_null(json_text(j));
	json_free(j);

	json_begin_object(NULL, "x");
	json_put_text(NULL, "x", "y");
	json_put_u64(NULL, "x", 1);
	json_put_bool(NULL, "x", true);
	json_end(NULL);
	assert_null(json_text(NULL));
}

static void nesting_has_a_limit(void **state)
{
	(void)state;
	for (unsigned depth = 1; depth < 20; depth++) {
		struct json *j = json_new();

		for (unsigned i = 1; i < depth; i++)
			json_begin_array(j, "deep");
		for (unsigned i = 0; i < depth; i++)
			json_end(j);
		assert_int_equal(json_text(j) != NULL, depth <= 8);
		json_free(j);
	}
}

static struct json_value *parse(const char *text)
{
	size_t len = strlen(text);
	uint8_t *exact = unit_copy(text, len);
	struct json_value *v = json_parse((const char *)exact, len);

	free(exact);
	return v;
}

static void only_one_object_is_read(void **state)
{
	static const char *const bad[] = {
	    "",
	    " ",
	    "\n",
	    "{",
	    "}",
	    "{\"a\":1",
	    "[]",
	    "7",
	    "\"text\"",
	    "null",
	    "true",
	    "{} {}",
	    "{}x",
	    "{\"a\":1,}",
	    "{\"a\":\"\xff\"}",
	    "GET / HTTP/1.1",
	    "{\"a\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}",
	};
	static const char *const good[] = {"{}", " {} \r\n", "{\"a\":[1]}"};
	struct json_value *v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_null(parse(bad[i]));
	assert_null(json_parse("{}\0", 3));
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		v = parse(good[i]);
		assert_non_null(v);
		json_value_free(v);
	}
	json_value_free(NULL);
}

static void collect(void *ctx, const char *key, uint64_t value)
{
	char *text = ctx;

	sprintf(
	    text + strlen(text), "%s=%llu ", key, (unsigned long long)value);
}

static void parts_of_what_was_read(void **state)
{
	struct json_value *v = parse("{\"s\":\"text\",\"n\":7,\"big\":"
				     "18446744073709551615,\"neg\":-1,"
				     "\"yes\":true,\"null\":null,"
				     "\"list\":[{\"n\":1},{\"n\":2}]}");
	const struct json_value *list = json_get(v, "list");
	char all[128] = "";

	(void)state;
	assert_string_equal(json_get_text(v, "s"), "text");
	assert_string_equal(json_get_text(v, "n"), "");
	assert_string_equal(json_get_text(v, "none"), "");
	assert_string_equal(json_get_text(NULL, "s"), "");
	assert_string_equal(json_get_text(list, "s"), "");
	assert_int_equal(json_get_u64(v, "n"), 7);
	assert_int_equal(json_get_u64(v, "big"), UINT64_MAX);
	assert_int_equal(json_get_u64(v, "neg"), 0);
	assert_int_equal(json_get_u64(v, "s"), 0);
	assert_int_equal(json_get_u64(NULL, "n"), 0);
	assert_true(json_get_bool(v, "yes"));
	assert_false(json_get_bool(v, "n"));
	assert_false(json_get_bool(v, "none"));
	assert_null(json_get(v, "null"));
	assert_int_equal(json_get_u64(json_nth(list, 1), "n"), 2);
	assert_null(json_nth(list, 2));
	assert_null(json_nth(v, 0));
	assert_null(json_nth(NULL, 0));
	json_each_u64(v, collect, all);
	assert_string_equal(all, "n=7 big=18446744073709551615 neg=0 ");
	json_each_u64(list, collect, all);
	json_each_u64(NULL, collect, all);
	json_value_free(v);
}

static void what_was_read_is_written(void **state)
{
	static const char text[] = "{\"a\":[1,{\"b\":\"c\"}]}";
	struct json_value *v = parse(text);
	struct json *j = json_new();

	(void)state;
	json_begin_array(j, "all");
	json_put_value(j, NULL, v);
	json_put_value(j, NULL, v);
	json_end(j);
	assert_null(json_value(j));
	json_end(j);
	json_value_free(v);
	assert_string_equal(json_text(j),
	    "{\"all\":[{\"a\":[1,{\"b\":\"c\"}]},{\"a\":[1,{\"b\":\"c\"}]}]}");
	assert_string_equal(
	    json_get_text(
		json_nth(
		    json_get(json_nth(json_get(json_value(j), "all"), 1), "a"),
		    1),
		"b"),
	    "c");
	json_put_value(j, NULL, NULL);
	assert_null(json_value(j));
	json_free(j);
	assert_null(json_value(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(empty_object),
	    cmocka_unit_test(every_kind_of_value),
	    cmocka_unit_test(text_becomes_valid),
	    cmocka_unit_test(random_bytes_give_one_line),
	    cmocka_unit_test(misuse_shows_at_the_end),
	    cmocka_unit_test(nesting_has_a_limit),
	    cmocka_unit_test(only_one_object_is_read),
	    cmocka_unit_test(parts_of_what_was_read),
	    cmocka_unit_test(what_was_read_is_written),
	};

	return setlocale(LC_ALL, "C.UTF-8")
		   ? cmocka_run_group_tests(tests, NULL, NULL)
		   : 77;
}
