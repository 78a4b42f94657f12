/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bounded byte cursors for everything that comes from or goes to a wire. The
 * first access beyond the end sets `bad`, and from then on reads give zero and
 * writes do nothing; callers check once at the end. No access is ever made
 * outside [p, p + len).
 */
#ifndef COMMON_BYTES_H
#define COMMON_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes_in {
	const uint8_t *p;
	size_t len, pos;
	bool bad;
};

struct bytes_out {
	uint8_t *p;
	size_t len, pos;
	bool bad;
};

struct bytes_in bytes_in(const void *p, size_t len);
struct bytes_out bytes_out(void *p, size_t len);

static inline size_t bytes_left(const struct bytes_in *b)
{
	return b->len - b->pos;
}

uint8_t bytes_get8(struct bytes_in *b);
uint16_t bytes_get16(struct bytes_in *b);   /* big-endian */
uint32_t bytes_get32(struct bytes_in *b);   /* big-endian */
uint64_t bytes_get64(struct bytes_in *b);   /* big-endian */
uint64_t bytes_get48le(struct bytes_in *b); /* ATA's six LBA bytes */
/* Copies n bytes; on shortage `to` is zero-filled and `bad` set. */
void bytes_get(struct bytes_in *b, void *to, size_t n);
/* A view of n bytes without a copy, or NULL and `bad`. */
const uint8_t *bytes_view(struct bytes_in *b, size_t n);
void bytes_skip(struct bytes_in *b, size_t n);

void bytes_put8(struct bytes_out *b, uint8_t v);
void bytes_put16(struct bytes_out *b, uint16_t v);
void bytes_put32(struct bytes_out *b, uint32_t v);
void bytes_put64(struct bytes_out *b, uint64_t v);
void bytes_put48le(struct bytes_out *b, uint64_t v);
void bytes_put(struct bytes_out *b, const void *from, size_t n);
void bytes_zero(struct bytes_out *b, size_t n);

#endif
