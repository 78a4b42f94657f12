/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames that other programs sent, with what other programs read in them. The
 * files hold hex bytes and, behind '#', the reading of tshark and tcpdump; the
 * rows below say the same in our words. Our decoder must find those fields,
 * and our encoder must make the same bytes of them.
 */
#include <dirent.h>
#include "common/ata.h"
#include "common/err.h"
#include "common/wire.h"
#include "tests/unit/unit.h"

#define INITIATOR                                                              \
	{                                                                      \
		{                                                              \
			2, 0, 0, 0, 0, 1                                       \
		}                                                              \
	}
#define TARGET                                                                 \
	{                                                                      \
		{                                                              \
			2, 0, 0, 0, 0, 2                                       \
		}                                                              \
	}
#define FRIEND                                                                 \
	{                                                                      \
		{                                                              \
			2, 0, 0, 0, 0xaa, 1                                    \
		}                                                              \
	}
#define FOREIGNER                                                              \
	{                                                                      \
		{                                                              \
			2, 0, 0, 0, 0xbb, 1                                    \
		}                                                              \
	}
#define BROADCAST                                                              \
	{                                                                      \
		{                                                              \
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff                     \
		}                                                              \
	}

#define HEADER(to, from, v, f, e, what, t)                                     \
	.h = {.dst = to,                                                       \
	    .src = from,                                                       \
	    .version = v,                                                      \
	    .flags = f,                                                        \
	    .error = e,                                                        \
	    .addr = {1, 0},                                                    \
	    .command = what,                                                   \
	    .tag = t}
#define REQUEST(what, t) HEADER(TARGET, INITIATOR, 1, 0, 0, what, t)
#define RESPONSE(what, t) HEADER(INITIATOR, TARGET, 1, 0x08, 0, what, t)
#define REFUSED(e, what, t) HEADER(INITIATOR, TARGET, 1, 0x0c, e, what, t)

#define STRING(s) .string = (const uint8_t *)(s), .string_len = sizeof(s) - 1
#define RACK STRING("rack 7 \xc3\xa4")

struct golden {
	const char *name;
	size_t len; /* of the frame, with whatever padding it has */
	struct wire_header h;
	union {
		struct wire_ata ata;
		struct wire_config config;
		struct wire_mask mask;
		struct wire_reserve reserve;
	};
	const char *data; /* what the first sector repeats, if there is one */
};

