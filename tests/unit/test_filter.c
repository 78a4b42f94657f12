/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The receive filter, run by libpcap's interpreter over frames. */
#include <errno.h>
#include <pcap/pcap.h>
#include "aoe-user/io/filter.h"
#include "common/wire.h"
#include "tests/unit/unit.h"

#define FRAME 60

static bool passes(const struct filter *f, const uint8_t *frame, unsigned len)
{
	struct bpf_insn insn[FILTER_OPS];
	uint8_t *copy = unit_copy(frame, len);
	unsigned kept;

	memcpy(insn, f->op, sizeof(insn));
	assert_true(bpf_validate(insn, (int)f->count));
	kept = bpf_filter(insn, copy, len, len);
	free(copy);
	/* What passes must come whole, whatever the MTU. */
	assert_true(!kept || kept > 66000);
	return kept;
}

static void make(uint8_t *frame, unsigned command, uint32_t tag, unsigned flags)
{
	const struct wire_header h = {
	    .version = WIRE_VERSION,
	    .flags = (uint8_t)flags,
	    .addr = {1, 0},
	    .command = (uint8_t)command,
	    .tag = tag,
	};
	struct wire_ata ata = {.count = 0};

	memset(frame, 0, FRAME);
	assert_int_equal(wire_put_ata(frame, FRAME, &h, &ata), WIRE_ATA_HEADER);
	frame[19] = (uint8_t)command;
}

static void passes_what_is_ours(void **state)
{
	static const struct {
		unsigned command;
		uint32_t tag;
		unsigned flags;
		bool pass;
	} table[] = {
	    {WIRE_ATA, 0x91000000, WIRE_FLAG_RESPONSE, true},
	    {WIRE_ATA, 0x91ffffff, WIRE_FLAG_RESPONSE, true},
	    {WIRE_ATA, 0x91123456, WIRE_FLAG_RESPONSE | WIRE_FLAG_ERROR, true},
	    {WIRE_MASK, 0x91123456, WIRE_FLAG_RESPONSE, true},
	    {WIRE_RESERVE, 0x91123456, WIRE_FLAG_RESPONSE, true},
	    /* another process, and the kernel's own driver */
	    {WIRE_ATA, 0x90000000, WIRE_FLAG_RESPONSE, false},
	    {WIRE_ATA, 0x92000000, WIRE_FLAG_RESPONSE, false},
	    {WIRE_ATA, 0x11000000, WIRE_FLAG_RESPONSE, false},
	    {WIRE_ATA, 0x00000091, WIRE_FLAG_RESPONSE, false},
	    /* config answers and announcements are everybody's */
	    {WIRE_CONFIG, 0, WIRE_FLAG_RESPONSE, true},
	    {WIRE_CONFIG, 0x11223344, WIRE_FLAG_RESPONSE, true},
	    {WIRE_CONFIG, 0x91000000, WIRE_FLAG_RESPONSE, true},
	    /* requests, ours too */
	    {WIRE_ATA, 0x91000000, 0, false},
	    {WIRE_CONFIG, 0x91000000, 0, false},
	    {WIRE_CONFIG, 0, WIRE_FLAG_ERROR, false},
	};
	struct filter f;
	uint8_t frame[FRAME];

	(void)state;
	assert_int_equal(filter_compile(&f, 0x11), 0);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		make(frame, table[i].command, table[i].tag, table[i].flags);
		if (passes(&f, frame, FRAME) != table[i].pass)
			fail_msg("row %zu", i);
	}
}

static void drops_other_protocols(void **state)
{
	struct filter f;
	uint8_t frame[FRAME];

	(void)state;
	assert_int_equal(filter_compile(&f, 1), 0);
	make(frame, WIRE_CONFIG, 0, WIRE_FLAG_RESPONSE);
	assert_true(passes(&f, frame, FRAME));
	frame[12] = 0x08;
	frame[13] = 0x00;
	assert_false(passes(&f, frame, FRAME));
}

static void drops_runts(void **state)
{
	struct filter f;
	uint8_t frame[FRAME];

	(void)state;
	assert_int_equal(filter_compile(&f, 1), 0);
	make(frame, WIRE_ATA, 0x81000000, WIRE_FLAG_RESPONSE);
	for (unsigned len = 0; len <= FRAME; len++)
		assert_int_equal(passes(&f, frame, len), len > 20);
}

static void every_prefix_stands_alone(void **state)
{
	struct filter f;
	uint8_t frame[FRAME];

	(void)state;
	for (unsigned mine = 0; mine < 128; mine++) {
		assert_int_equal(filter_compile(&f, mine), 0);
		for (unsigned top = 0; top < 256; top++) {
			make(frame, WIRE_ATA, top << 24 | 0x00abcdef,
			    WIRE_FLAG_RESPONSE);
			assert_int_equal(
			    passes(&f, frame, FRAME), top == (0x80 | mine));
		}
	}
	assert_int_equal(filter_compile(&f, 128), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(passes_what_is_ours),
	    cmocka_unit_test(drops_other_protocols),
	    cmocka_unit_test(drops_runts),
	    cmocka_unit_test(every_prefix_stands_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
