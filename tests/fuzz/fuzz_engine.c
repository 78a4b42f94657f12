/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine under a stream of operations: frames of any bytes, answers to what
 * it sent (good, bent or cut), time, requests, cancels, ports that come and
 * go. Whatever happens, each request ends once, callbacks come from the reap
 * only, and all memory comes back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "aoe-user/core/engine.h"

#define REQUESTS 16u
#define BUFFER 8192u
#define OFFERS 4u
#define SENT 32u
#define PORTS 2u
#define MOST_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len);

struct fuzz;

struct slot {
	struct aoe_request rq;
	struct fuzz *f;
	bool busy;
	uint8_t buf[BUFFER];
};

struct fuzz {
	const uint8_t *in;
	size_t left;
	struct engine *e;
	nsec_t now;
	bool reaping;
	unsigned opens;
	size_t bytes;
	struct slot slot[REQUESTS];
	struct engine_frame *offer[OFFERS];
	unsigned offers;
	uint8_t sent[SENT][64]; /* the heads of what was sent last */
	unsigned sents;
};

static const struct aoe_addr ADDR = {1, 0};

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static uint8_t take(struct fuzz *f)
{
	if (!f->left)
		return 0;
	f->left--;
	return *f->in++;
}

static void *fuzz_get(void *ctx, size_t size)
{
	struct fuzz *f = ctx;

	f->bytes += size;
	check(f->bytes < MOST_BYTES, "memory is bounded");
	return calloc(1, size);
}

static void fuzz_put(void *ctx, void *p, size_t size)
{
	struct fuzz *f = ctx;

	check(f->bytes >= size, "memory is given back once");
	f->bytes -= size;
	free(p);
}

static void on_device(void *ctx, struct device *dev, unsigned events)
{
	struct fuzz *f = ctx;
	struct engine_device_info info;

	check(f->reaping, "on_device comes from the reap");
	check(events != 0, "an event happened");
	engine_device_info(dev, &info);
}

static void on_room(void *ctx)
{
	struct fuzz *f = ctx;

	check(f->reaping, "on_room comes from the reap");
}

static void on_done(struct aoe_request *rq, int error)
{
	struct slot *s = container_of(rq, struct slot, rq);

	check(s->f->reaping, "done comes from the reap");
	check(s->busy, "done comes once");
	check(error <= 0, "done gets 0 or -errno");
	s->busy = false;
	memset(s->buf, 0xdb, sizeof(s->buf));
}

static void reap(struct fuzz *f)
{
	f->reaping = true;
	engine_reap(f->e);
	f->reaping = false;
}

static struct mac port_mac(unsigned n)
{
	return (struct mac){{2, 0, 0, 0, 0, (uint8_t)(n + 1)}};
}

static void remember(struct fuzz *f, const struct engine_frame *frame)
{
	uint8_t *head = f->sent[f->sents++ % SENT];
	size_t len = frame->iov[0].iov_len;

	check(len >= 32, "a header is complete");
	check(len + frame->iov[1].iov_len >= 60, "no runt is sent");
	memset(head, 0, 64);
	memcpy(head, frame->iov[0].iov_base, len < 64 ? len : 64);
}

static void result(struct fuzz *f, unsigned n, uint8_t how)
{
	struct engine_frame *frame = f->offer[n];

	f->offer[n] = f->offer[--f->offers];
	/* Nearly all are sent. */
	if (how < 250)
		remember(f, frame);
	engine_tx_result(f->e, frame,
	    how < 250    ? ENGINE_TX_SENT
	    : how < 252  ? ENGINE_TX_AGAIN
	    : how == 252 ? ENGINE_TX_PORT_DOWN
	    : how == 253 ? ENGINE_TX_TOO_BIG
			 : ENGINE_TX_AGAIN,
	    f->now);
}

static void op_tx(struct fuzz *f)
{
	engine_port_writable(f->e, take(f) % PORTS, take(f) & 1);
	while (
	    f->offers < OFFERS && engine_tx(f->e, &f->offer[f->offers], f->now))
		f->offers++;
	if (f->offers)
		result(f, take(f) % f->offers, take(f));
	while (f->offers && take(f) & 1)
		result(f, 0, 0);
}

static void drain(struct fuzz *f)
{
	while (f->offers)
		result(f, 0, 0);
}

static void op_time(struct fuzz *f)
{
	uint8_t how = take(f);
	nsec_t next = engine_deadline(f->e);

	if (how < 128 && next != NSEC_NEVER && next > f->now)
		f->now = next;
	else
		f->now += (nsec_t)how * how * how * NSEC_US;
	engine_tick(f->e, f->now);
}

static void op_frame(struct fuzz *f)
{
	unsigned port = take(f) % PORTS;
	size_t len = take(f);
	uint8_t *copy;

	if (len > f->left)
		len = f->left;
	/* In memory of its own size, so that the sanitizer sees its end. */
	copy = malloc(len ? len : 1);
	if (!copy)
		abort();
	memcpy(copy, f->in, len);
	f->in += len;
	f->left -= len;
	engine_rx(f->e, port, copy, len, f->now);
	free(copy);
}

static void put_identity(uint8_t *b, uint8_t kind)
{
	memcpy(b + 54, "omed l", 6);
	b[20] = '1';
	b[2 * 83 + 1] = kind & 1 ? 0x70 : 0x74;
	b[2 * 60 + 1] = 2;                 /* 512 sectors */
	b[2 * 100 + 1] = kind & 2 ? 4 : 2; /* 1024 or 512 */
	b[21] = kind & 4 ? 'x' : 'y';
}

