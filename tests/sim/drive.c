/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/drive.h"

#include <string.h>

#define STATUS_OK 0x40
#define JUNK 0x6a
#define MERGE (1 * NSEC_MS) /* ggaoed waits so long for neighbours */

unsigned drive_sectors(const struct target *t)
{
	unsigned n = (t->opt.mtu - 36) / MSG_SECTOR;

	n = persona_sectors(t->persona, n);
	if (t->opt.old_sectors && t->opt.sectors < n)
		n = t->opt.sectors ? t->opt.sectors : 2;
	return n > 255 ? 255 : n;
}

/* vblade takes up a new limit when it is next asked for it. */
static unsigned limit(const struct target *t)
{
	return t->opt.kind == PERSONA_VBLADE ? t->limit : drive_sectors(t);
}

static void put_word(uint8_t *block, unsigned word, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < 2 * n; i++)
		block[2 * word + i] = (uint8_t)(v >> (8 * i));
}

static void identify(const struct target *t, uint8_t *b)
{
	const struct persona *p = t->persona;
	uint64_t size = t->opt.disk->sectors;
	unsigned w83 = p->w83 | (t->opt.flush_ext ? 0x2000 : 0);

	if (t->opt.lba28)
		w83 &= ~0x400u;
	if (t->opt.w83)
		w83 = t->opt.w83;
	memset(b, 0, MSG_SECTOR);
	persona_text(p, b + 20, t->opt.serial, 20);
	persona_text(p, b + 46, "V25", 8);
	persona_text(p, b + 54, t->opt.model, 40);
	put_word(b, 47, 0x8000, 1);
	put_word(b, 49, 0x0200, 1);
	put_word(b, 50, 0x4000, 1);
	put_word(b, 60, size > 0x0fffffff ? 0x0fffffff : size, 2);
	put_word(b, 83, w83, 1);
	put_word(b, 84, 0x4000, 1);
	if (!t->opt.w83) {
		put_word(b, 86, w83 & 0x3fff, 1);
		put_word(b, 87, 0x4000, 1);
	}
	put_word(b, 93, 0x400b, 1);
	put_word(b, 106, t->opt.w106, 1);
	put_word(b, 117, t->opt.w117, 2);
	if (!t->opt.lba28 && !t->opt.no_w100)
		put_word(b, 100, size, 4);
}

/* A range touches the bad part of the medium, or what failed with it. */
static bool spoiled(struct target *t, uint64_t lba, unsigned count)
{
	const struct target_options *o = &t->opt;
	nsec_t now = world_now(t->w);

	if (lba < o->bad_lba + o->bad_sectors && o->bad_lba < lba + count) {
		t->failed_from = lba;
		t->failed_to = lba + count;
	} else if (!t->persona->merges || now >= t->failed_until ||
		   lba > t->failed_to || t->failed_from > lba + count) {
		return false;
	} else {
		t->failed_from = MIN(t->failed_from, lba);
		t->failed_to = MAX(t->failed_to, lba + count);
	}
	t->failed_until = now + MERGE;
	t->n.medium++;
	return true;
}

static void write_sector(
    struct target *t, const struct msg *q, uint64_t lba, unsigned i)
{
	const uint8_t *data = q->data + MSG_SECTOR * i;
	char text[MSG_TEXT];

	if (disk_write(t->opt.disk, lba + i, data, q->order))
		return;
	t->w->damage++;
	world_fail(
	    t->w, "undoes a write that was sent later: %s", msg_text(q, text));
}

static void move(
    struct target *t, const struct msg *q, struct msg *m, uint64_t lba)
{
	struct disk *disk = t->opt.disk;
	bool write = msg_is_write(q);
	uint8_t *at = t->data;

	for (unsigned i = 0; i < q->count; i++, at += MSG_SECTOR)
		if (lba + i >= disk->sectors)
			memset(at, JUNK, MSG_SECTOR); /* qaoed does not look */
		else if (write)
			write_sector(t, q, lba, i);
		else
			disk_read(disk, lba + i, at);
	m->ata = STATUS_OK;
	m->count = 0;
	if (q->count > t->largest)
		t->largest = q->count;
	if (write) {
		t->n.writes++;
		t->n.sectors_written += q->count;
		t->dirty++;
		return;
	}
	t->n.reads++;
	m->data = t->data;
	m->data_len = q->count * MSG_SECTOR;
}

/* What stands against moving the data, or PERSONA_SERVED. */
static uint32_t obstacle(struct target *t, const struct msg *q, uint64_t lba)
{
	uint64_t size = t->opt.disk->sectors;
	const struct persona *p = t->persona;

	if (q->count > limit(t) && p->many != PERSONA_SERVED) {
		t->n.refused++;
		return p->many;
	}
	if (msg_is_write(q) && q->data_len < q->count * MSG_SECTOR) {
		t->n.refused++;
		return p->brief;
	}
	if (lba > size || q->count > size - lba) {
		t->n.out_of_range++;
		return p->beyond;
	}
	if (t->opt.readonly && msg_is_write(q))
		return p->readonly;
	if (!spoiled(t, lba, q->count))
		return PERSONA_SERVED;
	return t->opt.bad_as ? t->opt.bad_as : p->medium;
}

static bool transfer(struct target *t, const struct msg *q, struct msg *m)
{
	uint64_t lba = persona_lba(t->persona, q);
	uint32_t outcome = obstacle(t, q, lba);

	if (outcome != PERSONA_SERVED)
		return persona_outcome(t->persona, outcome, q, m, t->data);
	move(t, q, m, lba);
	return true;
}

static bool flush(struct target *t, const struct msg *q, struct msg *m)
{
	bool ext = q->ata == MSG_FLUSH48,
	     vblade = t->opt.kind == PERSONA_VBLADE;
	uint32_t outcome = ext ? t->persona->flush48 : t->persona->flush28;

	if (vblade && (!ext || t->opt.flush_ext))
		outcome = (uint32_t)t->opt.flush_status << 8;
	if (!(outcome & 0xff)) {
		t->n.flushes++;
		t->dirty = 0;
	}
	return persona_outcome(t->persona, outcome, q, m, t->data);
}

static bool execute_identify(
    struct target *t, const struct msg *q, struct msg *m)
{
	if (q->count != 1) {
		t->n.refused++;
		return persona_outcome(
		    t->persona, PERSONA_AOE(2), q, m, t->data);
	}
	t->n.identifies++;
	identify(t, t->data);
	m->ata = STATUS_OK;
	m->feature = t->opt.readonly ? t->persona->identify_error : 0;
	m->count = 0;
	m->data = t->data;
	m->data_len = MSG_SECTOR;
	return true;
}

bool drive_execute(struct target *t, const struct msg *q, struct msg *m)
{
	uint32_t outcome = t->persona->unknown;

	if (msg_is_read(q) || msg_is_write(q))
		return transfer(t, q, m);
	if (msg_is_flush(q))
		return flush(t, q, m);
	if (q->ata == MSG_IDENTIFY)
		return execute_identify(t, q, m);
	if (q->ata == MSG_POWER) {
		outcome = t->persona->power;
		m->count = 0xff;
		if (q->count && t->opt.kind == PERSONA_VBLADE)
			outcome = PERSONA_SILENCE; /* a negative length */
	}
	return persona_outcome(t->persona, outcome, q, m, t->data);
}
