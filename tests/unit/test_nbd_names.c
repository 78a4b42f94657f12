/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What users call a device, what mountinfo calls it, and the mark we leave on
 * it.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include "common/compiler.h"
#include "nbd-bridge/nbd_controller.h"
#include "nbd-bridge/nbd_sysfs.h"
#include "nbd-bridge/nbd_users.h"

static void device_names(void **state)
{
	static const struct {
		const char *text;
		unsigned index;
	} good[] = {
	    {"/dev/nbd0", 0},
	    {"nbd0", 0},
	    {"0", 0},
	    {"/dev/nbd15", 15},
	    {"nbd65535", 65535},
	    {"40", 40},
	};
	static const char *const bad[] = {"", "-", "nbd", "/dev/", "/dev/0",
	    "/dev/nbd", "nbd0p1", "/dev/nbd0p1", "/dev/sda", "sda", "nbd-1",
	    "+1", " 1", "1 ", "nbd 1", "65536", "nbd65536",
	    "99999999999999999999", "0x10", "e1.0", "//dev/nbd0", "nbdnbd0"};
	char why[NBD_SYSFS_USER], node[NBD_SYSFS_NODE];
	unsigned index;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(nbd_sysfs_parse(good[i].text, &index, why), 0);
		assert_int_equal(index, good[i].index);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		*why = '\0';
		if (nbd_sysfs_parse(bad[i], &index, why) != -EINVAL)
			fail_msg("'%s' was taken for a device", bad[i]);
		assert_non_null(strstr(why, "nbdN"));
	}
	assert_string_equal(nbd_sysfs_node(65535, node), "/dev/nbd65535");
}

static void parts_of_a_device(void **state)
{
	static const char *const parts[] = {"nbd1", "/dev/nbd1", "nbd1p1",
	    "/dev/nbd1p12", "../../devices/virtual/block/nbd1/nbd1p1"};
	static const char *const others[] = {"nbd", "nbd10", "nbd11p1", "nbd1p",
	    "nbd1p1x", "nbd1x", "xnbd1", "nbd1/x", "", "/"};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (!nbd_users_is_part(parts[i], 1))
			fail_msg("'%s' is not seen", parts[i]);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (nbd_users_is_part(others[i], 1))
			fail_msg("'%s' is taken for nbd1", others[i]);
}

static void mount_lines(void **state)
{
	static const struct {
		const char *line;
		struct nbd_users_mount mount;
	} cases[] = {
	    {"36 35 43:1 / /mnt rw,noatime shared:1 - ext4 /dev/nbd0p1 rw\n",
		{"43:1", "/mnt", "/dev/nbd0p1"}},
	    /* No optional field, and several. */
	    {"36 35 43:0 / /m rw - ext4 /dev/nbd0 rw\n",
		{"43:0", "/m", "/dev/nbd0"}},
	    {"1 2 0:40 /@ /b rw shared:7 master:3 - btrfs /dev/nbd2 rw,ssd\n",
		{"0:40", "/b", "/dev/nbd2"}},
	    /* Blanks and backslashes are octal; a dash may be a name. */
	    {"1 2 43:0 / /a\\040b\\134c rw - xfs /dev/nbd0 rw\n",
		{"43:0", "/a b\\c", "/dev/nbd0"}},
	    {"1 2 43:0 / - rw - ext4 /dev/nbd0 rw\n",
		{"43:0", "-", "/dev/nbd0"}},
	    {"1 2 43:0 / /x\\04 rw - ext4 /dev/nbd0 rw\n",
		{"43:0", "/x\\04", "/dev/nbd0"}},
	};
	static const char *const bad[] = {"", "\n", "1 2 43:0",
	    "1 2 43:0 / /m rw", "1 2 43:0 / /m rw - ext4"};
	struct nbd_users_mount m;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(nbd_users_parse_mount(cases[i].line, &m));
		assert_string_equal(m.numbers, cases[i].mount.numbers);
		assert_string_equal(m.where, cases[i].mount.where);
		assert_string_equal(m.source, cases[i].mount.source);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(nbd_users_parse_mount(bad[i], &m));
}

/* Names longer than we keep are cut, never written past their place. */
static void long_mount_lines(void **state)
{
	struct nbd_users_mount m;
	char line[4096], name[1024];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(line, sizeof(line), "1 2 %s / %s rw - ext4 %s rw\n", name,
	    name, name);
	assert_true(nbd_users_parse_mount(line, &m));
	assert_int_equal(strlen(m.numbers), sizeof(m.numbers) - 1);
	assert_int_equal(strlen(m.where), sizeof(m.where) - 1);
	assert_int_equal(strlen(m.source), sizeof(m.source) - 1);
}

static void marks(void **state)
{
	static const char *const bad[] = {"", "aoe", "aoe:", "e1.0", "aoe:e1",
	    "aoe:e1.*", "AOE:e1.0", "aoe:e1.0 ", "other"};
	const struct aoe_addr widest = {65534, 254};
	char mark[NBD_CONTROLLER_MARK];
	struct aoe_addr addr;
	size_t i;

	(void)state;
	assert_string_equal(
	    nbd_controller_mark(widest, mark), "aoe:e65534.254");
	assert_int_equal(nbd_controller_parse_mark(mark, &addr), 0);
	assert_true(addr_equal(addr, widest));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
		    nbd_controller_parse_mark(bad[i], &addr), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(device_names),
	    cmocka_unit_test(parts_of_a_device),
	    cmocka_unit_test(mount_lines),
	    cmocka_unit_test(long_mount_lines),
	    cmocka_unit_test(marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
