/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The IDENTIFY DEVICE block: what the slot says of its disk.
 */
#include "tests/fake/slot.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ATA text: padded with blanks, the bytes of each word swapped. */
static void put_text(
    const struct persona *p, uint8_t *at, size_t len, const char *text)
{
	size_t n = strlen(text), swap = p->straight_text ? 0 : 1;

	for (size_t i = 0; i < len; i++)
		at[i ^ swap] = (uint8_t)(i < n ? text[i] : ' ');
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

/* What a disk without a serial of its own is called. */
static void name_disk(const struct slot *s, char *serial, size_t len)
{
	const struct persona *p = s->options->persona;
	char host[HOST_NAME_MAX + 1] = "";

	gethostname(host, sizeof(host) - 1);
	if (p->serial)
		snprintf(serial, len, "%s", p->serial);
	else if (p->host_serial)
		snprintf(serial, len, "%u.%u:%s", s->shelf, s->slot, host);
	else
		snprintf(serial, len, "fake-%u.%u", s->shelf, s->slot);
}

static unsigned features_of(const struct slot_options *o)
{
	unsigned features = o->persona->features;

	if (o->no_flush)
		features &= ~(unsigned)(PERSONA_FLUSH | PERSONA_FLUSH_EXT);
	if (o->lba28)
		features &= ~(unsigned)(PERSONA_LBA48 | PERSONA_FLUSH_EXT);
	return features;
}

void slot_identify(struct slot *s, struct frame *out)
{
	const struct slot_options *o = s->options;
	const struct persona *p = o->persona;
	uint8_t *id = out->b + FRAME_DATA;
	uint64_t small = s->sectors > 0x0fffffff ? 0x0fffffff : s->sectors;
	unsigned features = features_of(o);
	char serial[HOST_NAME_MAX + 16];

	name_disk(s, serial, sizeof(serial));
	memset(id, 0, 512);
	put_text(p, id + 20, 20, o->serial ? o->serial : serial);
	put_text(p, id + 46, 8, p->revision);
	put_text(p, id + 54, 40, o->model ? o->model : p->model);
	put_word(id, 49, 1u << 9);
	put_number(id, 60, 2, small);
	put_word(id, 83, 1u << 14 | features);
	put_word(id, 84, 1u << 14);
	put_word(id, 86, features);
	put_word(id, 87, 1u << 14);
	if (p->extra_words) {
		put_word(id, 47, 0x8000);
		put_word(id, 50, 0x4000);
		put_word(id, 93, 0x400b);
	}
	if (!o->lba28)
		put_number(id, 100, 4, s->sectors);
	out->len = FRAME_DATA + 512;
	out->b[FRAME_STATUS] = 0x40;
	out->b[FRAME_FEATURE] = p->protected_error && o->readonly ? 0x40 : 0;
	if (p->count_zero)
		out->b[FRAME_COUNT] = 0;
	s->count->identifies++;
}
