/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include "nbd-bridge/nbd_transmit.h"

/* ---- replies ---- */

static void put_error(
    struct bytes_out *out, const struct nbd_request *rq, uint32_t error)
{
	const char *text = nbd_wire_error_text(error);
	size_t len = strlen(text);

	nbd_wire_put_chunk(out, NBD_WIRE_CHUNK_DONE, NBD_WIRE_CHUNK_ERROR,
	    rq->cookie, (uint32_t)(4 + 2 + len));
	bytes_put32(out, error);
	bytes_put16(out, (uint16_t)len);
	bytes_put(out, text, len);
}

/* AoE knows nothing about holes: everything is data. */
static void put_status(struct bytes_out *out, const struct nbd_request *rq)
{
	nbd_wire_put_chunk(out, NBD_WIRE_CHUNK_DONE,
	    NBD_WIRE_CHUNK_BLOCK_STATUS, rq->cookie, 12);
	bytes_put32(out, NBD_SESSION_CONTEXT);
	bytes_put32(out, (uint32_t)rq->aoe.length);
	bytes_put32(out, 0);
}

static void put_read(struct bytes_out *out, const struct nbd_request *rq)
{
	nbd_wire_put_chunk(out, NBD_WIRE_CHUNK_DONE, NBD_WIRE_CHUNK_OFFSET_DATA,
	    rq->cookie, (uint32_t)(8 + rq->aoe.length));
	bytes_put64(out, rq->aoe.offset);
}

void nbd_transmit_reply(
    struct nbd_session *s, struct nbd_request *rq, int error)
{
	struct bytes_out out = bytes_out(rq->head, sizeof(rq->head));
	uint32_t e = nbd_wire_error(error);

	rq->data_len = 0;
	if (rq->type == NBD_WIRE_CMD_READ && !e)
		rq->data_len = rq->aoe.length;
	if (s->structured && e)
		put_error(&out, rq, e);
	else if (s->structured && rq->type == NBD_WIRE_CMD_READ)
		put_read(&out, rq);
	else if (s->structured && rq->type == NBD_WIRE_CMD_BLOCK_STATUS)
		put_status(&out, rq);
	else
		nbd_wire_put_simple(&out, e, rq->cookie);
	rq->head_len = (unsigned)out.pos;
	if (!rq->data_len && rq->has_mem) {
		nbd_arena_put(s->config.arena, rq->mem);
		rq->has_mem = false;
	}
	list_append(&s->replies, &rq->link);
}

/* ---- requests ---- */

static int check_range(
    const struct nbd_session *s, const struct nbd_wire_request *w, int beyond)
{
	uint64_t size = s->info.size;

	if (!w->length)
		return -EINVAL;
	if ((w->offset | w->length) & (s->info.min_block - 1))
		return -EINVAL;
	if (w->offset > size || w->length > size - w->offset)
		return beyond;
	return 0;
}

static int check_flags(
    const struct nbd_session *s, const struct nbd_wire_request *w)
{
	unsigned allowed = 0;

	if (s->info.flags & NBD_WIRE_SEND_FUA)
		allowed |= NBD_WIRE_FLAG_FUA;
	if (w->type == NBD_WIRE_CMD_READ && s->structured)
		allowed |= NBD_WIRE_FLAG_DF;
	if (w->type == NBD_WIRE_CMD_BLOCK_STATUS)
		allowed |= NBD_WIRE_FLAG_REQ_ONE;
	return w->flags & ~allowed ? -EINVAL : 0;
}

static int check_command(
    const struct nbd_session *s, const struct nbd_wire_request *w)
{
	bool read_only = s->info.flags & NBD_WIRE_READ_ONLY;

	switch (w->type) {
	case NBD_WIRE_CMD_READ:
		if (w->length > NBD_SESSION_LENGTH_MAX)
			return -EINVAL;
		return check_range(s, w, -EINVAL);
	case NBD_WIRE_CMD_WRITE:
		if (read_only)
			return -EPERM;
		if (w->length > NBD_SESSION_LENGTH_MAX)
			return -EINVAL;
		return check_range(s, w, -ENOSPC);
	case NBD_WIRE_CMD_FLUSH:
		if (!(s->info.flags & NBD_WIRE_SEND_FLUSH))
			return -EINVAL;
		return w->offset || w->length ? -EINVAL : 0;
	case NBD_WIRE_CMD_CACHE:
		return check_range(s, w, -EINVAL);
	case NBD_WIRE_CMD_BLOCK_STATUS:
		if (!s->structured || !s->meta)
			return -EINVAL;
		return check_range(s, w, -EINVAL);
	case NBD_WIRE_CMD_TRIM:
	case NBD_WIRE_CMD_WRITE_ZEROES:
		return read_only ? -EPERM : -EINVAL;
	default:
		return -EINVAL;
	}
}

