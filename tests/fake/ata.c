/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ATA commands of the fake target, as AoEr11 section 3 and ATA8-ACS have
 * them, and the check that the initiator asked in the allowed way.
 */
#include "tests/fake/slot.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	STATUS_GOOD = 0x40,
	STATUS_FAILED = 0x41,
	ERROR_ABRT = 0x04,
	ERROR_IDNF = 0x10,
	ERROR_UNC = 0x40,
	AFLAG_E = 0x40,
	AFLAG_D = 0x10,
	AFLAG_A = 0x02,
	AFLAG_W = 0x01,
};

struct command {
	uint8_t opcode;
	bool ext, write, transfer;
};

static const struct command commands[] = {
    {0x20, false, false, true},  /* READ SECTORS */
    {0x24, true, false, true},   /* READ SECTORS EXT */
    {0x30, false, true, true},   /* WRITE SECTORS */
    {0x34, true, true, true},    /* WRITE SECTORS EXT */
    {0xe5, false, false, false}, /* CHECK POWER MODE */
    {0xe7, false, false, false}, /* FLUSH CACHE */
    {0xea, true, false, false},  /* FLUSH CACHE EXT */
    {0xec, false, false, false}, /* IDENTIFY DEVICE */
};

static bool fail_ata(struct slot *s, struct frame *out, uint8_t error)
{
	out->b[FRAME_STATUS] = STATUS_FAILED;
	out->b[FRAME_FEATURE] = error;
	s->count->ata_errors++;
	return true;
}

/* ATA text: padded with blanks, the bytes of each word swapped. */
static void put_text(uint8_t *at, size_t len, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < len; i++)
		at[i ^ 1] = (uint8_t)(i < n ? text[i] : ' ');
}

static void put_word(uint8_t *id, unsigned word, unsigned value)
{
	id[2 * word] = (uint8_t)value;
	id[2 * word + 1] = (uint8_t)(value >> 8);
}

static void put_number(uint8_t *id, unsigned word, unsigned n, uint64_t value)
{
	for (unsigned i = 0; i < n; i++)
		put_word(id, word + i, (unsigned)(value >> (16 * i)) & 0xffff);
}

static bool identify(struct slot *s, struct frame *out)
{
	const struct slot_options *o = s->options;
	uint8_t *id = out->b + FRAME_DATA;
	uint64_t small = s->sectors;
	unsigned features = 0;
	char serial[24];

	snprintf(serial, sizeof(serial), "fake-%u.%u", s->shelf, s->slot);
	if (small > 0x0fffffff)
		small = 0x0fffffff;
	if (!o->no_flush)
		features |= 1u << 12;
	if (!o->lba28)
		features |= 1u << 10;
	if (!o->no_flush && !o->lba28)
		features |= 1u << 13;
	memset(id, 0, 512);
	put_text(id + 20, 20, o->serial ? o->serial : serial);
	put_text(id + 46, 8, "1.0");
	put_text(id + 54, 40, o->model ? o->model : "AoE fake target");
	put_word(id, 49, 1u << 9);
	put_number(id, 60, 2, small);
	put_word(id, 83, 1u << 14 | features);
	put_word(id, 84, 1u << 14);
	put_word(id, 86, features);
	put_word(id, 87, 1u << 14);
	if (!o->lba28)
		put_number(id, 100, 4, s->sectors);
	out->len = FRAME_DATA + 512;
	s->count->identifies++;
	return true;
}

static uint64_t get_lba(const uint8_t *b, bool ext)
{
	uint64_t lba = 0;

	for (unsigned i = 0; i < (ext ? 6 : 4); i++)
		lba |= (uint64_t)b[FRAME_LBA + i] << (8 * i);
	return ext ? lba : lba & 0x0fffffff;
}

static void check_transfer(
    struct slot *s, const struct frame *in, const struct command *c)
{
	const uint8_t *b = in->b;
	size_t want = FRAME_DATA + 512u * b[FRAME_COUNT];

	if (!b[FRAME_COUNT])
		count_violation(
		    s->count, "opcode 0x%02x of no sectors", c->opcode);
	if (c->write && in->len != want)
		count_violation(s->count, "a write of %u sectors in %zu bytes",
		    b[FRAME_COUNT], in->len);
	if (c->ext && s->options->lba28)
		count_violation(
		    s->count, "opcode 0x%02x without LBA48", c->opcode);
	if (!c->ext && ((b[FRAME_LBA + 3] & 0xf0) != 0xe0 || b[FRAME_LBA + 4] ||
			   b[FRAME_LBA + 5]))
		count_violation(s->count, "LBA28 registers %02x %02x %02x",
		    b[FRAME_LBA + 3], b[FRAME_LBA + 4], b[FRAME_LBA + 5]);
}

static void check_ata(
    struct slot *s, const struct frame *in, const struct command *c)
{
	const uint8_t *b = in->b;
	unsigned flags = b[FRAME_AFLAGS];

