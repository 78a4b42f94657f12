/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/wire.h"
#include "tests/unit/unit.h"

/* The shortest frame that holds each command's argument. */
static const size_t shortest[] = {36, 32, 28, 26};

union argument {
	struct wire_ata ata;
	struct wire_config config;
	struct wire_mask mask;
	struct wire_reserve reserve;
};

static enum wire_error get_argument(
    unsigned command, const uint8_t *frame, size_t len, union argument *out)
{
	switch (command) {
	case WIRE_ATA:
		return wire_get_ata(frame, len, &out->ata);
	case WIRE_CONFIG:
		return wire_get_config(frame, len, &out->config);
	case WIRE_MASK:
		return wire_get_mask(frame, len, &out->mask);
	default:
		return wire_get_reserve(frame, len, &out->reserve);
	}
}

static void make_frame(uint8_t *frame, size_t len, unsigned command)
{
	memset(frame, 0xff, len);
	frame[12] = 0x88;
	frame[13] = 0xa2;
	frame[14] = 0x18;
	frame[19] = (uint8_t)command;
}

static void header_fields(void **state)
{
	static const uint8_t frame[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
	    0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x88, 0xa2, 0x1c, 0x03, 0xab,
	    0xcd, 0xef, 0x01, 0x81, 0x23, 0x45, 0x67};
	struct wire_header h;
	char buf[MAC_TEXT];

	(void)state;
	assert_int_equal(wire_get_header(frame, sizeof(frame), &h), WIRE_OK);
	assert_string_equal(mac_format(h.dst, buf), "01:02:03:04:05:06");
	assert_string_equal(mac_format(h.src, buf), "11:12:13:14:15:16");
	assert_int_equal(h.version, 1);
	assert_int_equal(h.flags, WIRE_FLAG_RESPONSE | WIRE_FLAG_ERROR);
	assert_int_equal(h.error, WIRE_ERR_UNAVAILABLE);
	assert_int_equal(h.addr.shelf, 0xabcd);
	assert_int_equal(h.addr.slot, 0xef);
	assert_int_equal(h.command, WIRE_CONFIG);
	assert_int_equal(h.tag, 0x81234567);
}

/* Every length to 60, every command number: no byte beyond is read. */
static void runts(void **state)
{
	(void)state;
	for (size_t len = 0; len <= WIRE_MIN_FRAME; len++) {
		for (unsigned command = 0; command < 256; command++) {
			uint8_t whole[WIRE_MIN_FRAME];
			struct wire_header h, before;
			uint8_t *frame;

			make_frame(whole, sizeof(whole), command);
			frame = unit_copy(whole, len);
			memset(&h, 0x5a, sizeof(h));
			before = h;
			if (len < WIRE_HEADER) {
				assert_int_equal(
				    wire_get_header(frame, len, &h),
				    WIRE_SHORT);
				assert_memory_equal(&h, &before, sizeof(h));
			} else {
				assert_int_equal(
				    wire_get_header(frame, len, &h), WIRE_OK);
				assert_int_equal(h.command, command);
			}
			free(frame);
		}
		for (unsigned command = 0; command < 4; command++) {
			union argument *a = malloc(sizeof(*a));
			uint8_t whole[WIRE_MIN_FRAME], *frame;
			bool fits = len >= shortest[command];

			make_frame(whole, sizeof(whole), command);
			frame = unit_copy(whole, len);
			assert_int_equal(get_argument(command, frame, len, a),
			    fits ? WIRE_OK : WIRE_SHORT);
			free(frame);
			free(a);
		}
	}
}

static void short_argument_stores_nothing(void **state)
{
	static union argument a, before;
	uint8_t frame[WIRE_MIN_FRAME];

	(void)state;
	for (unsigned command = 0; command < 4; command++) {
		make_frame(frame, sizeof(frame), command);
		memset(&a, 0x5a, sizeof(a));
		before = a;
		get_argument(command, frame, shortest[command] - 1, &a);
		assert_memory_equal(&a, &before, sizeof(a));
	}
}

static void other_ethertypes(void **state)
{
	static const uint16_t types[] = {
	    0x0800, 0x88a3, 0x88a1, 0xa288, 0x8100, 0x0000, 0xffff};
	uint8_t frame[WIRE_MIN_FRAME];
	struct wire_header h;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		make_frame(frame, sizeof(frame), 0);
		frame[12] = (uint8_t)(types[i] >> 8);
		frame[13] = (uint8_t)types[i];
		memset(&h, 0x5a, sizeof(h));
		assert_int_equal(
		    wire_get_header(frame, sizeof(frame), &h), WIRE_NOT_AOE);
		assert_int_equal(h.command, 0x5a);
	}
}