static const struct golden goldens[] = {
    {"config-announcement", 32,
	HEADER(BROADCAST, TARGET, 0, 0x08, 0, WIRE_CONFIG, 0),
	.config = {16, 0x4019, 2, 1, 0}},
    {"config-query", 32,
	.h = {BROADCAST, INITIATOR, 1, 0, 0, {0xffff, 0xff}, WIRE_CONFIG, 0}},
    {"config-response", 32, RESPONSE(WIRE_CONFIG, 0),
	.config = {16, 0x4019, 2, 1, 0}},
    {"config-set-request", 60, REQUEST(WIRE_CONFIG, 0x91000002),
	.config = {.ccmd = WIRE_CONFIG_SET_EMPTY, RACK}},
    {"config-set-response", 41, RESPONSE(WIRE_CONFIG, 0x91000002),
	.config = {16, 0x4019, 2, 1, WIRE_CONFIG_SET_EMPTY, RACK}},
    {"config-set-refused", 41, REFUSED(4, WIRE_CONFIG, 0x91000003),
	.config = {16, 0x4019, 2, 1, WIRE_CONFIG_SET_EMPTY, RACK}},
    {"identify-request", 36, REQUEST(WIRE_ATA, 0x0001e620),
	.ata = {0, 0, 1, 0xec, 0xa0000000}},
    {"identify-response", 548, RESPONSE(WIRE_ATA, 0x91000005),
	.ata = {0, 0, 0, 0x40, 0xa0000000}},
    {"read28-request", 60, REQUEST(WIRE_ATA, 0x91000006),
	.ata = {0, 0, 1, 0x20, 0xe0000005}},
    {"read28-response", 548, RESPONSE(WIRE_ATA, 0x91000006),
	.ata = {0, 0, 0, 0x40, 0xe0000005}, "sector five "},
    {"write28-request", 548, REQUEST(WIRE_ATA, 0x91000007),
	.ata = {1, 0, 1, 0x30, 0xe0000006}},
    {"write28-response", 60, RESPONSE(WIRE_ATA, 0x91000007),
	.ata = {1, 0, 0, 0x40, 0xe0000006}},
    {"read48-request", 36, REQUEST(WIRE_ATA, 0x000fe673),
	.ata = {0x40, 0, 2, 0x24, 0x1234}},
    {"read48-response", 1060, RESPONSE(WIRE_ATA, 0x91000008),
	.ata = {0x40, 0, 0, 0x40, 0x1234}, "LBA forty-eight "},
    {"write48-request", 1060, REQUEST(WIRE_ATA, 0x0011e68f),
	.ata = {0x41, 0, 2, 0x34, 0x1234}, "LBA forty-eight "},
    {"write48-response", 60, RESPONSE(WIRE_ATA, 0x0011e68f),
	.ata = {0x41, 0, 0, 0x40, 0x1234}},
    {"flush28-request", 60, REQUEST(WIRE_ATA, 0x9100000a),
	.ata = {0, 0, 0, 0xe7, 0}},
    {"flush28-response", 60, RESPONSE(WIRE_ATA, 0x9100000a),
	.ata = {0, 0, 0, 0x00, 0}},
    {"flush48-request", 60, REQUEST(WIRE_ATA, 0x9100000b),
	.ata = {0x40, 0, 0, 0xea, 0}},
    {"flush48-response", 60, RESPONSE(WIRE_ATA, 0x9100000b),
	.ata = {0x40, 0x04, 0, 0x41, 0}},
    {"read-beyond-end-request", 60, REQUEST(WIRE_ATA, 0x9100000c),
	.ata = {0x40, 0, 2, 0x24, 0x010203040506}},
    {"read-beyond-end-response", 36, RESPONSE(WIRE_ATA, 0x9100000c),
	.ata = {0x40, 0x10, 2, 0x41, 0x010203040506}},
    {"read-too-many-response", 60, REFUSED(2, WIRE_ATA, 0x9100000d),
	.ata = {0x40, 0, 3, 0x24, 0}},
    {"read-reserved-response", 60, REFUSED(6, WIRE_ATA, 0x91000017),
	.ata = {0x40, 0, 1, 0x24, 0}},
    {"unknown-command-response", 60, REFUSED(1, 4, 0x9100000e)},
    {"mask-read-request", 60, REQUEST(WIRE_MASK, 0x9100000f)},
    {"mask-read-response", 44, RESPONSE(WIRE_MASK, 0x91000012),
	.mask = {0, 0, 2, {{0, INITIATOR}, {0, FRIEND}}, 2}},
    {"mask-edit-request", 60, REQUEST(WIRE_MASK, 0x91000010),
	.mask = {1, 0, 2, {{1, INITIATOR}, {1, FRIEND}}, 2}},
    {"mask-edit-response", 44, RESPONSE(WIRE_MASK, 0x91000010),
	.mask = {1, 0, 2, {{0, INITIATOR}, {0, FRIEND}}, 2}},
    {"mask-bad-response", 28, RESPONSE(WIRE_MASK, 0x91000011),
	.mask = {1, 2, 0}},
    {"reserve-set-request", 38, REQUEST(WIRE_RESERVE, 0x91000013),
	.reserve = {1, 2, {INITIATOR, FRIEND}, 2}},
    {"reserve-set-response", 38, RESPONSE(WIRE_RESERVE, 0x91000013),
	.reserve = {1, 2, {INITIATOR, FRIEND}, 2}},
    {"reserve-refused-response", 32, REFUSED(6, WIRE_RESERVE, 0x91000016),
	.reserve = {1, 1, {FOREIGNER}, 1}},
};

static const char *directory(void)
{
	const char *given = getenv("AOE_GOLDEN");

	return given ? given : "tests/golden";
}

/* The bytes of a file, on the heap in exactly their number. */
static uint8_t *load(const char *name, size_t *len)
{
	char path[512], line[256];
	uint8_t bytes[2048];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.hex", directory(), name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s: cannot open", path);
	while (fgets(line, sizeof(line), f)) {
		char *at = line, *end;

		if (*line == '#')
			continue;
		for (;; at = end) {
			unsigned long v = strtoul(at, &end, 16);

			if (at == end)
				break;
			assert_true(v < 256 && n < sizeof(bytes));
			bytes[n++] = (uint8_t)v;
		}
		assert_string_equal(at, "\n");
	}
	fclose(f);
	*len = n;
	return unit_copy(bytes, n);
}