static int check(const struct nbd_session *s, const struct nbd_wire_request *w)
{
	int error = s->stopping ? -ESHUTDOWN : check_flags(s, w);

	return error ? error : check_command(s, w);
}

/* A request and the memory it needs, or NULL: then `blocked` is set. */
static struct nbd_request *take(
    struct nbd_session *s, const struct nbd_wire_request *w, int refused)
{
	bool data =
	    w->type == NBD_WIRE_CMD_READ || w->type == NBD_WIRE_CMD_WRITE;
	struct nbd_request *rq;
	size_t mem = 0;

	s->blocked = list_empty(&s->free);
	if (!s->blocked && data && !refused)
		s->blocked = nbd_arena_get(s->config.arena, w->length, &mem);
	if (s->blocked)
		return NULL;
	rq = list_first(&s->free, struct nbd_request, link);
	list_del(&rq->link);
	rq->cookie = w->cookie;
	rq->type = w->type;
	rq->has_mem = data && !refused;
	rq->mem = mem;
	rq->refused = refused;
	rq->aoe.offset = w->offset;
	rq->aoe.length = w->length;
	rq->aoe.buf = rq->has_mem ? nbd_arena_at(s->config.arena, mem) : NULL;
	rq->aoe.fua = w->flags & NBD_WIRE_FLAG_FUA;
	return rq;
}

static void start(struct nbd_session *s, struct nbd_request *rq)
{
	switch (rq->type) {
	case NBD_WIRE_CMD_READ:
		rq->aoe.op = AOE_READ;
		rq->aoe.fua = false;
		break;
	case NBD_WIRE_CMD_WRITE:
		rq->aoe.op = AOE_WRITE;
		break;
	case NBD_WIRE_CMD_FLUSH:
		rq->aoe.op = AOE_FLUSH;
		rq->aoe.fua = false;
		break;
	default: /* CACHE, which is a hint, and BLOCK_STATUS need no device */
		nbd_transmit_reply(s, rq, 0);
		return;
	}
	list_append(&s->todo, &rq->link);
}

/* One header is there. False when there is no place for what it asks. */
static bool request(struct nbd_session *s, const struct nbd_wire_request *w)
{
	bool data = w->type == NBD_WIRE_CMD_WRITE && w->length;
	int error = check(s, w);
	struct nbd_request *rq = take(s, w, error);

	if (!rq)
		return false;
	s->rx_pos += NBD_WIRE_REQUEST;
	if (data) {
		s->filling = rq;
		s->filled = 0;
		s->skip = error ? w->length : 0;
	} else if (error) {
		nbd_transmit_reply(s, rq, error);
	} else {
		start(s, rq);
	}
	return true;
}

/* The data of a write, as far as it is in the receive buffer. */
static bool fill(struct nbd_session *s)
{
	struct nbd_request *rq = s->filling;
	size_t n = MIN(s->rx_len - s->rx_pos, rq->aoe.length - s->filled);

	memcpy((uint8_t *)rq->aoe.buf + s->filled, s->rx + s->rx_pos, n);
	s->rx_pos += n;
	s->filled += n;
	if (s->filled < rq->aoe.length)
		return false;
	s->filling = NULL;
	start(s, rq);
	return true;
}

static bool skip(struct nbd_session *s)
{
	size_t n = MIN(s->rx_len - s->rx_pos, s->skip);
	struct nbd_request *rq = s->filling;

	s->rx_pos += n;
	s->skip -= n;
	if (s->skip)
		return false;
	s->filling = NULL;
	nbd_transmit_reply(s, rq, rq->refused);
	return true;
}

bool nbd_transmit_step(struct nbd_session *s)
{
	struct bytes_in in = bytes_in(s->rx + s->rx_pos, s->rx_len - s->rx_pos);
	struct nbd_wire_request w;

	if (s->skip)
		return skip(s);
	if (s->filling)
		return fill(s);
	if (bytes_left(&in) < NBD_WIRE_REQUEST)
		return false;
	w = nbd_wire_get_request(&in);
	if (w.magic != NBD_WIRE_REQUEST_MAGIC) {
		nbd_session_drain(s, "bad request magic");
		return false;
	}
	if (w.type == NBD_WIRE_CMD_DISC) {
		nbd_session_drain(s, NULL);
		return false;
	}
	if (w.type == NBD_WIRE_CMD_WRITE && w.length > NBD_SESSION_DRAIN_MAX) {
		nbd_session_drain(s, "write too long to skip");
		return false;
	}
	return request(s, &w);
}