static void versions(void **state)
{
	uint8_t frame[WIRE_MIN_FRAME];
	struct wire_header h;

	(void)state;
	for (unsigned version = 0; version < 16; version++) {
		for (unsigned command = 0; command < 256; command++) {
			bool good = version == 1 ||
				    (version == 0 && command == WIRE_CONFIG);

			make_frame(frame, sizeof(frame), command);
			frame[14] = (uint8_t)(version << 4 | 0x08);
			assert_int_equal(
			    wire_get_header(frame, sizeof(frame), &h),
			    good ? WIRE_OK : WIRE_BAD_VERSION);
			assert_int_equal(h.version, version);
			assert_int_equal(h.flags, WIRE_FLAG_RESPONSE);
		}
	}
}

static void ata_data_is_what_follows(void **state)
{
	uint8_t frame[WIRE_ATA_HEADER + 3];
	struct wire_ata a;

	(void)state;
	make_frame(frame, sizeof(frame), WIRE_ATA);
	memcpy(frame + 24, "\x41\x02\x03\x04\x06\x05\x04\x03\x02\x01", 10);
	assert_int_equal(wire_get_ata(frame, sizeof(frame), &a), WIRE_OK);
	assert_int_equal(a.aflags, WIRE_AFLAG_EXT | WIRE_AFLAG_WRITE);
	assert_int_equal(a.feature, 2);
	assert_int_equal(a.count, 3);
	assert_int_equal(a.command, 4);
	assert_true(a.lba == 0x010203040506);
	assert_ptr_equal(a.data, frame + 36);
	assert_int_equal(a.data_len, 3);
	assert_int_equal(wire_get_ata(frame, WIRE_ATA_HEADER, &a), WIRE_OK);
	assert_null(a.data);
	assert_int_equal(a.data_len, 0);
}

/* The length field may claim anything; the string ends with the frame. */
static void config_string_is_clipped(void **state)
{
	static const struct {
		size_t room;
		uint16_t claimed;
		size_t want;
	} table[] = {
	    {0, 0, 0},
	    {0, 1, 0},
	    {0, 0xffff, 0},
	    {28, 0, 0},
	    {28, 5, 5},
	    {28, 28, 28},
	    {28, 29, 28},
	    {28, 1024, 28},
	    {1024, 1024, 1024},
	    {1023, 1024, 1023},
	    {1025, 1025, 1024},
	    {9000, 0xffff, 1024},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		size_t len = WIRE_CONFIG_HEADER + table[i].room;
		uint8_t *frame = malloc(len);
		struct wire_config c;

		make_frame(frame, len, WIRE_CONFIG);
		memcpy(frame + 24, "\x01\x02\x03\x04\x05\x16", 6);
		frame[30] = (uint8_t)(table[i].claimed >> 8);
		frame[31] = (uint8_t)table[i].claimed;
		assert_int_equal(wire_get_config(frame, len, &c), WIRE_OK);
		assert_int_equal(c.buffers, 0x0102);
		assert_int_equal(c.firmware, 0x0304);
		assert_int_equal(c.sectors, 5);
		assert_int_equal(c.version, 1);
		assert_int_equal(c.ccmd, 6);
		assert_int_equal(c.length, table[i].claimed);
		assert_int_equal(c.string_len, table[i].want);
		assert_ptr_equal(c.string, frame + WIRE_CONFIG_HEADER);
		free(frame);
	}
}

/* As many entries as the frame holds and the count says, whichever is less. */
static void lists_are_clipped(void **state)
{
	static const uint8_t counts[] = {0, 1, 2, 3, 4, 255};
	static struct wire_reserve r;
	static struct wire_mask m;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		for (unsigned room = 0; room < 30; room++) {
			uint8_t whole[58], *frame;

			make_frame(whole, sizeof(whole), WIRE_MASK);
			whole[27] = counts[i];
			frame = unit_copy(whole, 28 + room);
			wire_get_mask(frame, 28 + room, &m);
			assert_int_equal(m.count, counts[i]);
			assert_int_equal(m.present, MIN(counts[i], room / 8));
			free(frame);

			make_frame(whole, sizeof(whole), WIRE_RESERVE);
			whole[25] = counts[i];
			frame = unit_copy(whole, 26 + room);
			wire_get_reserve(frame, 26 + room, &r);
			assert_int_equal(r.count, counts[i]);
			assert_int_equal(r.present, MIN(counts[i], room / 6));
			free(frame);
		}
	}
}

