/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "common/bytes.h"

struct bytes_in bytes_in(const void *p, size_t len)
{
	return (struct bytes_in){.p = p, .len = len};
}

struct bytes_out bytes_out(void *p, size_t len)
{
	return (struct bytes_out){.p = p, .len = len};
}

const uint8_t *bytes_view(struct bytes_in *b, size_t n)
{
	const uint8_t *at;

	if (b->bad || n > bytes_left(b)) {
		b->bad = true;
		return NULL;
	}
	at = b->p + b->pos;
	b->pos += n;
	return at;
}

void bytes_skip(struct bytes_in *b, size_t n)
{
	bytes_view(b, n);
}

void bytes_get(struct bytes_in *b, void *to, size_t n)
{
	const uint8_t *at = bytes_view(b, n);

	if (!n)
		return;
	if (at)
		memcpy(to, at, n);
	else
		memset(to, 0, n);
}

static uint64_t get_big_endian(struct bytes_in *b, size_t n)
{
	const uint8_t *at = bytes_view(b, n);
	uint64_t v = 0;

	for (size_t i = 0; at && i < n; i++)
		v = v << 8 | at[i];
	return v;
}

uint8_t bytes_get8(struct bytes_in *b)
{
	return (uint8_t)get_big_endian(b, 1);
}

uint16_t bytes_get16(struct bytes_in *b)
{
	return (uint16_t)get_big_endian(b, 2);
}

uint32_t bytes_get32(struct bytes_in *b)
{
	return (uint32_t)get_big_endian(b, 4);
}

uint64_t bytes_get64(struct bytes_in *b)
{
	return get_big_endian(b, 8);
}

uint64_t bytes_get48le(struct bytes_in *b)
{
	const uint8_t *at = bytes_view(b, 6);
	uint64_t v = 0;

	for (unsigned i = 6; at && i-- > 0;)
		v = v << 8 | at[i];
	return v;
}

/* The next n bytes to be written, or NULL and `bad`. */
static uint8_t *reserve(struct bytes_out *b, size_t n)
{
	uint8_t *at;

	if (b->bad || n > b->len - b->pos) {
		b->bad = true;
		return NULL;
	}
	at = b->p + b->pos;
	b->pos += n;
	return at;
}

void bytes_put(struct bytes_out *b, const void *from, size_t n)
{
	uint8_t *at = reserve(b, n);

	if (at && n)
		memcpy(at, from, n);
}

void bytes_zero(struct bytes_out *b, size_t n)
{
	uint8_t *at = reserve(b, n);

	if (at && n)
		memset(at, 0, n);
}

static void put_big_endian(struct bytes_out *b, uint64_t v, size_t n)
{
	uint8_t *at = reserve(b, n);

	for (size_t i = n; at && i-- > 0; v >>= 8)
		at[i] = (uint8_t)v;
}

void bytes_put8(struct bytes_out *b, uint8_t v)
{
	put_big_endian(b, v, 1);
}

void bytes_put16(struct bytes_out *b, uint16_t v)
{
	put_big_endian(b, v, 2);
}

void bytes_put32(struct bytes_out *b, uint32_t v)
{
	put_big_endian(b, v, 4);
}

void bytes_put64(struct bytes_out *b, uint64_t v)
{
	put_big_endian(b, v, 8);
}

void bytes_put48le(struct bytes_out *b, uint64_t v)
{
	uint8_t *at = reserve(b, 6);

	for (unsigned i = 0; at && i < 6; i++, v >>= 8)
		at[i] = (uint8_t)v;
}