/* Answers one of the frames sent last, more or less well. */
static void op_answer(struct fuzz *f, bool bent)
{
	uint8_t frame[36 + 17 * 512] = {0};
	uint8_t *head = f->sent[take(f) % SENT];
	size_t len = 36;

	memcpy(frame, head, 36);
	memcpy(frame, head + 6, 6);
	memcpy(frame + 6, head, 6);
	frame[6] &= 0xfe;
	frame[14] |= 8;
	frame[17] = 1;
	frame[16] = frame[18] = 0;
	if (frame[19] == 1) {
		frame[25] = 16;
		frame[28] = 17;
	} else if (frame[27] == 0xec) {
		put_identity(frame + 36, take(f));
		len += 512;
	} else if (frame[27] == 0x24 || frame[27] == 0x20) {
		len += 512u * (frame[26] % 18);
	}
	if (frame[19] == 0)
		frame[27] = 0x40;
	if (bent) {
		frame[14 + take(f) % 22] = take(f);
		len -= take(f) % (len - 13);
	}
	engine_rx(f->e, frame[5] - 1u, frame, len, f->now);
}

static void op_config(struct fuzz *f)
{
	uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 1};

	frame[11] = take(f) & 3;
	frame[12] = 0x88;
	frame[13] = 0xa2;
	frame[14] = take(f) & 1 ? 0x18 : 0x08;
	frame[17] = 1;
	frame[18] = take(f) & 1;
	frame[19] = 1;
	frame[25] = take(f);
	frame[28] = take(f);
	engine_rx(f->e, take(f) % PORTS, frame, take(f) & 1 ? 60 : 32, f->now);
}

static void op_submit(struct fuzz *f)
{
	struct slot *s = &f->slot[take(f) % REQUESTS];
	struct device *dev = engine_find(f->e, ADDR);
	int error;

	if (s->busy || !dev || !f->opens)
		return;
	memset(&s->rq, 0, sizeof(s->rq));
	s->f = f;
	s->rq.op = (enum aoe_op)(take(f) % 5);
	s->rq.fua = take(f) & 1;
	s->rq.offset = (uint64_t)take(f) * 1000 + take(f);
	s->rq.length = (size_t)take(f) * 32 + take(f) % 33;
	s->rq.buf = s->buf;
	s->rq.done = on_done;
	s->busy = true;
	error = engine_submit(f->e, dev, &s->rq, f->now);
	if (error)
		s->busy = false;
	check(error <= 0, "submit gives 0 or -errno");
}

static void op_cancel(struct fuzz *f)
{
	struct slot *s = &f->slot[take(f) % REQUESTS];

	if (s->busy)
		engine_cancel(f->e, &s->rq, f->now);
}

static void op_device(struct fuzz *f)
{
	struct device *dev = engine_find(f->e, ADDR);
	uint8_t how = take(f);

	if (dev && how < 160) {
		f->opens += engine_open(f->e, dev) == 0;
	} else if (dev && how < 200 && f->opens) {
		f->opens--;
		engine_close(f->e, dev, f->now);
	} else if (dev && how < 210) {
		/* Nor is a device. */
		drain(f);
		engine_forget(f->e, dev);
	} else if (how < 230) {
		engine_discover(f->e, f->now);
	} else if (how < 254) {
		engine_expect(f->e, ADDR, f->now);
	} else {
		engine_quiesce(f->e, f->now);
	}
}

static void op_port(struct fuzz *f)
{
	unsigned port = take(f) % PORTS;
	uint8_t how = take(f);

	/* A port is not taken away while frames of it are on offer. */
	drain(f);
	if (how == 255)
		engine_port_remove(f->e, port, f->now);
	else
		engine_port_set(f->e, port, port_mac(port),
		    how & 2 ? 9000 : 1500, how & 1, f->now);
}

static void step(struct fuzz *f)
{
	switch (take(f) % 12) {
	case 0:
	case 1:
		op_tx(f);
		break;
	case 2:
		op_time(f);
		break;
	case 3:
		op_frame(f);
		break;
	case 4:
	case 5:
		op_answer(f, false);
		break;
	case 6:
		op_answer(f, true);
		break;
	case 7:
		op_config(f);
		break;
	case 8:
		op_submit(f);
		break;
	case 9:
		op_cancel(f);
		break;
	case 10:
		op_device(f);
		break;
	default:
		op_port(f);
		break;
	}
	engine_check(f->e);
	reap(f);
	engine_check(f->e);
}

/* All requests end when the engine stops, whatever came before. */
static void finish(struct fuzz *f)
{
	drain(f);
	engine_quiesce(f->e, f->now);
	reap(f);
	check(engine_pending(f->e) == 0, "nothing is pending after quiesce");
	for (unsigned i = 0; i < REQUESTS; i++)
		check(!f->slot[i].busy, "every request ended");
	engine_free(f->e);
	check(f->bytes == 0, "all memory came back");
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len)
{
	struct fuzz *f = calloc(1, sizeof(*f));
	struct engine_config config = {.seed = 1,
	    .tag_prefix = 0x11,
	    .copies = 64,
	    .max_devices = 4,
	    .max_paths = 4,
	    .max_requests = 8,
	    .on_device = on_device,
	    .on_room = on_room};

	if (!f)
		abort();
	f->in = input;
	f->left = len;
	f->now = 1000 * NSEC_SEC;
	config.alloc = (struct engine_alloc){fuzz_get, fuzz_put, f};
	config.ctx = f;
	config.tag_bits = take(f) & 1 ? 8 : 0;
	config.dead_time = take(f) & 1 ? NSEC_NEVER : 10 * NSEC_SEC;
	check(engine_new(&f->e, &config, f->now) == 0, "it starts");
	for (unsigned i = 0; i < PORTS; i++)
		engine_port_set(f->e, i, port_mac(i), 1500, true, f->now);
	while (f->left)
		step(f);
	finish(f);
	free(f);
	return 0;
}