static struct wire_header random_header(struct unit_random *r, uint8_t command)
{
	struct wire_header h;

	unit_fill(r, &h, sizeof(h));
	h.version = 1;
	h.flags = (uint8_t)unit_below(r, 16);
	h.command = command;
	return h;
}

static void assert_same_header(
    const struct wire_header *a, const struct wire_header *b)
{
	assert_true(mac_equal(a->dst, b->dst) && mac_equal(a->src, b->src));
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->error, b->error);
	assert_true(addr_equal(a->addr, b->addr));
	assert_int_equal(a->command, b->command);
	assert_int_equal(a->tag, b->tag);
}

static size_t put_argument(void *buf, size_t size, const struct wire_header *h,
    const union argument *a)
{
	switch (h->command) {
	case WIRE_ATA:
		return wire_put_ata(buf, size, h, &a->ata);
	case WIRE_CONFIG:
		return wire_put_config(buf, size, h, &a->config);
	case WIRE_MASK:
		return wire_put_mask(buf, size, h, &a->mask);
	default:
		return wire_put_reserve(buf, size, h, &a->reserve);
	}
}

/* Random but valid; returns the length that it must have on the wire. */
static size_t random_argument(struct unit_random *r, unsigned command,
    const uint8_t *string, union argument *a)
{
	unit_fill(r, a, sizeof(*a));
	switch (command) {
	case WIRE_ATA:
		a->ata.lba &= 0xffffffffffff;
		return 36;
	case WIRE_CONFIG:
		a->config.version &= 0xf;
		a->config.ccmd &= 0xf;
		a->config.string = string;
		a->config.string_len = unit_below(r, WIRE_CONFIG_MAX + 1);
		return 32 + a->config.string_len;
	case WIRE_MASK:
		return 28 + 8 * (size_t)a->mask.count;
	default:
		return 26 + 6 * (size_t)a->reserve.count;
	}
}

static void assert_same_argument(
    unsigned command, const union argument *a, const union argument *b)
{
	switch (command) {
	case WIRE_ATA:
		assert_int_equal(a->ata.aflags, b->ata.aflags);
		assert_int_equal(a->ata.feature, b->ata.feature);
		assert_int_equal(a->ata.count, b->ata.count);
		assert_int_equal(a->ata.command, b->ata.command);
		assert_true(a->ata.lba == b->ata.lba);
		break;
	case WIRE_CONFIG:
		assert_int_equal(a->config.buffers, b->config.buffers);
		assert_int_equal(a->config.firmware, b->config.firmware);
		assert_int_equal(a->config.sectors, b->config.sectors);
		assert_int_equal(a->config.version, b->config.version);
		assert_int_equal(a->config.ccmd, b->config.ccmd);
		assert_int_equal(a->config.string_len, b->config.length);
		assert_int_equal(a->config.string_len, b->config.string_len);
		assert_memory_equal(
		    a->config.string, b->config.string, a->config.string_len);
		break;
	case WIRE_MASK:
		assert_int_equal(a->mask.mcmd, b->mask.mcmd);
		assert_int_equal(a->mask.merror, b->mask.merror);
		assert_int_equal(a->mask.count, b->mask.present);
		for (unsigned i = 0; i < a->mask.count; i++) {
			assert_int_equal(a->mask.directive[i].dcmd,
			    b->mask.directive[i].dcmd);
			assert_true(mac_equal(a->mask.directive[i].mac,
			    b->mask.directive[i].mac));
		}
		break;
	default:
		assert_int_equal(a->reserve.rcmd, b->reserve.rcmd);
		assert_int_equal(a->reserve.count, b->reserve.present);
		assert_memory_equal(a->reserve.mac, b->reserve.mac,
		    a->reserve.count * sizeof(struct mac));
	}
}

