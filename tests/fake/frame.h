/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames as the target sees them: offsets of AoEr11 and plain byte access.
 * Written apart from the product's codec, so that an error there shows here.
 */
#ifndef FAKE_FRAME_H
#define FAKE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FRAME_ROOM 132000 /* 255 sectors and then some */

enum frame_offset {
	FRAME_DST = 0,
	FRAME_SRC = 6,
	FRAME_TYPE = 12,
	FRAME_VERFLAGS = 14,
	FRAME_ERROR = 15,
	FRAME_SHELF = 16,
	FRAME_SLOT = 18,
	FRAME_COMMAND = 19,
	FRAME_TAG = 20,
	FRAME_ARG = 24,
	/* ATA */
	FRAME_AFLAGS = 24,
	FRAME_FEATURE = 25,
	FRAME_COUNT = 26,
	FRAME_STATUS = 27,
	FRAME_LBA = 28,
	FRAME_RESERVED = 34,
	FRAME_DATA = 36,
	/* config */
	FRAME_BUFFERS = 24,
	FRAME_FIRMWARE = 26,
	FRAME_SECTORS = 28,
	FRAME_CCMD = 29,
	FRAME_STRLEN = 30,
	FRAME_STRING = 32,
	/* mask */
	FRAME_MCMD = 25,
	FRAME_MERROR = 26,
	FRAME_MCOUNT = 27,
	FRAME_MLIST = 28,
	/* reserve */
	FRAME_RCMD = 24,
	FRAME_RCOUNT = 25,
	FRAME_RLIST = 26,
	/* keyed reserve: an answer without keys */
	FRAME_KEYED = 44,
};

enum frame_aoe_error {
	FRAME_BAD_COMMAND = 1,
	FRAME_BAD_ARGUMENT = 2,
	FRAME_UNAVAILABLE = 3,
	FRAME_CONFIG_SET = 4,
	FRAME_BAD_VERSION = 5,
	FRAME_IS_RESERVED = 6,
};

#define FRAME_ETHERTYPE 0x88a2
#define FRAME_FLAG_R 0x08
#define FRAME_FLAG_E 0x04
#define FRAME_AFLAG_WRITE 0x01 /* of an ATA command */

/* What follows `b` on the wire may lie elsewhere, in `data`. */
struct frame {
	uint8_t *b;
	size_t len;
	const uint8_t *data;
	size_t data_len;
};

static inline unsigned frame_be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static inline uint32_t frame_be32(const uint8_t *p)
{
	return (uint32_t)frame_be16(p) << 16 | frame_be16(p + 2);
}

static inline void frame_put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Ends an answer with the E flag and `code`; the argument stays. */
static inline void frame_fail(struct frame *f, enum frame_aoe_error code)
{
	f->b[FRAME_VERFLAGS] |= FRAME_FLAG_E;
	f->b[FRAME_ERROR] = (uint8_t)code;
}

/* Zeros up to this length. */
static inline void frame_grow(struct frame *f, size_t len)
{
	if (f->len < len) {
		memset(f->b + f->len, 0, len - f->len);
		f->len = len;
	}
}

/* Takes so many bytes off the end, if there are data of that length. */
static inline void frame_cut(struct frame *f, size_t bytes)
{
	if (f->data_len >= bytes)
		f->data_len -= bytes;
	else if (f->len >= FRAME_DATA + bytes)
		f->len -= bytes;
}

#endif
