/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>
#include <unistd.h>
#include "common/log.h"
#include "tests/unit/unit.h"

struct seen {
	unsigned lines;
	enum log_level level;
	const char *object;
	char text[1024];
};

static void sink(
    void *ctx, enum log_level level, const char *object, const char *text)
{
	struct seen *s = ctx;

	s->lines++;
	s->level = level;
	s->object = object;
	snprintf(s->text, sizeof(s->text), "%s", text);
}

static void levels(void **state)
{
	(void)state;
	for (int shown = LOG_LEVEL_ERROR; shown <= LOG_LEVEL_DEBUG; shown++) {
		for (int at = LOG_LEVEL_ERROR; at <= LOG_LEVEL_DEBUG; at++) {
			struct seen seen = {0};
			struct log log = {(enum log_level)shown, sink, &seen};

			log_msg(&log, (enum log_level)at, "e1.0", "x%d", 7);
			assert_int_equal(seen.lines, at <= shown);
			if (!seen.lines)
				continue;
			assert_int_equal(seen.level, at);
			assert_string_equal(seen.object, "e1.0");
			assert_string_equal(seen.text, "x7");
		}
	}
}

static void nobody_listens(void **state)
{
	struct log log = {.level = LOG_LEVEL_DEBUG};

	(void)state;
	log_msg(NULL, LOG_LEVEL_ERROR, NULL, "lost");
	log_msg(&log, LOG_LEVEL_ERROR, NULL, "lost");
}

static void long_lines_are_cut(void **state)
{
	struct seen seen = {0};
	struct log log = {LOG_LEVEL_INFO, sink, &seen};
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	log_msg(&log, LOG_LEVEL_INFO, NULL, "%s", text);
	assert_null(seen.object);
	assert_int_equal(strlen(seen.text), 511);
}

static void control_characters_do_not_pass(void **state)
{
	struct seen seen = {0};
	struct log log = {LOG_LEVEL_INFO, sink, &seen};

	(void)state;
	log_msg(
	    &log, LOG_LEVEL_INFO, NULL, "%s", "a\nb\033[2J\tc\x7f \xc3\xa4~");
	assert_string_equal(seen.text, "a?b?[2J?c? \xc3\xa4~");
}

static void limits(void **state)
{
	struct log_limit l = {.period = 10 * NSEC_SEC, .burst = 2};
	unsigned dropped = 99;

	(void)state;
	assert_true(log_allow(&l, 5 * NSEC_SEC, &dropped));
	assert_int_equal(dropped, 0);
	assert_true(log_allow(&l, 6 * NSEC_SEC, &dropped));
	assert_false(log_allow(&l, 7 * NSEC_SEC, &dropped));
	assert_false(log_allow(&l, 9 * NSEC_SEC, &dropped));

	/* A new period: what was swallowed is told once. */
	assert_true(log_allow(&l, 20 * NSEC_SEC, &dropped));
	assert_int_equal(dropped, 2);
	assert_true(log_allow(&l, 21 * NSEC_SEC, &dropped));
	assert_int_equal(dropped, 0);

	/* One nanosecond before the end, and at the end. */
	assert_false(log_allow(&l, 30 * NSEC_SEC - 1, &dropped));
	assert_true(log_allow(&l, 30 * NSEC_SEC, &dropped));
	assert_int_equal(dropped, 1);
}

static void limit_survives_extremes(void **state)
{
	struct log_limit l = {.period = NSEC_SEC, .burst = 1};
	unsigned dropped;

	(void)state;
	assert_true(log_allow(&l, 100 * NSEC_SEC, &dropped));
	/* Time that runs backwards opens no new period. */
	assert_false(log_allow(&l, 1, &dropped));
	l.dropped = UINT_MAX;
	assert_false(log_allow(&l, 100 * NSEC_SEC, &dropped));
	assert_true(log_allow(&l, NSEC_NEVER, &dropped));
	assert_int_equal(dropped, UINT_MAX);

	l = (struct log_limit){.period = NSEC_SEC, .burst = 0};
	assert_false(log_allow(&l, 5, &dropped));
}

static void standard_error(void **state)
{
	static char name[] = "aoe";
	char text[64] = "";
	int pipes[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_true(dup2(pipes[1], STDERR_FILENO) >= 0);
	log_to_stderr(name, LOG_LEVEL_WARN, "e1.0", "text");
	log_to_stderr(name, LOG_LEVEL_WARN, NULL, "other");
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(pipes[1]);
	close(saved);
	for (size_t at = 0; (n = read(pipes[0], text + at, 63 - at)) > 0;)
		at += (size_t)n;
	close(pipes[0]);
	assert_string_equal(text, "aoe: e1.0: text\naoe: other\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(levels),
	    cmocka_unit_test(nobody_listens),
	    cmocka_unit_test(long_lines_are_cut),
	    cmocka_unit_test(control_characters_do_not_pass),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(limit_survives_extremes),
	    cmocka_unit_test(standard_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
