/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A session with a client of bytes on one side and a disk of memory on the
 * other, for the tests of the NBD session.
 */
#ifndef TESTS_UNIT_NBD_RIG_H
#define TESTS_UNIT_NBD_RIG_H

#include <errno.h>
#include "tests/unit/unit.h"
#include "nbd-bridge/nbd_session.h"

#define RIG_DISK (40u << 20)
#define RIG_OUT (48u << 20)
#define RIG_HELD 1024

struct rig {
	struct nbd_session *s;
	struct nbd_arena arena;
	struct nbd_export_info info[3];
	unsigned exports;
	size_t piece; /* bytes per receive at most */
	bool hold;    /* requests are kept in `held`, see rig_finish() */
	bool deaf;    /* the client reads no replies */
	struct nbd_request *held[RIG_HELD];
	unsigned helds, reads, writes, flushes, fuas;
	int fail; /* error of the next requests */
	uint8_t *disk, *out;
	size_t out_len, out_pos;
};

static inline bool rig_list(
    void *ctx, const char *after, struct nbd_export_info *out)
{
	struct rig *r = ctx;
	unsigned n = *after ? (unsigned)atoi(after + 1) + 1 : 0;

	if (n >= r->exports)
		return false;
	*out = r->info[n % 3];
	if (n >= 3)
		snprintf(out->name, sizeof(out->name), "e%u.0", n);
	return true;
}

static inline int rig_find(
    void *ctx, const char *name, struct nbd_export_info *out, char *why)
{
	struct rig *r = ctx;

	for (unsigned i = 0; i < r->exports && i < 3; i++) {
		if (strcmp(r->info[i].name, name))
			continue;
		*out = r->info[i];
		return 0;
	}
	snprintf(why, NBD_EXPORT_WHY, "no such disk; LIST names them");
	return -ENOENT;
}

static inline int rig_open(
    void *ctx, const char *name, struct nbd_export_info *out, char *why)
{
	if (!strcmp(name, "busy")) {
		snprintf(why, NBD_EXPORT_WHY, "another writer");
		return -EBUSY;
	}
	return rig_find(ctx, name, out, why);
}

static const struct nbd_session_ops rig_ops = {rig_list, rig_find, rig_open};

static inline void rig_init(struct rig *r, bool handshake)
{
	*r = (struct rig){.exports = 3, .piece = SIZE_MAX};
	for (unsigned i = 0; i < 3; i++) {
		struct nbd_export_info *x = &r->info[i];

		snprintf(x->name, sizeof(x->name), "e%u.0", i);
		snprintf(x->description, sizeof(x->description), "disk %u", i);
		x->size = RIG_DISK;
		x->min_block = 1;
		x->flags = NBD_WIRE_HAS_FLAGS | NBD_WIRE_SEND_FLUSH |
			   NBD_WIRE_SEND_FUA | NBD_WIRE_CAN_MULTI_CONN;
	}
	r->disk = calloc(1, RIG_DISK);
	r->out = malloc(RIG_OUT);
	assert_non_null(r->disk);
	assert_non_null(r->out);
	for (size_t i = 0; i < RIG_DISK && !handshake; i++)
		r->disk[i] = (uint8_t)(i * 2654435761u >> 13);
	assert_int_equal(
	    nbd_arena_init(&r->arena, NBD_SESSION_LENGTH_MAX, -1), 0);
	struct nbd_session_config config = {
	    .ops = &rig_ops,
	    .ctx = r,
	    .info = handshake ? NULL : &r->info[0],
	    .arena = &r->arena,
	};
	assert_int_equal(nbd_session_new(&r->s, &config, 0), 0);
}

static inline void rig_perform(struct rig *r, struct nbd_request *rq)
{
	struct aoe_request *a = &rq->aoe;

	assert_true(a->op == AOE_FLUSH || a->length > 0);
	if (a->op != AOE_FLUSH)
		assert_true(a->offset + a->length <= RIG_DISK);
	if (!r->fail && a->op == AOE_READ)
		memcpy(a->buf, r->disk + a->offset, a->length);
	if (!r->fail && a->op == AOE_WRITE)
		memcpy(r->disk + a->offset, a->buf, a->length);
	r->reads += a->op == AOE_READ;
	r->writes += a->op == AOE_WRITE;
	r->flushes += a->op == AOE_FLUSH;
	r->fuas += a->fua;
	nbd_session_done(r->s, rq, r->fail);
}

