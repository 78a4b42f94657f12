/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 16384u
#define SECTOR 512u
#define STATES 16u /* legal contents kept for one sector */
#define LATE 5u    /* failed writes kept for one sector */
#define POISON 0xdb

/* A failed write as far as it concerns one sector. */
struct late {
	uint64_t id;
	unsigned from, to;
};

/*
 * A content that is legal, or was so until request `gone` was submitted: reads
 * that were already on their way may still show it.
 */
struct state {
	uint64_t gone; /* 0 = it is legal */
	uint8_t data[SECTOR];
};

struct model_sector {
	struct model_sector *next;
	uint64_t lba;
	bool blind; /* too many possibilities: anything goes */
	unsigned states, lates;
	struct late late[LATE];
	struct state state[STATES];
};

/* Contents with and without each late write. */
struct choice {
	unsigned n;
	struct state state[(STATES << LATE) + STATES];
};

static void destroy_sectors(struct model *m)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		while (m->bucket[i]) {
			struct model_sector *s = m->bucket[i];

			m->bucket[i] = s->next;
			free(s);
		}
}

static void model_destroy(struct owned *o)
{
	struct model *m = container_of(o, struct model, owned);

	destroy_sectors(m);
	free(m->bucket);
	free(m);
}

struct model *model_new(struct world *w, const struct disk *disk)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->bucket = calloc(BUCKETS, sizeof(struct model_sector *));
	if (!m->bucket)
		abort();
	m->w = w;
	m->salt = disk->salt;
	m->next_id = 1;
	list_init(&m->pending);
	world_own(w, &m->owned, model_destroy);
	return m;
}

void model_forget(struct model *m, const struct disk *disk)
{
	destroy_sectors(m);
	m->salt = disk->salt;
}

FORMAT_PRINTF(2, 3) static void bad(struct model *m, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	m->bad++;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	m->w->damage++;
	world_fail(m->w, "model: %s", text);
}

static struct model_sector *sector(struct model *m, uint64_t lba)
{
	struct model_sector **at = &m->bucket[rng_mix(lba) % BUCKETS];
	struct model_sector *s;

	for (s = *at; s; s = s->next)
		if (s->lba == lba)
			return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	s->lba = lba;
	s->states = 1;
	disk_pattern(m->salt, lba, s->state[0].data);
	s->next = *at;
	*at = s;
	return s;
}

/* The eight bytes that write `id` puts around this place of the disk. */
static uint64_t word_of(uint64_t id, uint64_t offset)
{
	return rng_mix(id * 0x100000001b3ull ^ rng_mix(offset / 8));
}

static void fill(uint64_t id, uint64_t offset, uint8_t *to, size_t len)
{
	uint64_t word = word_of(id, offset);

	for (size_t i = 0; i < len; i++) {
		if ((offset + i) % 8 == 0)
			word = word_of(id, offset + i);
		to[i] = (uint8_t)(word >> (8 * ((offset + i) % 8)));
	}
}

/* The part [from, to) of sector `lba` that the range covers. */
static void clip(
    uint64_t lba, uint64_t offset, size_t length, unsigned *from, unsigned *to)
{
	uint64_t start = lba * SECTOR, end = offset + length;

	*from = offset > start ? (unsigned)(offset - start) : 0;
	*to = end < start + SECTOR ? (unsigned)(end - start) : SECTOR;
}

static bool overlap(const struct model_op *a, const struct model_op *b)
{
	/* By sectors: that is what the engine moves. */
	uint64_t a0 = a->offset / SECTOR, b0 = b->offset / SECTOR;
	uint64_t a1 = (a->offset + a->length - 1) / SECTOR;
	uint64_t b1 = (b->offset + b->length - 1) / SECTOR;

	if (a->op == AOE_FLUSH || b->op == AOE_FLUSH)
		return false;
	return (a->op == AOE_WRITE || b->op == AOE_WRITE) && a0 <= b1 &&
	       b0 <= a1;
}

