/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include "common/addr.h"
#include "tests/unit/unit.h"

#define ALL ADDR_SHELF_ALL
#define ANY ADDR_SLOT_ALL

static void parses_addresses(void **state)
{
	static const struct {
		const char *text;
		struct aoe_addr addr;
		const char *canonical;
	} table[] = {
	    {"e1.0", {1, 0}, "e1.0"},
	    {"1.0", {1, 0}, "e1.0"},
	    {"e0.0", {0, 0}, "e0.0"},
	    {"e10.20", {10, 20}, "e10.20"},
	    {"e4095.0", {4095, 0}, "e4095.0"},
	    {"e65534.254", {65534, 254}, "e65534.254"},
	    {"65534.254", {65534, 254}, "e65534.254"},
	};
	char why[ADDR_WHY], buf[ADDR_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct aoe_addr a = {77, 77};

		assert_int_equal(addr_parse(table[i].text, &a, why), 0);
		assert_true(addr_equal(a, table[i].addr));
		assert_string_equal(addr_format(a, buf), table[i].canonical);
		assert_int_equal(addr_parse_pattern(table[i].text, &a, why), 0);
		assert_true(addr_equal(a, table[i].addr));
	}
}

/* None of these is an address, nor a pattern. */
static const char *const nonsense[] = {"", "e", ".", "e.", "e1", "1", "e1.",
    "e.0", ".0", "e1.0x", "e1.0 ", " e1.0", "e 1.0", "e1 .0", "e1. 0", "e-1.0",
    "e1.-0", "e+1.0", "e1.0.0", "e1,0", "ee1.0", "E1.0", "e0x1.0", "e01.0",
    "e1.00", "e1.01", "e00.0", "e1.0\n", "1.0e", "e1..0", "eth0", "all", "-",
    "e65535.0", "e65536.0", "e1.255", "e1.256", "65535.255",
    "e99999999999999999999.0", "e1.4294967296", "e4294967297.0",
    "e18446744073709551617.0", "\xff", "e**", "e1.**", "**", "*.", ".*",
    "e1*.0", "*1.0", "e1.*0", "e1.* ", "*.255", "65535.*", "e01.*"};

static void refuses_nonsense(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nonsense); i++) {
		struct aoe_addr a = {77, 77};
		char why[ADDR_WHY] = "";

		if (addr_parse(nonsense[i], &a, why) != -EINVAL)
			fail_msg("took '%s'", nonsense[i]);
		assert_true(*why);
		*why = 0;
		if (addr_parse_pattern(nonsense[i], &a, why) != -EINVAL)
			fail_msg("took pattern '%s'", nonsense[i]);
		assert_true(*why);
		assert_int_equal(a.shelf, 77);
		assert_int_equal(a.slot, 77);
	}
}

static void says_what_is_wrong(void **state)
{
	char long_text[300], why[ADDR_WHY];
	struct aoe_addr a;

	(void)state;
	addr_parse("e1.255", &a, why);
	assert_string_equal(why, "'e1.255': the slot must be 0 to 254");
	addr_parse("e65535.0", &a, why);
	assert_string_equal(why, "'e65535.0': the shelf must be 0 to 65534");
	addr_parse("e1", &a, why);
	assert_string_equal(
	    why, "'e1' is not an address: want SHELF.SLOT (e1.0)");
	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = 0;
	addr_parse_pattern(long_text, &a, why);
	assert_true(strlen(why) < ADDR_WHY - 1);
}

static void parses_patterns(void **state)
{
	static const struct {
		const char *text;
		struct aoe_addr pattern;
		const char *canonical;
	} table[] = {
	    {"e1.*", {1, ANY}, "e1.*"},
	    {"1.*", {1, ANY}, "e1.*"},
	    {"*.0", {ALL, 0}, "e*.0"},
	    {"e*.0", {ALL, 0}, "e*.0"},
	    {"*", {ALL, ANY}, "e*.*"},
	    {"e*", {ALL, ANY}, "e*.*"},
	    {"e*.*", {ALL, ANY}, "e*.*"},
	    {"*.*", {ALL, ANY}, "e*.*"},
	};
	char why[ADDR_WHY], buf[ADDR_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct aoe_addr a;

		assert_int_equal(addr_parse(table[i].text, &a, why), -EINVAL);
		assert_int_equal(addr_parse_pattern(table[i].text, &a, why), 0);
		assert_true(addr_equal(a, table[i].pattern));
		assert_string_equal(addr_format(a, buf), table[i].canonical);
		assert_false(addr_is_device(a));
	}
}