/* Moves everything that can move; replies go to `out` in odd pieces. */
static inline void rig_run(struct rig *r)
{
	struct nbd_request *rq;
	struct iovec iov[5];
	unsigned n;

	do {
		while ((rq = nbd_session_next(r->s))) {
			if (!r->hold)
				rig_perform(r, rq);
			else
				r->held[r->helds++] = rq;
		}
		n = r->deaf ? 0 : nbd_session_tx(r->s, iov, 5);
		for (unsigned i = 0; i < n; i++) {
			size_t len = iov[i].iov_len;

			/* The last piece goes out in part. */
			if (i + 1 == n && len > 3)
				len = MIN(len - 3, 100003);
			assert_true(len && len <= RIG_OUT - r->out_len);
			memcpy(r->out + r->out_len, iov[i].iov_base, len);
			r->out_len += len;
			nbd_session_tx_done(r->s, len);
		}
	} while (n);
}

/* Ends the i-th held request. */
static inline void rig_finish(struct rig *r, unsigned i)
{
	struct nbd_request *rq = r->held[i];

	r->held[i] = r->held[--r->helds];
	rig_perform(r, rq);
}

/* The client sends; how much the session did not take is returned. */
static inline size_t rig_send(struct rig *r, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	struct iovec iov[2];

	rig_run(r);
	while (len) {
		unsigned n = nbd_session_rx_space(r->s, iov);
		size_t room = MIN(r->piece, len), got = 0;

		if (!n)
			return len;
		for (unsigned i = 0; i < n && got < room; i++) {
			size_t part = MIN(iov[i].iov_len, room - got);

			assert_true(iov[i].iov_len > 0);
			memcpy(iov[i].iov_base, p + got, part);
			got += part;
		}
		p += got;
		len -= got;
		nbd_session_rx(r->s, got);
		rig_run(r);
	}
	return 0;
}

static inline void rig_fini(struct rig *r)
{
	bool hold = r->hold;

	r->deaf = r->hold = false;
	if (hold)
		nbd_session_abort(r->s);
	while (r->helds)
		rig_finish(r, 0);
	nbd_session_free(r->s);
	/* Whatever happened, nothing is leaked. */
	assert_int_equal(r->arena.used, 0);
	nbd_arena_fini(&r->arena);
	free(r->disk);
	free(r->out);
}

/* ---- what the client says ---- */

static inline void rig_request(struct rig *r, unsigned type, unsigned flags,
    uint64_t cookie, uint64_t offset, uint32_t length)
{
	uint8_t buf[NBD_WIRE_REQUEST];
	struct bytes_out out = bytes_out(buf, sizeof(buf));
	struct nbd_wire_request w = {NBD_WIRE_REQUEST_MAGIC, (uint16_t)flags,
	    (uint16_t)type, cookie, offset, length};

	nbd_wire_put_request(&out, &w);
	assert_int_equal(rig_send(r, buf, sizeof(buf)), 0);
}

static inline void rig_option(
    struct rig *r, uint32_t option, const void *data, uint32_t len)
{
	uint8_t buf[NBD_WIRE_OPTION];
	struct bytes_out out = bytes_out(buf, sizeof(buf));

	bytes_put64(&out, NBD_WIRE_OPTION_MAGIC);
	bytes_put32(&out, option);
	bytes_put32(&out, len);
	rig_send(r, buf, sizeof(buf));
	rig_send(r, data, len);
}

/* The data of GO or INFO: name and info requests. */
static inline uint32_t rig_go_data(uint8_t *buf, size_t size, const char *name,
    unsigned n, const uint16_t *items)
{
	struct bytes_out out = bytes_out(buf, size);

	bytes_put32(&out, (uint32_t)strlen(name));
	bytes_put(&out, name, strlen(name));
	bytes_put16(&out, (uint16_t)n);
	for (unsigned i = 0; i < n; i++)
		bytes_put16(&out, items[i]);
	assert_false(out.bad);
	return (uint32_t)out.pos;
}

