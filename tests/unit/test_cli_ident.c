/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of IDENTIFY that only `aoe identify` shows. */
#include "tests/unit/unit.h"
#include "aoe-user/cli/ident.h"

static void put(uint8_t *block, unsigned n, unsigned value)
{
	block[2 * n] = (uint8_t)value;
	block[2 * n + 1] = (uint8_t)(value >> 8);
}

/* What vblade 25 sends: nothing of what is decoded here. */
static void test_vblade(void **state)
{
	uint8_t block[IDENT_BLOCK] = {0};
	struct ident id;

	(void)state;
	put(block, 83, 0x5400);
	put(block, 84, 0x4000);
	put(block, 86, 0x1400);
	put(block, 87, 0x4000);
	ident_parse(block, &id);
	assert_int_equal(id.queue_depth, 1);
	assert_int_equal(id.logical_bytes, 512);
	assert_int_equal(id.physical_bytes, 512);
	assert_int_equal(id.rotation, 0);
	assert_true(id.wwn == 0);
	assert_int_equal(id.smart, IDENT_ABSENT);
	assert_int_equal(id.write_cache, IDENT_ABSENT);
}

static void test_drive(void **state)
{
	uint8_t block[IDENT_BLOCK] = {0};
	struct ident id;

	(void)state;
	put(block, 75, 31);
	put(block, 82, 1 << 5 | 1);
	put(block, 83, 0x4000);
	put(block, 84, 0x4100);
	put(block, 85, 1 << 5);
	put(block, 87, 0x4000);
	put(block, 106, 0x6003);
	put(block, 108, 0x5000);
	put(block, 109, 0xc500);
	put(block, 110, 0x1234);
	put(block, 111, 0x5678);
	put(block, 217, 7200);
	ident_parse(block, &id);
	assert_int_equal(id.queue_depth, 32);
	assert_int_equal(id.logical_bytes, 512);
	assert_int_equal(id.physical_bytes, 4096);
	assert_int_equal(id.rotation, 7200);
	assert_true(id.wwn == 0x5000c50012345678u);
	assert_int_equal(id.smart, IDENT_OFF);
	assert_int_equal(id.write_cache, IDENT_ON);
}

static void test_4kn(void **state)
{
	uint8_t block[IDENT_BLOCK] = {0};
	struct ident id;

	(void)state;
	put(block, 106, 0x5000);
	put(block, 117, 2048);
	ident_parse(block, &id);
	assert_int_equal(id.logical_bytes, 4096);
	assert_int_equal(id.physical_bytes, 4096);
}

/* Bytes of a hostile target: whatever they are, the result makes sense. */
static void test_nonsense(void **state)
{
	struct unit_random r = unit_random("ident");
	uint8_t block[IDENT_BLOCK];
	struct ident id;

	(void)state;
	memset(block, 0xff, sizeof(block));
	ident_parse(block, &id);
	assert_int_equal(id.logical_bytes, 512);
	assert_true(id.wwn == 0);
	for (unsigned i = 0; i < 10000; i++) {
		unit_fill(&r, block, sizeof(block));
		ident_parse(block, &id);
		assert_in_range(id.queue_depth, 1, 32);
		assert_in_range(id.logical_bytes, 512, 131070);
		assert_true(id.physical_bytes >= id.logical_bytes);
		assert_non_null(ident_feature_text(id.smart));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vblade),
	    cmocka_unit_test(test_drive),
	    cmocka_unit_test(test_4kn),
	    cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
