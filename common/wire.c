/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/bytes.h"
#include "common/compiler.h"
#include "common/wire.h"

enum {
	OFF_ETHERTYPE = 12,
	MASK_HEADER = WIRE_HEADER + 4,
	MASK_DIRECTIVE = 8,
	RESERVE_HEADER = WIRE_HEADER + 2,
};

static void get_mac(struct bytes_in *b, struct mac *out)
{
	bytes_get(b, out->b, sizeof(out->b));
}

static void put_mac(struct bytes_out *b, const struct mac *m)
{
	bytes_put(b, m->b, sizeof(m->b));
}

enum wire_error wire_get_header(
    const uint8_t *frame, size_t len, struct wire_header *out)
{
	struct bytes_in b = bytes_in(frame, len);
	uint8_t version_flags;

	if (len < WIRE_HEADER)
		return WIRE_SHORT;
	bytes_skip(&b, OFF_ETHERTYPE);
	if (bytes_get16(&b) != WIRE_ETHERTYPE)
		return WIRE_NOT_AOE;

	b = bytes_in(frame, len);
	get_mac(&b, &out->dst);
	get_mac(&b, &out->src);
	bytes_skip(&b, 2);
	version_flags = bytes_get8(&b);
	out->version = version_flags >> 4;
	out->flags = version_flags & 0x0f;
	out->error = bytes_get8(&b);
	out->addr.shelf = bytes_get16(&b);
	out->addr.slot = bytes_get8(&b);
	out->command = bytes_get8(&b);
	out->tag = bytes_get32(&b);
	if (out->version == WIRE_VERSION)
		return WIRE_OK;
	return out->version == 0 && out->command == WIRE_CONFIG
		   ? WIRE_OK
		   : WIRE_BAD_VERSION;
}

/* A cursor behind the common header; it is bad when the frame has none. */
static struct bytes_in argument(const uint8_t *frame, size_t len)
{
	struct bytes_in b = bytes_in(frame, len);

	bytes_skip(&b, WIRE_HEADER);
	return b;
}

enum wire_error wire_get_ata(
    const uint8_t *frame, size_t len, struct wire_ata *out)
{
	struct bytes_in b = argument(frame, len);

	if (len < WIRE_ATA_HEADER)
		return WIRE_SHORT;
	out->aflags = bytes_get8(&b);
	out->feature = bytes_get8(&b);
	out->count = bytes_get8(&b);
	out->command = bytes_get8(&b);
	out->lba = bytes_get48le(&b);
	bytes_skip(&b, 2);
	out->data_len = bytes_left(&b);
	out->data = out->data_len ? bytes_view(&b, out->data_len) : NULL;
	return WIRE_OK;
}

enum wire_error wire_get_config(
    const uint8_t *frame, size_t len, struct wire_config *out)
{
	struct bytes_in b = argument(frame, len);
	uint8_t version_ccmd;

	if (len < WIRE_CONFIG_HEADER)
		return WIRE_SHORT;
	out->buffers = bytes_get16(&b);
	out->firmware = bytes_get16(&b);
	out->sectors = bytes_get8(&b);
	version_ccmd = bytes_get8(&b);
	out->version = version_ccmd >> 4;
	out->ccmd = version_ccmd & 0x0f;
	out->length = bytes_get16(&b);
	out->string_len = MIN((size_t)out->length, bytes_left(&b));
	out->string_len = MIN(out->string_len, (size_t)WIRE_CONFIG_MAX);
	out->string = bytes_view(&b, out->string_len);
	return WIRE_OK;
}

enum wire_error wire_get_mask(
    const uint8_t *frame, size_t len, struct wire_mask *out)
{
	struct bytes_in b = argument(frame, len);

	if (len < MASK_HEADER)
		return WIRE_SHORT;
	bytes_skip(&b, 1);
	out->mcmd = bytes_get8(&b);
	out->merror = bytes_get8(&b);
	out->count = bytes_get8(&b);
	out->present = 0;
	while (out->present < out->count && bytes_left(&b) >= MASK_DIRECTIVE) {
		bytes_skip(&b, 1);
		out->directive[out->present].dcmd = bytes_get8(&b);
		get_mac(&b, &out->directive[out->present].mac);
		out->present++;
	}
	return WIRE_OK;
}