static void matches(void **state)
{
	static const struct {
		struct aoe_addr pattern, addr;
		bool match;
	} table[] = {
	    {{1, 0}, {1, 0}, true},
	    {{1, 0}, {1, 1}, false},
	    {{1, 0}, {2, 0}, false},
	    {{1, ANY}, {1, 254}, true},
	    {{1, ANY}, {2, 0}, false},
	    {{ALL, 3}, {9, 3}, true},
	    {{ALL, 3}, {9, 4}, false},
	    {{ALL, ANY}, {65534, 254}, true},
	    /* Only the pattern's wildcards count. */
	    {{1, 0}, {ALL, ANY}, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(addr_match(table[i].pattern, table[i].addr),
		    table[i].match);
}

static void orders_and_classifies(void **state)
{
	(void)state;
	assert_int_equal(
	    addr_compare((struct aoe_addr){1, 1}, (struct aoe_addr){1, 1}), 0);
	assert_true(
	    addr_compare((struct aoe_addr){1, 9}, (struct aoe_addr){2, 0}) < 0);
	assert_true(addr_compare((struct aoe_addr){300, 0},
			(struct aoe_addr){2, 9}) > 0);
	assert_true(
	    addr_compare((struct aoe_addr){1, 0}, (struct aoe_addr){1, 1}) < 0);
	assert_true(addr_compare((struct aoe_addr){1, 254},
			(struct aoe_addr){1, 1}) > 0);

	assert_true(addr_is_device((struct aoe_addr){65534, 254}));
	assert_false(addr_is_device((struct aoe_addr){ALL, 0}));
	assert_false(addr_is_device((struct aoe_addr){0, ANY}));
	assert_true(addr_is_device((struct aoe_addr){4095, 0}));
	assert_true(addr_is_unset((struct aoe_addr){4095, 0}));
	assert_false(addr_is_unset((struct aoe_addr){4094, 255}));
}

static void every_address_has_one_text(void **state)
{
	char why[ADDR_WHY], buf[ADDR_TEXT];

	(void)state;
	for (unsigned shelf = 0; shelf <= ADDR_SHELF_ALL; shelf++) {
		struct aoe_addr a = {(uint16_t)shelf, (uint8_t)(shelf * 7)};
		struct aoe_addr back;

		assert_int_equal(
		    addr_parse_pattern(addr_format(a, buf), &back, why), 0);
		assert_true(addr_equal(a, back));
		assert_int_equal(addr_parse(buf, &back, why),
		    addr_is_device(a) ? 0 : -EINVAL);
	}
}

static void parses_macs(void **state)
{
	static const struct mac want = {{0x00, 0x1B, 0x2c, 0x3D, 0x4e, 0xff}};
	static const char *const good[] = {"00:1b:2c:3d:4e:ff",
	    "00-1B-2C-3D-4E-FF", "001b2c3d4eff", "00:1B:2c:3D:4e:fF"};
	static const char *const bad[] = {"", "0", "00", "00:1b:2c:3d:4e",
	    "00:1b:2c:3d:4e:", "00:1b:2c:3d:4e:f",
	    "00:1b:2c:3d:4e:ff:", "00:1b:2c:3d:4e:ff ", " 00:1b:2c:3d:4e:ff",
	    "00:1b-2c:3d-4e:ff", "0:1b:2c:3d:4e:ff", "00:1b2c3d4eff",
	    "001b:2c3d:4eff", "00:1g:2c:3d:4e:ff", "001b2c3d4eff00",
	    "001b2c3d4ef", "00.1b.2c.3d.4e.ff", "::::::", "0x1b2c3d4eff",
	    "-01b2c3d4eff"};
	char buf[MAC_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct mac m = {{0}};

		assert_int_equal(mac_parse(good[i], &m), 0);
		assert_true(mac_equal(m, want));
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		size_t n = strlen(bad[i]) + 1;
		char *exact = (char *)unit_copy(bad[i], n);
		struct mac m = {{7}};

		if (mac_parse(exact, &m) != -EINVAL)
			fail_msg("took '%s'", bad[i]);
		assert_int_equal(m.b[0], 7);
		free(exact);
	}
	assert_string_equal(mac_format(want, buf), "00:1b:2c:3d:4e:ff");
	assert_string_equal(
	    mac_format(mac_broadcast, buf), "ff:ff:ff:ff:ff:ff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parses_addresses),
	    cmocka_unit_test(refuses_nonsense),
	    cmocka_unit_test(says_what_is_wrong),
	    cmocka_unit_test(parses_patterns),
	    cmocka_unit_test(matches),
	    cmocka_unit_test(orders_and_classifies),
	    cmocka_unit_test(every_address_has_one_text),
	    cmocka_unit_test(parses_macs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