static void check_header(const struct golden *g, const uint8_t *p, size_t len)
{
	struct wire_header h;

	assert_int_equal(wire_get_header(p, len, &h), WIRE_OK);
	assert_true(mac_equal(h.dst, g->h.dst));
	assert_true(mac_equal(h.src, g->h.src));
	assert_int_equal(h.version, g->h.version);
	assert_int_equal(h.flags, g->h.flags);
	assert_int_equal(h.error, g->h.error);
	assert_true(addr_equal(h.addr, g->h.addr));
	assert_int_equal(h.command, g->h.command);
	assert_int_equal(h.tag, g->h.tag);
}

static size_t check_ata(
    const struct golden *g, const uint8_t *p, size_t len, uint8_t *made)
{
	size_t period = g->data ? strlen(g->data) : 0;
	struct wire_ata a;

	assert_int_equal(wire_get_ata(p, len, &a), WIRE_OK);
	assert_int_equal(a.aflags, g->ata.aflags);
	assert_int_equal(a.feature, g->ata.feature);
	assert_int_equal(a.count, g->ata.count);
	assert_int_equal(a.command, g->ata.command);
	assert_true(a.lba == g->ata.lba);
	assert_int_equal(a.data_len, len - WIRE_ATA_HEADER);
	for (size_t i = 0; g->data && i < 504; i++)
		assert_int_equal(a.data[i], g->data[i % period]);
	return wire_put_ata(made, len, &g->h, &g->ata);
}

static size_t check_config(
    const struct golden *g, const uint8_t *p, size_t len, uint8_t *made)
{
	struct wire_config c;

	assert_int_equal(wire_get_config(p, len, &c), WIRE_OK);
	assert_int_equal(c.buffers, g->config.buffers);
	assert_int_equal(c.firmware, g->config.firmware);
	assert_int_equal(c.sectors, g->config.sectors);
	assert_int_equal(c.version, g->config.version);
	assert_int_equal(c.ccmd, g->config.ccmd);
	assert_int_equal(c.length, g->config.string_len);
	assert_int_equal(c.string_len, g->config.string_len);
	if (c.string_len)
		assert_memory_equal(c.string, g->config.string, c.string_len);
	return wire_put_config(made, len, &g->h, &g->config);
}

static size_t check_mask(
    const struct golden *g, const uint8_t *p, size_t len, uint8_t *made)
{
	struct wire_mask m;

	assert_int_equal(wire_get_mask(p, len, &m), WIRE_OK);
	assert_int_equal(m.mcmd, g->mask.mcmd);
	assert_int_equal(m.merror, g->mask.merror);
	assert_int_equal(m.count, g->mask.count);
	assert_int_equal(m.present, g->mask.present);
	for (unsigned i = 0; i < m.present; i++) {
		assert_int_equal(
		    m.directive[i].dcmd, g->mask.directive[i].dcmd);
		assert_true(
		    mac_equal(m.directive[i].mac, g->mask.directive[i].mac));
	}
	return wire_put_mask(made, len, &g->h, &g->mask);
}

static size_t check_reserve(
    const struct golden *g, const uint8_t *p, size_t len, uint8_t *made)
{
	struct wire_reserve r;

	assert_int_equal(wire_get_reserve(p, len, &r), WIRE_OK);
	assert_int_equal(r.rcmd, g->reserve.rcmd);
	assert_int_equal(r.count, g->reserve.count);
	assert_int_equal(r.present, g->reserve.present);
	for (unsigned i = 0; i < r.present; i++)
		assert_true(mac_equal(r.mac[i], g->reserve.mac[i]));
	return wire_put_reserve(made, len, &g->h, &g->reserve);
}

static void check_frame(const struct golden *g)
{
	uint8_t made[2048] = {0};
	uint8_t *p;
	size_t len, n;

	print_message("%s\n", g->name);
	p = load(g->name, &len);
	assert_int_equal(len, g->len);
	check_header(g, p, len);
	switch (g->h.command) {
	case WIRE_ATA:
		n = check_ata(g, p, len, made);
		break;
	case WIRE_CONFIG:
		n = check_config(g, p, len, made);
		break;
	case WIRE_MASK:
		n = check_mask(g, p, len, made);
		break;
	case WIRE_RESERVE:
		n = check_reserve(g, p, len, made);
		break;
	default:
		free(p);
		return;
	}
	assert_int_not_equal(n, 0);
	assert_memory_equal(made, p, n);
	/* A request with no data behind it is padded as wire_pad() does. */
	if (len == WIRE_MIN_FRAME && !(g->h.flags & WIRE_FLAG_RESPONSE)) {
		assert_int_equal(wire_pad(made, n), len);
		assert_memory_equal(made, p, len);
	}
	free(p);
}