enum wire_error wire_get_reserve(
    const uint8_t *frame, size_t len, struct wire_reserve *out)
{
	struct bytes_in b = argument(frame, len);

	if (len < RESERVE_HEADER)
		return WIRE_SHORT;
	out->rcmd = bytes_get8(&b);
	out->count = bytes_get8(&b);
	out->present = 0;
	while (
	    out->present < out->count && bytes_left(&b) >= sizeof(struct mac))
		get_mac(&b, &out->mac[out->present++]);
	return WIRE_OK;
}

static void put_header(struct bytes_out *b, const struct wire_header *h)
{
	put_mac(b, &h->dst);
	put_mac(b, &h->src);
	bytes_put16(b, WIRE_ETHERTYPE);
	bytes_put8(b, (uint8_t)(h->version << 4 | (h->flags & 0x0f)));
	bytes_put8(b, h->error);
	bytes_put16(b, h->addr.shelf);
	bytes_put8(b, h->addr.slot);
	bytes_put8(b, h->command);
	bytes_put32(b, h->tag);
}

static size_t finish(const struct bytes_out *b)
{
	return b->bad ? 0 : b->pos;
}

size_t wire_put_ata(void *buf, size_t size, const struct wire_header *h,
    const struct wire_ata *a)
{
	struct bytes_out b = bytes_out(buf, size);

	put_header(&b, h);
	bytes_put8(&b, a->aflags);
	bytes_put8(&b, a->feature);
	bytes_put8(&b, a->count);
	bytes_put8(&b, a->command);
	bytes_put48le(&b, a->lba);
	bytes_zero(&b, 2);
	return finish(&b);
}

size_t wire_put_config(void *buf, size_t size, const struct wire_header *h,
    const struct wire_config *c)
{
	struct bytes_out b = bytes_out(buf, size);

	if (c->string_len > WIRE_CONFIG_MAX)
		return 0;
	put_header(&b, h);
	bytes_put16(&b, c->buffers);
	bytes_put16(&b, c->firmware);
	bytes_put8(&b, c->sectors);
	bytes_put8(&b, (uint8_t)(c->version << 4 | (c->ccmd & 0x0f)));
	bytes_put16(&b, (uint16_t)c->string_len);
	if (c->string != NULL)
		bytes_put(&b, c->string, c->string_len);
	return finish(&b);
}

size_t wire_put_mask(void *buf, size_t size, const struct wire_header *h,
    const struct wire_mask *m)
{
	struct bytes_out b = bytes_out(buf, size);

	put_header(&b, h);
	bytes_zero(&b, 1);
	bytes_put8(&b, m->mcmd);
	bytes_put8(&b, m->merror);
	bytes_put8(&b, m->count);
	for (unsigned i = 0; i < m->count; i++) {
		bytes_zero(&b, 1);
		bytes_put8(&b, m->directive[i].dcmd);
		put_mac(&b, &m->directive[i].mac);
	}
	return finish(&b);
}

size_t wire_put_reserve(void *buf, size_t size, const struct wire_header *h,
    const struct wire_reserve *r)
{
	struct bytes_out b = bytes_out(buf, size);

	put_header(&b, h);
	bytes_put8(&b, r->rcmd);
	bytes_put8(&b, r->count);
	for (unsigned i = 0; i < r->count; i++)
		put_mac(&b, &r->mac[i]);
	return finish(&b);
}

size_t wire_pad(void *buf, size_t len)
{
	if (len >= WIRE_MIN_FRAME)
		return len;
	memset((uint8_t *)buf + len, 0, WIRE_MIN_FRAME - len);
	return WIRE_MIN_FRAME;
}

unsigned wire_sectors_for_mtu(unsigned mtu)
{
	unsigned n;

	if (mtu < WIRE_ATA_HEADER)
		return 0;
	n = (mtu - WIRE_ATA_HEADER) / WIRE_SECTOR;
	return MIN(n, 255u);
}

const char *wire_error_text(enum wire_error e)
{
	switch (e) {
	case WIRE_OK:
		return "valid";
	case WIRE_SHORT:
		return "frame too short";
	case WIRE_NOT_AOE:
		return "not an AoE frame";
	case WIRE_BAD_VERSION:
		return "unsupported AoE version";
	case WIRE_UNKNOWN_COMMAND:
		return "unknown AoE command";
	}
	return "unknown decoding error";
}