static void add(struct choice *c, const struct state *state)
{
	for (unsigned i = 0; i < c->n; i++)
		if (!memcmp(c->state[i].data, state->data, SECTOR)) {
			/* Once legal, a content is not made less so. */
			if (!state->gone)
				c->state[i].gone = 0;
			return;
		}
	c->state[c->n++] = *state;
}

/* All that a request submitted as number `id` may see. */
static void choices(const struct model_sector *s, uint64_t id, struct choice *c)
{
	struct state state;

	c->n = 0;
	for (unsigned i = 0; i < s->states; i++) {
		if (s->state[i].gone && s->state[i].gone <= id)
			continue;
		for (unsigned set = 0; set < 1u << s->lates; set++) {
			state = s->state[i];
			for (unsigned k = 0; k < s->lates; k++)
				if (set >> k & 1)
					fill(s->late[k].id,
					    s->lba * SECTOR + s->late[k].from,
					    state.data + s->late[k].from,
					    s->late[k].to - s->late[k].from);
			add(c, &state);
		}
	}
}

static void keep(struct model_sector *s, const struct choice *c)
{
	if (c->n > STATES) {
		s->blind = true;
		return;
	}
	s->states = c->n;
	memcpy(s->state, c->state, c->n * sizeof(c->state[0]));
}

/* A write has surely happened, after everything older. */
static void apply(struct model *m, const struct model_op *op, uint64_t lba)
{
	struct model_sector *s = sector(m, lba);
	struct choice all, after;
	unsigned from, to;

	clip(lba, op->offset, op->length, &from, &to);
	if (s->blind && (from || to < SECTOR))
		return;
	s->blind = false;
	choices(s, UINT64_MAX, &all);
	after.n = 0;
	for (unsigned i = 0; i < all.n; i++) {
		fill(op->id, lba * SECTOR + from, all.state[i].data + from,
		    to - from);
		add(&after, &all.state[i]);
	}
	s->lates = 0;
	keep(s, &after);
}

/* A write failed: it may have happened, or happen later, or never. */
static void doubt(struct model *m, const struct model_op *op, uint64_t lba)
{
	struct model_sector *s = sector(m, lba);
	struct late *late;

	if (s->lates == LATE) {
		s->blind = true;
		return;
	}
	late = &s->late[s->lates++];
	late->id = op->id;
	clip(lba, op->offset, op->length, &late->from, &late->to);
}

/* For the message: where do these bytes come from? */
static const char *origin(struct model *m, uint64_t offset, const uint8_t *p,
    size_t len, char text[64])
{
	uint8_t want[SECTOR];

	if (len > 8)
		len = 8;
	memset(want, POISON, len);
	if (!memcmp(p, want, len))
		return "never filled";
	memset(want, 0xee, len);
	if (!memcmp(p, want, len))
		return "a forged answer";
	memset(want, 0, len);
	if (!memcmp(p, want, len))
		return "zero";
	disk_pattern(m->salt, offset / SECTOR, want);
	if (!memcmp(p, want + offset % SECTOR, len))
		return "what was there at first";
	for (uint64_t id = m->next_id; id--;) {
		fill(id, offset, want, len);
		if (memcmp(p, want, len))
			continue;
		snprintf(text, 64, "write %" PRIu64, id);
		return text;
	}
	return "of unknown origin";
}

static void report(struct model *m, const char *what,
    const struct model_sector *s, const uint8_t *got, unsigned from,
    unsigned to)
{
	const uint8_t *want = s->state[0].data;
	unsigned i = from;
	char a[64], b[64];
	uint64_t at;

	while (i + 1 < to && got[i - from] == want[i])
		i++;
	at = s->lba * SECTOR + i;
	bad(m, "%s: sector %" PRIu64 " byte %u is %s; %s expected (of %u)",
	    what, s->lba, i, origin(m, at, got + i - from, to - i, a),
	    origin(m, at, want + i, to - i, b), s->states);
}

/*
 * What agrees with an observation stays legal. What does not is so only for
 * reads that were on their way when it was made.
 */
