/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An engine with a clock that only moves for answers, ports whose frames the
 * test takes one by one, and answers that it makes by hand.
 */
#ifndef UNIT_CORE_RIG_H
#define UNIT_CORE_RIG_H

#include <errno.h>
#include "aoe-user/core/engine.h"
#include "tests/unit/unit.h"

#define RIG_FRAME 9100
#define RIG_SECTORS 2048u
#define RIG_MTU 1500u
#define RIG_PORTS 4u            /* at most; port numbers from 1 */
#define RIG_RTT (100 * NSEC_US) /* every answer takes so long */

/* A frame that the engine sent, as bytes and taken apart. */
struct rig_frame {
	struct engine_frame *offer;
	unsigned port;
	size_t len;
	uint8_t bytes[RIG_FRAME];
	struct wire_header h;
	struct wire_ata ata; /* when it is an ATA command */
};

struct rig {
	struct engine *e;
	struct device *dev;
	nsec_t now;
	size_t memory; /* bytes the engine holds */
	unsigned events, rooms;
	unsigned calls; /* of any callback */
	bool fua;       /* of the next writes */
	uint8_t serial; /* what the disk answers now */
	uint64_t sectors;
	uint16_t buffers;
	uint8_t sectors_max;
};

/* A request with its own buffer, and how often it was done. */
struct rig_request {
	struct aoe_request rq;
	struct rig *r;
	unsigned done;
	int error;
	uint8_t buf[64 * 512];
};

static const struct aoe_addr rig_addr = {.shelf = 1, .slot = 0};
static const struct mac rig_host = {{2, 0, 0, 0, 0, 1}};
static const struct mac rig_target = {{2, 0, 0, 0, 1, 1}};
static const struct mac rig_other = {{2, 0, 0, 0, 1, 2}};

static inline void *rig_get(void *ctx, size_t size)
{
	struct rig *r = ctx;

	r->memory += size;
	return calloc(1, size);
}

static inline void rig_put(void *ctx, void *p, size_t size)
{
	struct rig *r = ctx;

	assert_true(size <= r->memory);
	r->memory -= size;
	free(p);
}

static inline void rig_on_device(void *ctx, struct device *dev, unsigned events)
{
	struct rig *r = ctx;

	r->calls++;
	r->events |= events;
	if (events & ENGINE_FOUND)
		r->dev = dev;
	if (events & ENGINE_GONE)
		r->dev = NULL;
}

static inline void rig_on_room(void *ctx)
{
	struct rig *r = ctx;

	r->calls++;
	r->rooms++;
}

static inline void rig_init(struct rig *r, const struct engine_config *config)
{
	struct engine_config c = {0};

	*r = (struct rig){
	    .now = NSEC_SEC,
	    .sectors = RIG_SECTORS,
	    .serial = 'A',
	    .buffers = 16,
	    .sectors_max = 2,
	};
	if (config != NULL)
		c = *config;
	c.alloc = (struct engine_alloc){rig_get, rig_put, r};
	c.seed = 1;
	c.tag_prefix = 5;
	c.ctx = r;
	c.on_device = rig_on_device;
	c.on_room = rig_on_room;
	if (c.settle == 0)
		c.settle = 1;
	assert_int_equal(engine_new(&r->e, &c, r->now), 0);
}

static inline void rig_fini(struct rig *r)
{
	engine_free(r->e);
	assert_int_equal(r->memory, 0);
}

static inline void rig_port(struct rig *r, unsigned port, bool up)
{
	assert_int_equal(
	    engine_port_set(r->e, port, rig_host, RIG_MTU, up, r->now), 0);
}

/*
 * Takes the next frame of the port, or of the best one with port 0, without a
 * result yet; false: there is none.
 */
static inline bool rig_offer(struct rig *r, unsigned port, struct rig_frame *f)
{
	const struct iovec *iov;
	bool any;
	unsigned i;

	/* The others would have theirs, if they could send. */
	for (i = 1; i <= RIG_PORTS; i++)
		engine_port_writable(r->e, i, port == 0 || i == port);
	any = engine_tx(r->e, &f->offer, r->now);
	for (i = 1; i <= RIG_PORTS; i++)
		engine_port_writable(r->e, i, true);
	if (!any)
		return false;
	iov = f->offer->iov;
	if (port != 0)
		assert_int_equal(f->offer->port, port);
	f->port = f->offer->port;
	f->len = iov[0].iov_len + iov[1].iov_len;
	assert_in_range(f->len, WIRE_MIN_FRAME, sizeof(f->bytes));
	memcpy(f->bytes, iov[0].iov_base, iov[0].iov_len);
	if (iov[1].iov_len > 0)
		memcpy(
		    f->bytes + iov[0].iov_len, iov[1].iov_base, iov[1].iov_len);
	assert_int_equal(wire_get_header(f->bytes, f->len, &f->h), WIRE_OK);
	assert_int_equal(f->h.flags, 0);
	if (f->h.command == WIRE_ATA)
		assert_int_equal(
		    wire_get_ata(f->bytes, f->len, &f->ata), WIRE_OK);
	return true;
}