static inline void rig_go(struct rig *r, const char *name)
{
	uint8_t buf[64];

	rig_option(r, NBD_WIRE_OPT_GO, buf,
	    rig_go_data(buf, sizeof(buf), name, 0, NULL));
}

static inline void rig_flags(struct rig *r, uint32_t flags)
{
	uint8_t buf[4];
	struct bytes_out out = bytes_out(buf, 4);

	bytes_put32(&out, flags);
	rig_send(r, buf, 4);
}

/* ---- what it hears ---- */

static inline struct bytes_in rig_hear(struct rig *r, size_t n)
{
	struct bytes_in in = bytes_in(r->out + r->out_pos, n);

	assert_true(r->out_len - r->out_pos >= n);
	r->out_pos += n;
	return in;
}

static inline void rig_hear_nothing(const struct rig *r)
{
	assert_int_equal(r->out_len - r->out_pos, 0);
}

/* One option reply; its data is returned. */
static inline struct bytes_in rig_hear_option(
    struct rig *r, uint32_t option, uint32_t type)
{
	struct bytes_in in = rig_hear(r, NBD_WIRE_OPTION_REPLY);

	assert_true(bytes_get64(&in) == NBD_WIRE_OPTION_REPLY_MAGIC);
	assert_int_equal(bytes_get32(&in), option);
	assert_int_equal(bytes_get32(&in), type);
	return rig_hear(r, bytes_get32(&in));
}

/* One simple reply; its cookie is returned. */
static inline uint64_t rig_hear_simple(struct rig *r, uint32_t error)
{
	struct bytes_in in = rig_hear(r, NBD_WIRE_SIMPLE);

	assert_int_equal(bytes_get32(&in), NBD_WIRE_SIMPLE_MAGIC);
	assert_int_equal(bytes_get32(&in), error);
	return bytes_get64(&in);
}

/* One final chunk; its data is returned. */
static inline struct bytes_in rig_hear_chunk(
    struct rig *r, unsigned type, uint64_t cookie)
{
	struct bytes_in in = rig_hear(r, NBD_WIRE_CHUNK);

	assert_int_equal(bytes_get32(&in), NBD_WIRE_CHUNK_MAGIC);
	assert_int_equal(bytes_get16(&in), NBD_WIRE_CHUNK_DONE);
	assert_int_equal(bytes_get16(&in), type);
	assert_int_equal(bytes_get64(&in), cookie);
	return rig_hear(r, bytes_get32(&in));
}

static inline bool rig_closed(const struct rig *r)
{
	return nbd_session_finished(r->s);
}

/* Greeting and client flags, both as usual. */
static inline void rig_hello(struct rig *r)
{
	rig_flags(r, NBD_WIRE_FIXED_NEWSTYLE | NBD_WIRE_NO_ZEROES);
	rig_hear(r, NBD_WIRE_GREETING);
}

/* ---- tests of the handshake ---- */

/* The client's bytes in one piece, in sevens, and one at a time. */
static const size_t rig_pieces[] = {SIZE_MAX, 7, 1};

#define RIG_EACH_PIECE(r)                                                      \
	for (size_t piece_ = 0; piece_ < ARRAY_SIZE(rig_pieces); piece_++)     \
		for (bool once_ = (rig_init(r, true), true);                   \
		     once_ && ((r)->piece = rig_pieces[piece_]);               \
		     once_ = false, rig_fini(r))

/* A session that still understands: GO works and a read is answered. */
static inline void rig_in_step(struct rig *r)
{
	rig_hear_nothing(r);
	rig_go(r, "e1.0");
	rig_hear_option(r, NBD_WIRE_OPT_GO, NBD_WIRE_REP_INFO);
	rig_hear_option(r, NBD_WIRE_OPT_GO, NBD_WIRE_REP_INFO);
	rig_hear_option(r, NBD_WIRE_OPT_GO, NBD_WIRE_REP_ACK);
	rig_request(r, NBD_WIRE_CMD_FLUSH, 0, 77, 0, 0);
	assert_int_equal(rig_hear_simple(r, 0), 77);
	rig_hear_nothing(r);
}

#endif
