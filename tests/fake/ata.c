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
	STATUS_ERR = 0x01,
	JUNK = 0xa5, /* where no data are and bytes must be */
	AFLAG_E = 0x40,
	AFLAG_D = 0x10,
	AFLAG_A = 0x02,
	AFLAG_W = FRAME_AFLAG_WRITE,
};

struct command {
	uint8_t opcode;
	bool ext, write, transfer, flush;
};

static const struct command commands[] = {
    {0x20, false, false, true, false},  /* READ SECTORS */
    {0x24, true, false, true, false},   /* READ SECTORS EXT */
    {0x30, false, true, true, false},   /* WRITE SECTORS */
    {0x34, true, true, true, false},    /* WRITE SECTORS EXT */
    {0xe5, false, false, false, false}, /* CHECK POWER MODE */
    {0xe7, false, false, false, true},  /* FLUSH CACHE */
    {0xea, true, false, false, true},   /* FLUSH CACHE EXT */
    {0xec, false, false, false, false}, /* IDENTIFY DEVICE */
};

static const struct persona_answer bad_count = {PERSONA_AOE, 0, 2};

/* How long the answer is when `done` sectors were read. */
static size_t answer_length(
    const struct slot *s, const struct frame *in, unsigned done)
{
	bool promised = in->b[FRAME_COUNT] && !(in->b[FRAME_AFLAGS] & AFLAG_W);

	if (s->options->persona->length == PERSONA_COUNT && !promised)
		return 60;
	return FRAME_DATA + 512u * done;
}

static bool end_ata(struct slot *s, const struct frame *in, struct frame *out,
    uint8_t status, uint8_t error)
{
	bool full = s->options->persona->length == PERSONA_FULL &&
		    status & STATUS_ERR && !(in->b[FRAME_AFLAGS] & AFLAG_W);

	out->b[FRAME_STATUS] = status;
	out->b[FRAME_FEATURE] = error;
	out->data_len = 0;
	out->len = answer_length(s, in, full ? in->b[FRAME_COUNT] : 0);
	if (out->len > FRAME_DATA)
		memset(out->b + FRAME_DATA, full ? JUNK : 0,
		    out->len - FRAME_DATA);
	if (status & STATUS_ERR)
		s->count->ata_errors++;
	return true;
}

/* Answers as the row of facts has it; false: silence. */
static bool give(struct slot *s, const struct frame *in, struct frame *out,
    struct persona_answer a)
{
	switch (a.kind) {
	case PERSONA_AOE:
		frame_fail(out, (enum frame_aoe_error)a.error);
		if (s->options->persona->length == PERSONA_COUNT)
			frame_grow(out, 60);
		return true;
	case PERSONA_BOTH:
		frame_fail(out, FRAME_BAD_ARGUMENT);
		/* fall through */
	case PERSONA_ATA:
		return end_ata(s, in, out, a.status, a.error);
	case PERSONA_SERVED:
		return true;
	default:
		return false;
	}
}

static uint64_t get_lba(
    const struct slot *s, const uint8_t *b, const struct command *c)
{
	const struct persona *p = s->options->persona;
	bool ext = p->lba_by_flag ? b[FRAME_AFLAGS] & AFLAG_E : c->ext;
	uint64_t lba = 0;

	for (unsigned i = 0; i < (ext ? 6 : 4); i++)
		lba |= (uint64_t)b[FRAME_LBA + i] << (8 * i);
	return ext || p->lba28_unmasked ? lba : lba & 0x0fffffff;
}

static const struct command *find_command(const struct frame *in)
{
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].opcode == in->b[FRAME_STATUS])
			return &commands[i];
	}
	return NULL;
}