static inline void rig_result(
    struct rig *r, const struct rig_frame *f, enum engine_tx_result result)
{
	engine_tx_result(r->e, f->offer, result, r->now);
}

/* Sends the next frame, after what is due by the clock. */
static inline bool rig_send(struct rig *r, unsigned port, struct rig_frame *f)
{
	engine_tick(r->e, r->now);
	if (!rig_offer(r, port, f)) {
		engine_tick(r->e, r->now);
		if (!rig_offer(r, port, f))
			return false;
	}
	rig_result(r, f, ENGINE_TX_SENT);
	return true;
}

static inline bool rig_is_query(const struct rig_frame *f)
{
	return f->h.command == WIRE_CONFIG;
}

static inline bool rig_is_identify(const struct rig_frame *f)
{
	return f->h.command == WIRE_ATA && f->ata.command == ATA_IDENTIFY;
}

static inline bool rig_is_data(const struct rig_frame *f)
{
	return f->h.command == WIRE_ATA && !rig_is_identify(f);
}

static inline bool rig_is_write(const struct rig_frame *f)
{
	return rig_is_data(f) && (f->ata.aflags & WIRE_AFLAG_WRITE);
}

static inline bool rig_is_flush(const struct rig_frame *f)
{
	return f->h.command == WIRE_ATA && f->ata.command == ATA_FLUSH_EXT;
}

/* ---- answers ---- */

static inline struct wire_header rig_header(
    struct mac src, uint8_t command, uint32_t tag)
{
	return (struct wire_header){
	    .dst = rig_host,
	    .src = src,
	    .version = WIRE_VERSION,
	    .flags = WIRE_FLAG_RESPONSE,
	    .addr = rig_addr,
	    .command = command,
	    .tag = tag,
	};
}

static inline void rig_rx(
    struct rig *r, unsigned port, const void *frame, size_t len)
{
	/* Exactly as long as it is, so that a sanitizer sees a read beyond. */
	uint8_t *copy = unit_copy(frame, len);

	r->now += RIG_RTT;
	engine_rx(r->e, port, copy, len, r->now);
	free(copy);
}

/* A config answer; tag 0 makes it an announcement. */
static inline void rig_config(
    struct rig *r, unsigned port, struct mac src, uint32_t tag)
{
	struct wire_header h = rig_header(src, WIRE_CONFIG, tag);
	struct wire_config c = {
	    .buffers = r->buffers,
	    .sectors = r->sectors_max,
	    .version = 1,
	};
	uint8_t frame[WIRE_CONFIG_HEADER];

	if (tag == 0)
		h.dst = mac_broadcast;
	rig_rx(r, port, frame, wire_put_config(frame, sizeof(frame), &h, &c));
}

static inline void rig_ata(struct rig *r, const struct rig_frame *f,
    struct mac src, struct wire_ata ata, const void *data, size_t len)
{
	struct wire_header h = rig_header(src, WIRE_ATA, f->h.tag);
	uint8_t frame[RIG_FRAME];
	size_t n = wire_put_ata(frame, sizeof(frame), &h, &ata);

	if (len > 0)
		memcpy(frame + n, data, len);
	rig_rx(r, f->port, frame, n + len);
}

static inline void rig_word(uint8_t *block, unsigned word, unsigned v)
{
	block[2 * word] = (uint8_t)v;
	block[2 * word + 1] = (uint8_t)(v >> 8);
}

static inline void rig_identity(const struct rig *r, uint8_t block[512])
{
	memset(block, 0, 512);
	memset(block + 2 * 10, ' ', 20);
	memset(block + 2 * 27, ' ', 40);
	block[2 * 10] = block[2 * 10 + 1] = r->serial;
	block[2 * 27] = block[2 * 27 + 1] = 'M';
	rig_word(block, 60, (unsigned)r->sectors);
	rig_word(block, 83, 0x7400);
	rig_word(block, 86, 0x3400);
	rig_word(block, 100, (unsigned)r->sectors);
}

/* Answers IDENTIFY or a config query as the target `src`. */
static inline void rig_control(
    struct rig *r, const struct rig_frame *f, struct mac src)
{
	uint8_t block[512];

	if (rig_is_query(f)) {
		rig_config(r, f->port, src, f->h.tag);
		return;
	}
	assert_true(rig_is_identify(f));
	rig_identity(r, block);
	rig_ata(r, f, src, (struct wire_ata){.command = ATA_STATUS_DRDY}, block,
	    sizeof(block));
}

/* A good answer; a read is given sectors filled with `fill`. */
static inline void rig_good(struct rig *r, const struct rig_frame *f, int fill)
{
	struct wire_ata ata = {.command = ATA_STATUS_DRDY};
	uint8_t data[RIG_FRAME];
	size_t len = f->ata.count * (size_t)WIRE_SECTOR;

	assert_true(rig_is_data(f));
	memset(data, fill, sizeof(data));
	if (rig_is_write(f) || rig_is_flush(f))
		len = 0;
	rig_ata(r, f, f->h.dst, ata, data, len);
}