static void round_trip(void **state)
{
	struct unit_random r = unit_random("wire");
	uint8_t string[WIRE_CONFIG_MAX];

	(void)state;
	unit_fill(&r, string, sizeof(string));
	for (unsigned i = 0; i < 4000; i++) {
		uint8_t command = (uint8_t)(i % 4);
		struct wire_header h = random_header(&r, command), h2;
		static union argument a, b;
		size_t want = random_argument(&r, command, string, &a);
		uint8_t *frame = malloc(want);

		/* No room is too little until there is exactly enough. */
		for (size_t size = 0; size < want; size += 1 + want / 50)
			assert_int_equal(put_argument(frame, size, &h, &a), 0);
		assert_int_equal(put_argument(frame, want, &h, &a), want);
		assert_int_equal(wire_get_header(frame, want, &h2), WIRE_OK);
		assert_same_header(&h, &h2);
		assert_int_equal(
		    get_argument(command, frame, want, &b), WIRE_OK);
		assert_same_argument(command, &a, &b);
		free(frame);
	}
}

static void reserved_bytes_are_zero(void **state)
{
	static const union argument empty;
	static struct wire_mask m = {.count = 1};
	struct wire_header h = {.version = 1};
	uint8_t buf[64];

	(void)state;
	memset(buf, 0xff, sizeof(buf));
	m.directive[0].dcmd = 1;
	h.command = WIRE_ATA;
	assert_int_equal(put_argument(buf, sizeof(buf), &h, &empty), 36);
	assert_int_equal(buf[34] | buf[35], 0);
	assert_int_equal(buf[36], 0xff);
	assert_int_equal(wire_put_mask(buf, sizeof(buf), &h, &m), 36);
	assert_int_equal(buf[24] | buf[28], 0);
}

static void too_long_a_string(void **state)
{
	static uint8_t string[WIRE_CONFIG_MAX + 1], buf[2048];
	struct wire_header h = {.version = 1, .command = WIRE_CONFIG};
	struct wire_config c = {.string = string, .string_len = 1024};

	(void)state;
	assert_int_equal(wire_put_config(buf, sizeof(buf), &h, &c), 1056);
	c.string_len++;
	assert_int_equal(wire_put_config(buf, sizeof(buf), &h, &c), 0);
}

static void pads(void **state)
{
	uint8_t buf[WIRE_MIN_FRAME + 1];

	(void)state;
	for (size_t len = 0; len <= WIRE_MIN_FRAME + 1; len++) {
		memset(buf, 0xff, sizeof(buf));
		assert_int_equal(wire_pad(buf, len), MAX(len, WIRE_MIN_FRAME));
		for (size_t i = 0; i < sizeof(buf); i++)
			assert_int_equal(
			    buf[i], i >= len && i < WIRE_MIN_FRAME ? 0 : 0xff);
	}
	assert_int_equal(wire_pad(buf, 9000), 9000);
}

static void sectors_for_mtu(void **state)
{
	static const struct {
		unsigned mtu, sectors;
	} table[] = {{0, 0}, {35, 0}, {36, 0}, {547, 0}, {548, 1}, {1059, 1},
	    {1060, 2}, {1500, 2}, {4200, 8}, {9000, 17}, {65535, 127},
	    {65536, 127}, {130595, 254}, {130596, 255}, {131108, 255},
	    {UINT32_MAX, 255}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(
		    wire_sectors_for_mtu(table[i].mtu), table[i].sectors);
}

static void every_error_has_a_text(void **state)
{
	(void)state;
	for (int e = WIRE_OK; e <= WIRE_UNKNOWN_COMMAND + 1; e++) {
		const char *text = wire_error_text((enum wire_error)e);

		assert_true(text && *text);
		for (int other = WIRE_OK; other < e; other++)
			assert_string_not_equal(
			    text, wire_error_text((enum wire_error)other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(header_fields),
	    cmocka_unit_test(runts),
	    cmocka_unit_test(short_argument_stores_nothing),
	    cmocka_unit_test(other_ethertypes),
	    cmocka_unit_test(versions),
	    cmocka_unit_test(ata_data_is_what_follows),
	    cmocka_unit_test(config_string_is_clipped),
	    cmocka_unit_test(lists_are_clipped),
	    cmocka_unit_test(round_trip),
	    cmocka_unit_test(reserved_bytes_are_zero),
	    cmocka_unit_test(too_long_a_string),
	    cmocka_unit_test(pads),
	    cmocka_unit_test(sectors_for_mtu),
	    cmocka_unit_test(every_error_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
