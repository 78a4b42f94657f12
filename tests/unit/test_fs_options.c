/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line of aoe-fuse, as people and as mount(8) write it.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <unistd.h>
#include "fuse-fs/fs_options.h"

#define WORDS 16

static char why[AOE_WHY];

/* Parses words that are separated by blanks. */
static int parse(struct fs_options *o, const char *line)
{
	static char text[4096];
	char name[] = "aoe-fuse", *argv[WORDS] = {name}, *rest = text, *word;
	int argc = 1;

	snprintf(text, sizeof(text), "%s", line);
	while (argc < WORDS - 1 && (word = strsep(&rest, " ")))
		argv[argc++] = word;
	optind = 0;
	opterr = 0;
	return fs_options_parse(o, argc, argv, why);
}

static void defaults(void **state)
{
	struct fs_options o;

	(void)state;
	assert_int_equal(parse(&o, "/mnt"), 0);
	assert_string_equal(o.mountpoint, "/mnt");
	assert_string_equal(o.kernel, "fsname=aoe,default_permissions,ro");
	assert_false(o.rw || o.cache || o.foreground || o.debug || o.masked);
	assert_int_equal(o.uid, geteuid());
	assert_int_equal(o.only_count, 0);
	assert_int_equal(o.setup.options.interface_count, 0);
	fs_options_fini(&o);
}

static void as_mount_writes_it(void **state)
{
	struct fs_options o;

	(void)state;
	assert_int_equal(
	    parse(&o, "eth0,eth1 /mnt -o "
		      "rw,allow_other,dev,suid,_netdev,x-systemd.idle=3,"
		      "only=e1.*,only=7.3,uid=5,gid=6,umask=027,dead_secs=9,"
		      "interface=eth2,max_window=4,queue,,nofail,cache,"
		      "serial=1.0:one,serial=A"),
	    0);
	assert_string_equal(o.kernel,
	    "allow_other,dev,suid,fsname=eth0+eth1,default_permissions,ro");
	assert_string_equal(o.setup.interfaces[0], "eth2");
	assert_string_equal(o.setup.interfaces[1], "eth0");
	assert_string_equal(o.setup.interfaces[2], "eth1");
	assert_int_equal(o.setup.options.interface_count, 3);
	assert_int_equal(o.only_count, 2);
	assert_int_equal(o.only[1].shelf, 7);
	assert_int_equal(o.uid, 5);
	assert_int_equal(o.gid, 6);
	assert_int_equal(o.umask, 027);
	assert_int_equal(o.setup.options.max_window, 4);
	assert_int_equal(o.setup.options.serial_count, 2);
	assert_string_equal(o.setup.options.serials[0], "1.0:one");
	assert_string_equal(o.setup.options.serials[1], "A");
	assert_true(o.setup.options.dead_time == NSEC_NEVER);
	assert_true(o.cache && o.masked);
	/* It says so to whoever has not said "ro". */
	assert_true(!o.rw && o.unmeant);
	fs_options_fini(&o);
	assert_int_equal(parse(&o, "eth0 /mnt -o rw,writable,dev"), 0);
	assert_true(o.rw && !o.unmeant);
	assert_string_equal(o.kernel, "dev,fsname=eth0,default_permissions,rw");
	fs_options_fini(&o);
	assert_int_equal(parse(&o, "/mnt -o rw"), 0);
	assert_true(o.rw && !o.unmeant);
	fs_options_fini(&o);
	/* The last of two that contradict each other counts. */
	assert_int_equal(parse(&o, "-o rw -o ro none /mnt -f"), 0);
	assert_false(o.rw);
	assert_true(o.foreground);
	assert_int_equal(o.setup.options.interface_count, 0);
	assert_string_equal(o.kernel, "fsname=none,default_permissions,ro");
	fs_options_fini(&o);
}

static void refused(void **state)
{
	static const struct {
		const char *line, *word;
	} bad[] = {
	    {"-s", "Name an empty folder"},
	    {"a b c", "too many"},
	    {"-o foo /m", "\"foo\""},
	    {"-o foo=bar /m", "\"foo=bar\""},
	    {"-o rw=1 /m", "\"rw=1\""},
	    {"-o help /m", "\"help\""},
	    {"-o fsname /m", "\"fsname\""},
	    {"-o allow_other=1 /m", "\"allow_other=1\""},
	    {"-o dead_secs /m", "needs a value"},
	    {"-o queue=1 /m", "takes no value"},
	    {"-o dead_secs=0 /m", "--dead-secs"},
	    {"-o uid=-1 /m", "uid"},
	    {"-o uid=4294967295 /m", "uid"},
	    {"-o umask=1000 /m", "umask"},
	    {"-o umask=08 /m", "umask"},
	    {"-o umask= /m", "umask"},
	    {"-o only=e1 /m", "e1"},
	    {"-o discover_secs=0 /m", "discover_secs"},
	    {"-o interface= /m", "interface"},
	    {"-o serial /m", "needs a value"},
	    {"-o serial= /m", "serial"},
	    {"eth/0 /m", "interface"},
	};
	struct fs_options o;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (parse(&o, bad[i].line) != -EINVAL)
			fail_msg("'%s' is taken", bad[i].line);
		if (!strstr(why, bad[i].word))
			fail_msg("'%s': %s", bad[i].line, why);
		fs_options_fini(&o);
	}
}

static void too_many(void **state)
{
	char line[4096] = "/m -o only=e1.0";
	struct fs_options o;

	(void)state;
	for (unsigned i = 0; i < FS_OPTIONS_ONLY; i++)
		strcat(line, ",only=e1.0");
	assert_int_equal(parse(&o, line), -EINVAL);
	assert_non_null(strstr(why, "at most"));
	fs_options_fini(&o);
	snprintf(line, sizeof(line), "/m -o fsname=%01200d", 1);
	assert_int_equal(parse(&o, line), -EINVAL);
	assert_non_null(strstr(why, "kernel"));
	fs_options_fini(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(as_mount_writes_it),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