bool slot_transfer(
    const struct slot *s, const struct frame *in, struct slot_range *r)
{
	const struct command *c;

	if (in->len < FRAME_DATA || in->b[FRAME_COMMAND] != 0)
		return false;
	c = find_command(in);
	if (!c || !c->transfer)
		return false;
	r->opcode = c->opcode;
	r->lba = get_lba(s, in->b, c);
	r->count = in->b[FRAME_COUNT];
	return true;
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

/* Bytes of the file; what is behind its end stays as it was. */
static bool read_data(struct slot *s, uint64_t lba, size_t bytes,
    const struct persona *p, struct frame *out)
{
	ssize_t n;

	if (s->mem) {
		out->data = s->mem + lba * 512;
		out->data_len = bytes;
		return true;
	}
	if (p->beyond.kind == PERSONA_SERVED)
		memset(out->b + FRAME_DATA, JUNK, bytes);
	n = pread(s->fd, out->b + FRAME_DATA, bytes, (off_t)(lba * 512));
	out->len = FRAME_DATA + bytes;
	return n == (ssize_t)bytes ||
	       (n >= 0 && p->beyond.kind == PERSONA_SERVED);
}

static bool write_data(
    struct slot *s, const struct frame *in, uint64_t lba, size_t bytes)
{
	if (s->mem) {
		memcpy(s->mem + lba * 512, in->b + FRAME_DATA, bytes);
		return true;
	}
	return pwrite(s->fd, in->b + FRAME_DATA, bytes, (off_t)(lba * 512)) ==
	       (ssize_t)bytes;
}

static bool move_data(struct slot *s, const struct frame *in,
    const struct command *c, uint64_t lba, struct frame *out)
{
	const struct persona *p = s->options->persona;
	unsigned count = in->b[FRAME_COUNT];
	size_t bytes = 512u * count;

	if (c->write) {
		if (s->options->readonly)
			return give(s, in, out, p->protected);
		if (!write_data(s, in, lba, bytes))
			return give(s, in, out, p->io_error);
		s->count->writes++;
		s->count->write_sectors += count;
	} else {
		if (!read_data(s, lba, bytes, p, out))
			return give(s, in, out, p->io_error);
		s->count->reads++;
		s->count->read_sectors += count;
	}
	out->b[FRAME_STATUS] = STATUS_GOOD;
	out->b[FRAME_FEATURE] = 0;
	if (p->length == PERSONA_COUNT && !out->data_len) {
		frame_grow(out, answer_length(s, in, count));
		out->len = answer_length(s, in, count);
	}
	if (p->count_zero)
		out->b[FRAME_COUNT] = 0;
	for (unsigned i = 0; p->lba_advanced && i < 6; i++)
		out->b[FRAME_LBA + i] = (uint8_t)((lba + count) >> (8 * i));
	return true;
}

/* Does an error that was ordered; true when there is one. */
static bool ordered_error(struct slot *s, const struct fault_error *e,
    const struct frame *in, struct frame *out, bool *answered)
{
	*answered = true;
	switch (e ? e->kind : FAULT_NONE) {
	case FAULT_AOE:
		frame_fail(out, (enum frame_aoe_error)e->code);
		return true;
	case FAULT_ATA:
		end_ata(s, in, out, STATUS_FAILED, e->code);
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
	const struct persona *p = s->options->persona;
	unsigned count = in->b[FRAME_COUNT];
	uint64_t lba = get_lba(s, in->b, c);
	const struct fault_error *e = fault_find(s->fault, lba, count);
	bool answered;

	if (ordered_error(s, e, in, out, &answered))
		return answered;
	if (count > slot_limit(s, mtu) && p->over_limit.kind != PERSONA_SERVED)
		return give(s, in, out, p->over_limit);
	if (c->write && in->len < FRAME_DATA + 512u * count)
		return give(s, in, out, p->short_write);
	if (count > s->sectors || lba > s->sectors - count) {
		count_violation(s->count, "sector %llu + %u is beyond the end",
		    (unsigned long long)lba, count);
		if (p->beyond.kind != PERSONA_SERVED)
			return give(s, in, out, p->beyond);
		if (s->mem)
			return give(s, in, out, p->io_error);
	}
	answered = move_data(s, in, c, lba, out);
	if (e && e->kind == FAULT_SHORT)
		frame_cut(out, 512);
	return answered;
}

/* Commands without data, after the checks that all have in common. */
static bool do_other(struct slot *s, const struct frame *in,
    const struct command *c, struct frame *out)
{
	const struct slot_options *o = s->options;
	const struct persona *p = o->persona;

	switch (c->opcode) {
	case 0xec:
		if (in->b[FRAME_COUNT] != 1)
			return give(s, in, out, bad_count);
		slot_identify(s, out);
		return true;
	case 0xe5:
		if (in->b[FRAME_COUNT] && p->power_count.kind == PERSONA_SILENT)
			return false;
		end_ata(s, in, out, STATUS_GOOD, 0);
		out->b[FRAME_COUNT] = 0xff;
		return true;
	default:
		s->count->flushes++;
		return give(s, in, out, c->ext ? p->flush_ext : p->flush);
	}
}

/* True when somebody else's reservation, or an outage, forbids it. */
static bool refused(struct slot *s, const struct frame *in,
    const struct command *c, struct frame *out)
{
	enum fault_trouble trouble = s->fault->trouble;
	bool owned =
	    s->owners.count && !slot_has_mac(&s->owners, in->b + FRAME_SRC);
	bool guarded = s->options->persona->owners_io ? c && c->transfer
						      : !c || c->opcode != 0xec;

	if (trouble == TROUBLE_SUSPENDED)
		frame_fail(out, FRAME_UNAVAILABLE);
	else if (guarded && (owned || trouble == TROUBLE_RESERVED))
		frame_fail(out, FRAME_IS_RESERVED);
	else
		return false;
	if (s->options->persona->length == PERSONA_COUNT)
		frame_grow(out, 60);
	return true;
}

bool slot_ata(
    struct slot *s, const struct frame *in, unsigned mtu, struct frame *out)
{
	const struct slot_options *o = s->options;
	const struct command *c = find_command(in);

	memcpy(out->b + FRAME_ARG, in->b + FRAME_ARG, FRAME_DATA - FRAME_ARG);
	out->len = FRAME_DATA;
	if (refused(s, in, c, out))
		return true;
	if (!c)
		return give(s, in, out,
		    in->b[FRAME_STATUS] == 0xb0 ? o->persona->smart
						: o->persona->unknown);
	check_ata(s, in, c);
	if (c->flush && (o->no_flush || (c->ext && o->lba28)))
		return give(s, in, out, o->persona->unknown);
	if (!c->transfer)
		return do_other(s, in, c, out);
	return transfer(s, in, c, mtu, out);
}