static void narrow(struct model *m, struct model_sector *s, struct choice *seen)
{
	bool current = false;

	for (unsigned i = 0; i < seen->n; i++)
		current |= !seen->state[i].gone;
	if (!current)
		return; /* an old content says nothing about now */
	for (unsigned i = 0; i < s->states; i++) {
		struct state old = s->state[i];

		if (!old.gone)
			old.gone = m->next_id;
		add(seen, &old);
	}
	keep(s, seen);
}

/*
 * Compares [from, to) of a sector with what request `id` may see, and keeps
 * what agrees.
 */
static void observe(struct model *m, uint64_t id, uint64_t lba,
    const uint8_t *got, unsigned from, unsigned to)
{
	const char *what = id == UINT64_MAX ? "disk" : "read";
	struct model_sector *s = sector(m, lba);
	struct choice all, seen;

	m->checked++;
	if (s->blind || m->survival) {
		m->blind++;
		return;
	}
	if (s->states == 1 && !s->lates) {
		if (memcmp(got, s->state[0].data + from, to - from))
			report(m, what, s, got, from, to);
		return;
	}
	m->unsure++;
	choices(s, id, &all);
	seen.n = 0;
	for (unsigned i = 0; i < all.n; i++)
		if (!memcmp(got, all.state[i].data + from, to - from))
			add(&seen, &all.state[i]);
	if (!seen.n)
		report(m, what, s, got, from, to);
	else
		narrow(m, s, &seen);
}

void model_submit(struct model *m, struct model_op *op)
{
	op->id = m->next_id++;
	op->pending = true;
	list_append(&m->pending, &op->link);
	if (op->op == AOE_WRITE)
		fill(op->id, op->offset, op->buf, op->length);
	else if (op->op == AOE_READ)
		memset(op->buf, POISON, op->length);
}

void model_refused(struct model *m, struct model_op *op)
{
	(void)m;
	op->pending = false;
	list_del(&op->link);
}

static void check_order(struct model *m, const struct model_op *op)
{
	const struct list *node;

	for (node = op->link.prev; node != &m->pending; node = node->prev) {
		const struct model_op *old =
		    list_entry(node, struct model_op, link);

		if (overlap(old, op))
			bad(m,
			    "request %" PRIu64 " overtook request %" PRIu64
			    " that overlaps it",
			    op->id, old->id);
	}
}

static void check_buffer(struct model *m, const struct model_op *op)
{
	uint8_t want[SECTOR];
	size_t at, n;

	for (at = 0; at < op->length; at += n) {
		n = op->length - at < SECTOR ? op->length - at : SECTOR;
		fill(op->id, op->offset + at, want, n);
		if (!memcmp(op->buf + at, want, n))
			continue;
		bad(m, "the data of write %" PRIu64 " was changed", op->id);
		return;
	}
}

void model_done(struct model *m, struct model_op *op, int error)
{
	uint64_t last;

	if (!op->pending) {
		bad(m, "request %" PRIu64 " ended twice", op->id);
		return;
	}
	if (!error)
		check_order(m, op);
	op->pending = false;
	list_del(&op->link);
	if (op->op == AOE_FLUSH || (op->op == AOE_READ && error))
		return;
	if (op->op == AOE_WRITE)
		check_buffer(m, op);
	last = (op->offset + op->length - 1) / SECTOR;
	for (uint64_t lba = op->offset / SECTOR; lba <= last; lba++) {
		unsigned from, to;

		clip(lba, op->offset, op->length, &from, &to);
		if (op->op == AOE_READ)
			observe(m, op->id, lba,
			    op->buf + (lba * SECTOR + from - op->offset), from,
			    to);
		else if (error)
			doubt(m, op, lba);
		else
			apply(m, op, lba);
	}
}

void model_verify(struct model *m, const struct disk *disk)
{
	uint8_t data[SECTOR];

	if (!list_empty(&m->pending))
		bad(m, "requests that never ended");
	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct model_sector *s = m->bucket[i]; s; s = s->next) {
			disk_read(disk, s->lba, data);
			observe(m, UINT64_MAX, s->lba, data, 0, SECTOR);
		}
}
