/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line options that all programs share. */
#include <errno.h>
#include "aoe-user/daemon/setup.h"
#include "tests/unit/unit.h"

static void starts_with_defaults(void **state)
{
	struct setup s;

	(void)state;
	setup_init(&s, "test");
	assert_int_equal(s.options.size, sizeof(s.options));
	assert_ptr_equal(s.options.log, &s.log);
	assert_int_equal(s.options.interface_count, 0);
	assert_int_equal(s.options.dead_time, 0);
	assert_int_equal(s.log.level, LOG_LEVEL_WARN);
	assert_false(s.help || s.version);
}

/* As a program does it: one argument after the other. */
static int parse(struct setup *s, const char *const *args, int n, char *why)
{
	static const struct option options[] = {SETUP_LONG, {0}};
	char *argv[24] = {(char *)(uintptr_t) "test"};
	int c, ret = 1;

	for (int i = 0; i < n; i++)
		argv[i + 1] = (char *)(uintptr_t)args[i];
	optind = 0;
	opterr = 0;
	setup_init(s, "test");
	while (ret == 1 &&
	       (c = getopt_long(n + 1, argv, SETUP_SHORT, options, NULL)) != -1)
		ret = setup_option(s, c, optarg, why);
	return ret;
}

static void takes_every_option(void **state)
{
	static const char *const args[] = {"-i", "eth0", "--interface=eth1",
	    "-vv", "--dead-secs=86400", "--late-copy-ms", "60000",
	    "--max-window=1024", "--capture=x.pcap", "--capture-limit=2M",
	    "--allow-4095", "--ignore-serial", "--shared", "--strict-flush",
	    "--serial=1.0:one", "--serial", "12345678901234567890", "--help",
	    "--version"};
	struct aoe_options *o;
	struct setup s;
	char why[AOE_WHY] = "";

	(void)state;
	assert_int_equal(parse(&s, args, ARRAY_SIZE(args), why), 1);
	o = &s.options;
	assert_int_equal(o->interface_count, 2);
	assert_string_equal(o->interfaces[0], "eth0");
	assert_string_equal(o->interfaces[1], "eth1");
	assert_int_equal(s.verbose, 2);
	assert_int_equal(s.log.level, LOG_LEVEL_DEBUG);
	assert_int_equal(o->dead_time, 86400 * NSEC_SEC);
	assert_int_equal(o->late_copy, 60 * NSEC_SEC);
	assert_int_equal(o->max_window, 1024);
	assert_string_equal(o->capture, "x.pcap");
	assert_int_equal(o->capture_limit, 2 << 20);
	assert_int_equal(o->serial_count, 2);
	assert_string_equal(o->serials[0], "1.0:one");
	assert_string_equal(o->serials[1], "12345678901234567890");
	assert_true(o->allow_unset && o->ignore_serial && o->shared &&
		    o->strict_flush && s.help && s.version);
}

static void the_last_policy_counts(void **state)
{
	static const char *const queue[] = {"--dead-secs=5", "--queue"};
	static const char *const dead[] = {"--queue", "--dead-secs=5"};
	struct setup s;
	char why[AOE_WHY];

	(void)state;
	assert_int_equal(parse(&s, queue, 2, why), 1);
	assert_int_equal(s.options.dead_time, NSEC_NEVER);
	assert_int_equal(parse(&s, dead, 2, why), 1);
	assert_int_equal(s.options.dead_time, 5 * NSEC_SEC);
}

/* In the options 0 means the default, so "none" has to be something else. */
static void no_late_copies_is_not_the_default(void **state)
{
	static const char *const args[] = {"--late-copy-ms=0"};
	struct setup s;
	char why[AOE_WHY];

	(void)state;
	assert_int_equal(parse(&s, args, 1, why), 1);
	assert_int_not_equal(s.options.late_copy, 0);
	assert_true(s.options.late_copy < NSEC_MS);
}

static void refuses_bad_values(void **state)
{
	static const char *const table[] = {"--dead-secs=0",
	    "--dead-secs=86401", "--dead-secs=", "--dead-secs=1x",
	    "--dead-secs=-1", "--late-copy-ms=60001", "--late-copy-ms=x",
	    "--max-window=0", "--max-window=1025", "--capture-limit=0",
	    "--capture-limit=lots",
	    "--serial=", "--serial=123456789012345678901",
	    "--interface=", "--interface=a-name-of-16-chr", "--interface=a/b"};
	struct setup s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		char why[AOE_WHY] = "", option[32];

		if (parse(&s, &table[i], 1, why) != -EINVAL)
			fail_msg("took %s", table[i]);
		snprintf(option, sizeof(option), "%.*s",
		    (int)strcspn(table[i], "="), table[i]);
		if (!strstr(why, option))
			fail_msg("%s: why is \"%s\"", table[i], why);
	}
}

static void refuses_too_many_serials(void **state)
{
	char why[AOE_WHY] = "";
	struct setup s;

	(void)state;
	setup_init(&s, "test");
	for (unsigned i = 0; i < SETUP_SERIALS; i++)
		assert_int_equal(setup_option(&s, SETUP_SERIAL, "1", why), 1);
	assert_int_equal(setup_option(&s, SETUP_SERIAL, "1", why), -EINVAL);
	assert_non_null(strstr(why, "--serial"));
}

static void refuses_too_many_interfaces(void **state)
{
	char why[AOE_WHY] = "";
	struct setup s;

	(void)state;
	setup_init(&s, "test");
	for (unsigned i = 0; i < SETUP_INTERFACES; i++)
		assert_int_equal(setup_option(&s, 'i', "eth0", why), 1);
	assert_int_equal(setup_option(&s, 'i', "eth0", why), -EINVAL);
	assert_true(*why);
}

static void leaves_the_rest_alone(void **state)
{
	char why[AOE_WHY] = "";
	struct setup s;

	(void)state;
	setup_init(&s, "test");
	assert_int_equal(setup_option(&s, 'x', NULL, why), 0);
	assert_int_equal(setup_option(&s, '?', NULL, why), 0);
	assert_int_equal(setup_option(&s, SETUP_LAST, NULL, why), 0);
	assert_string_equal(why, "");
}

/* Whoever adds an option has to explain it. */
static void explains_every_option(void **state)
{
	static const struct option options[] = {SETUP_LONG, {0}};
	char text[64];

	(void)state;
	for (const struct option *o = options; o->name; o++) {
		snprintf(text, sizeof(text), "--%s%s", o->name,
		    o->has_arg ? " " : "");
		if (!strstr(setup_help, text))
			fail_msg("no help on --%s", o->name);
	}
	for (const char *p = setup_help; *p; p += strcspn(p, "\n") + 1)
		assert_true(strcspn(p, "\n") < 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(starts_with_defaults),
	    cmocka_unit_test(takes_every_option),
	    cmocka_unit_test(the_last_policy_counts),
	    cmocka_unit_test(no_late_copies_is_not_the_default),
	    cmocka_unit_test(refuses_bad_values),
	    cmocka_unit_test(refuses_too_many_serials),
	    cmocka_unit_test(refuses_too_many_interfaces),
	    cmocka_unit_test(leaves_the_rest_alone),
	    cmocka_unit_test(explains_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