static void every_file(void **state)
{
	bool seen[ARRAY_SIZE(goldens)] = {false};
	DIR *d = opendir(directory());
	struct dirent *entry;

	(void)state;
	if (!d)
		fail_msg("%s: no such directory: set AOE_GOLDEN", directory());
	while ((entry = readdir(d))) {
		size_t n = strlen(entry->d_name), i;

		if (n < 4 || strcmp(entry->d_name + n - 4, ".hex"))
			continue;
		for (i = 0; i < ARRAY_SIZE(goldens); i++)
			if (strlen(goldens[i].name) == n - 4 &&
			    !memcmp(goldens[i].name, entry->d_name, n - 4))
				break;
		if (i == ARRAY_SIZE(goldens))
			fail_msg("%s: the test has no row", entry->d_name);
		seen[i] = true;
		check_frame(&goldens[i]);
	}
	closedir(d);
	for (size_t i = 0; i < ARRAY_SIZE(goldens); i++)
		if (!seen[i])
			fail_msg("%s.hex: no such file", goldens[i].name);
}

static struct wire_ata get_ata(const char *name)
{
	struct wire_ata a = {0};
	size_t len;
	uint8_t *p = load(name, &len);

	assert_int_equal(wire_get_ata(p, len, &a), WIRE_OK);
	a.data = NULL;
	free(p);
	return a;
}

static void assert_registers(const char *name, const struct wire_ata *made)
{
	struct wire_ata a = get_ata(name);

	assert_int_equal(a.aflags, made->aflags);
	assert_int_equal(a.feature, made->feature);
	assert_int_equal(a.count, made->count);
	assert_int_equal(a.command, made->command);
	assert_true(a.lba == made->lba);
}

static void commands_are_what_others_send(void **state)
{
	struct wire_ata a;

	(void)state;
	ata_put_identify(&a);
	assert_registers("identify-request", &a);
	ata_put_transfer(&a, false, false, 5, 1);
	assert_registers("read28-request", &a);
	ata_put_transfer(&a, true, false, 6, 1);
	assert_registers("write28-request", &a);
	ata_put_transfer(&a, false, true, 0x1234, 2);
	assert_registers("read48-request", &a);
	ata_put_transfer(&a, true, true, 0x1234, 2);
	assert_registers("write48-request", &a);
	ata_put_transfer(&a, false, true, 0x010203040506, 2);
	assert_registers("read-beyond-end-request", &a);
	ata_put_flush(&a, false, 0);
	assert_registers("flush28-request", &a);
	ata_put_flush(&a, true, 0);
	assert_registers("flush48-request", &a);
}

static void identity_of_vblade(void **state)
{
	struct ata_identity id;
	size_t len;
	uint8_t *p = load("identify-response", &len);

	(void)state;
	assert_int_equal(len, WIRE_ATA_HEADER + WIRE_SECTOR);
	assert_int_equal(ata_parse_identity(p + WIRE_ATA_HEADER, &id), 0);
	assert_true(id.sectors == 131072);
	assert_true(id.lba48);
	assert_true(id.flush);
	assert_false(id.flush_ext);
	assert_string_equal(id.model, "Coraid EtherDrive vblade");
	assert_string_equal(id.serial, "1.0:storage");
	assert_string_equal(id.firmware, "V25");
	free(p);
}

static void answers_are_judged(void **state)
{
	static const struct {
		const char *name;
		enum err_op op;
		uint8_t opcode;
		enum err_action action;
	} table[] = {
	    {"identify-response", ERR_IDENTIFY, ATA_IDENTIFY, ERR_DONE},
	    {"read28-response", ERR_READ, ATA_READ, ERR_DONE},
	    {"read48-response", ERR_READ, ATA_READ_EXT, ERR_DONE},
	    {"write28-response", ERR_WRITE, ATA_WRITE, ERR_DONE},
	    {"write48-response", ERR_WRITE, ATA_WRITE_EXT, ERR_DONE},
	    {"flush28-response", ERR_FLUSH, ATA_FLUSH, ERR_DONE},
	    {"flush48-response", ERR_FLUSH, ATA_FLUSH_EXT, ERR_FINAL},
	    {"read-beyond-end-response", ERR_READ, ATA_READ_EXT, ERR_FAIL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct wire_ata a = get_ata(table[i].name);

		assert_int_equal(err_from_ata(table[i].op, table[i].opcode,
				     a.command, a.feature)
				     .action,
		    table[i].action);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_file),
	    cmocka_unit_test(commands_are_what_others_send),
	    cmocka_unit_test(identity_of_vblade),
	    cmocka_unit_test(answers_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