/* Takes and answers config and IDENTIFY until there are none; how many. */
static inline unsigned rig_verify(struct rig *r, unsigned port)
{
	struct rig_frame f;
	unsigned n = 0;

	while (rig_offer(r, port, &f)) {
		if (rig_is_data(&f)) {
			rig_result(r, &f, ENGINE_TX_AGAIN);
			break;
		}
		rig_result(r, &f, ENGINE_TX_SENT);
		if (mac_equal(f.h.dst, mac_broadcast))
			continue;
		rig_control(r, &f, f.h.dst);
		n++;
	}
	return n;
}

/* Sends frames until a write goes out; reads before it are answered. */
static inline void rig_send_write(
    struct rig *r, unsigned port, struct rig_frame *f)
{
	for (;;) {
		assert_true(rig_send(r, port, f));
		if (rig_is_write(f))
			return;
		rig_good(r, f, 0);
	}
}

/* Runs the engine until then, and answers nothing. */
static inline void rig_run(struct rig *r, unsigned port, nsec_t until)
{
	struct rig_frame f;

	while (engine_deadline(r->e) <= until) {
		r->now = MAX(r->now, engine_deadline(r->e));
		engine_tick(r->e, r->now);
		while (rig_send(r, port, &f))
			;
		engine_reap(r->e);
	}
	r->now = until;
}

/* The same with a target that answers all at once. */
static inline void rig_serve(struct rig *r, unsigned port, nsec_t until)
{
	struct rig_frame f;

	while (engine_deadline(r->e) <= until && r->now <= until) {
		r->now = MAX(r->now, engine_deadline(r->e));
		engine_tick(r->e, r->now);
		while (rig_send(r, port, &f)) {
			if (rig_is_data(&f))
				rig_good(r, &f, 0);
			else if (!mac_equal(f.h.dst, mac_broadcast))
				rig_control(r, &f, f.h.dst);
		}
		engine_reap(r->e);
	}
	r->now = MAX(r->now, until);
}

/* Who else may answer for the address has had his chance. */
static inline void rig_settle(struct rig *r)
{
	r->now += 10;
	engine_tick(r->e, r->now);
	engine_reap(r->e);
}

/* A port with a target behind it, the disk identified and open. */
static inline void rig_up(struct rig *r, const struct engine_config *config)
{
	rig_init(r, config);
	rig_port(r, 1, true);
	rig_config(r, 1, rig_target, 1);
	assert_int_equal(rig_verify(r, 1), 1);
	engine_reap(r->e);
	assert_non_null(r->dev);
	rig_settle(r);
	assert_int_equal(engine_open(r->e, r->dev), 0);
}

/* A second path to the open disk, through the same port. */
static inline void rig_second(struct rig *r, struct mac mac)
{
	rig_config(r, 1, mac, 1);
	assert_int_equal(rig_verify(r, 1), 1);
}

static inline struct engine_path_info rig_path(const struct rig *r, unsigned n)
{
	struct engine_path_info info;

	assert_true(engine_path_info(r->dev, n, &info));
	return info;
}

static inline struct device_stats rig_stats(const struct rig *r)
{
	struct engine_device_info info;

	engine_device_info(r->dev, &info);
	return *info.stats;
}

/* ---- requests ---- */

static inline void rig_done(struct aoe_request *rq, int error)
{
	struct rig_request *q = container_of(rq, struct rig_request, rq);

	q->r->calls++;
	q->done++;
	q->error = error;
}

static inline int rig_submit(struct rig *r, struct rig_request *q,
    enum aoe_op op, uint64_t offset, size_t length)
{
	unsigned calls = r->calls;
	int ret;

	assert_true(length <= sizeof(q->buf));
	q->r = r;
	q->rq.op = op;
	q->rq.fua = r->fua;
	q->rq.offset = offset;
	q->rq.length = length;
	q->rq.buf = q->buf;
	q->rq.done = rig_done;
	q->done = 0;
	q->error = 1;
	ret = engine_submit(r->e, r->dev, &q->rq, r->now);
	assert_int_equal(r->calls, calls);
	return ret;
}

/* Not yet done, even after a reap. */
static inline void rig_waits(struct rig *r, const struct rig_request *q)
{
	engine_reap(r->e);
	assert_int_equal(q->done, 0);
}

/* Done once with this error, now. */
static inline void rig_ends(
    struct rig *r, const struct rig_request *q, int error)
{
	assert_int_equal(q->done, 0);
	engine_reap(r->e);
	assert_int_equal(q->done, 1);
	assert_int_equal(q->error, error);
}

/* Writes and has it answered at once. */
static inline void rig_write(
    struct rig *r, struct rig_request *q, uint64_t offset, size_t length)
{
	struct rig_frame f;

	assert_int_equal(rig_submit(r, q, AOE_WRITE, offset, length), 0);
	while (rig_send(r, 1, &f)) {
		assert_true(rig_is_write(&f));
		rig_good(r, &f, 0);
	}
	rig_ends(r, q, 0);
}

#endif