	if (flags & ~(unsigned)(AFLAG_E | AFLAG_D | AFLAG_A | AFLAG_W))
		count_violation(s->count, "aflags 0x%02x", flags);
	if (!(flags & AFLAG_W) != !c->write)
		count_violation(s->count, "opcode 0x%02x, W flag %u", c->opcode,
		    flags & AFLAG_W);
	if (c->transfer && !(flags & AFLAG_E) != !c->ext)
		count_violation(
		    s->count, "opcode 0x%02x, aflags 0x%02x", c->opcode, flags);
	if (b[FRAME_RESERVED] || b[FRAME_RESERVED + 1])
		count_violation(s->count, "reserved ATA bytes are not zero");
	if (frame_be16(b + FRAME_SHELF) == 0xffff || b[FRAME_SLOT] == 0xff)
		count_violation(s->count, "ATA command to everybody");
	if (c->transfer)
		check_transfer(s, in, c);
}

static bool move_data(struct slot *s, const struct frame *in,
    const struct command *c, uint64_t lba, struct frame *out)
{
	size_t bytes = 512u * in->b[FRAME_COUNT];
	off_t at = (off_t)(lba * 512);

	if (c->write) {
		if (s->options->readonly)
			return fail_ata(s, out, ERROR_ABRT);
		if (pwrite(s->fd, in->b + FRAME_DATA, bytes, at) !=
		    (ssize_t)bytes)
			return fail_ata(s, out, ERROR_UNC);
		s->count->writes++;
		s->count->write_sectors += in->b[FRAME_COUNT];
		return true;
	}
	if (pread(s->fd, out->b + FRAME_DATA, bytes, at) != (ssize_t)bytes)
		return fail_ata(s, out, ERROR_UNC);
	out->len = FRAME_DATA + bytes;
	s->count->reads++;
	s->count->read_sectors += in->b[FRAME_COUNT];
	return true;
}

/* Does an error that was ordered; true when there is one. */
static bool ordered_error(struct slot *s, const struct fault_error *e,
    struct frame *out, bool *answered)
{
	*answered = true;
	switch (e ? e->kind : FAULT_NONE) {
	case FAULT_AOE:
		frame_fail(out, (enum frame_aoe_error)e->code);
		return true;
	case FAULT_ATA:
		fail_ata(s, out, e->code);
		return true;
	case FAULT_SILENT:
		*answered = false;
		return true;
	default:
		return false;
	}
}

static bool transfer(struct slot *s, const struct frame *in,
    const struct command *c, unsigned mtu, struct frame *out)
{
	unsigned count = in->b[FRAME_COUNT];
	uint64_t lba = get_lba(in->b, c->ext);
	const struct fault_error *e = fault_find(s->fault, lba, count);
	bool answered;

	if (ordered_error(s, e, out, &answered))
		return answered;
	if (count > slot_limit(s, mtu) ||
	    (c->write && in->len < FRAME_DATA + 512u * count)) {
		frame_fail(out, FRAME_BAD_ARGUMENT);
		return true;
	}
	if (count > s->sectors || lba > s->sectors - count) {
		count_violation(s->count, "sector %llu + %u is beyond the end",
		    (unsigned long long)lba, count);
		return fail_ata(s, out, ERROR_IDNF);
	}
	answered = move_data(s, in, c, lba, out);
	if (e && e->kind == FAULT_SHORT && out->len >= FRAME_DATA + 512)
		out->len -= 512;
	return answered;
}

bool slot_ata(
    struct slot *s, const struct frame *in, unsigned mtu, struct frame *out)
{
	const struct command *c = NULL;

	if (in->len < FRAME_DATA)
		return false;
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].opcode == in->b[FRAME_STATUS])
			c = &commands[i];
	}
	memcpy(out->b + FRAME_ARG, in->b + FRAME_ARG, FRAME_DATA - FRAME_ARG);
	out->len = FRAME_DATA;
	if (s->owners.count && !slot_has_mac(&s->owners, in->b + FRAME_SRC) &&
	    (!c || c->opcode != 0xec)) {
		frame_fail(out, FRAME_IS_RESERVED);
		return true;
	}
	out->b[FRAME_STATUS] = STATUS_GOOD;
	out->b[FRAME_FEATURE] = 0;
	if (!c)
		return fail_ata(s, out, ERROR_ABRT);
	check_ata(s, in, c);
	if (c->transfer)
		return transfer(s, in, c, mtu, out);
	switch (c->opcode) {
	case 0xec:
		if (in->b[FRAME_COUNT] != 1)
			frame_fail(out, FRAME_BAD_ARGUMENT);
		else
			identify(s, out);
		return true;
	case 0xe5:
		out->b[FRAME_COUNT] = 0xff;
		return true;
	default:
		if (s->options->no_flush || (c->ext && s->options->lba28))
			return fail_ata(s, out, ERROR_ABRT);
		s->count->flushes++;
		return true;
	}
}
