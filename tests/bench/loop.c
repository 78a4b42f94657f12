/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/loop.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RTT (100 * NSEC_US)
#define BURST (20 * NSEC_US) /* what comes in that time comes together */
#define MTU 9000u
#define RING (1u << 17) /* answers under way */

static void *memory_get(void *ctx, size_t size)
{
	(void)ctx;
	return calloc(1, size);
}

static void memory_put(void *ctx, void *p, size_t size)
{
	(void)ctx;
	(void)size;
	free(p);
}

static void on_device(void *ctx, struct device *dev, unsigned events)
{
	struct loop *l = ctx;

	(void)dev;
	if (events & ENGINE_FOUND)
		l->found++;
}

static void put_word(uint8_t *block, unsigned word, unsigned value)
{
	block[2 * word] = (uint8_t)value;
	block[2 * word + 1] = (uint8_t)(value >> 8);
}

/* A disk with LBA48 and both flush commands. */
static void make_block(uint8_t block[512])
{
	memset(block + 2 * 10, ' ', 20);
	memset(block + 2 * 27, ' ', 40);
	memcpy(block + 2 * 27, "eBcn", 4);
	put_word(block, 60, 0xffff);
	put_word(block, 61, 0x0fff);
	put_word(block, 83, 0x7400);
	put_word(block, 86, 0x3400);
	for (unsigned i = 0; i < 4; i++)
		put_word(block, 100 + i,
		    (unsigned)(LOOP_SECTORS >> (16 * i)) & 0xffff);
}

void loop_start(struct loop *l, const struct loop_config *config)
{
	struct engine_config c = {
	    .alloc = {memory_get, memory_put, NULL},
	    .seed = 1,
	    .tag_prefix = 5,
	    .copies = config->copies,
	    .max_requests = config->requests,
	    .max_devices = config->devices,
	    .ctx = l,
	    .on_device = on_device,
	};

	*l = (struct loop){.config = *config, .now = NSEC_SEC};
	l->ring = calloc(RING, sizeof(*l->ring));
	l->up = calloc(config->ports + 1, sizeof(*l->up));
	make_block(l->block);
	if (!l->ring || !l->up || engine_new(&l->e, &c, l->now)) {
		fprintf(stderr, "engine: no memory\n");
		exit(1);
	}
	for (unsigned p = 1; p <= config->ports; p++)
		loop_port(l, p, true);
}

void loop_stop(struct loop *l)
{
	engine_free(l->e);
	free(l->ring);
	free(l->up);
}

void loop_port(struct loop *l, unsigned port, bool up)
{
	struct mac mac = {{2, 0, 0, 1, (uint8_t)(port >> 8), (uint8_t)port}};

	l->up[port] = up;
	if (engine_port_set(l->e, port, mac, MTU, up, l->now)) {
		fprintf(stderr, "engine: no memory for a port\n");
		exit(1);
	}
}

struct aoe_addr loop_addr(unsigned n)
{
	return (struct aoe_addr){
	    .shelf = (uint16_t)(1 + n / LOOP_SHELF),
	    .slot = (uint8_t)(n % LOOP_SHELF),
	};
}

static struct mac target_mac(struct aoe_addr addr, unsigned n)
{
	return (struct mac){{2, 1, (uint8_t)(addr.shelf >> 8),
	    (uint8_t)addr.shelf, (uint8_t)(n >> 8), (uint8_t)n}};
}

/* ---- the targets ---- */

static struct loop_answer *answer(struct loop *l, unsigned port)
{
	struct loop_answer *a = &l->ring[(l->first + l->count) % RING];

	if (l->count++ == RING) {
		fprintf(stderr, "engine: more than %u answers due\n", RING);
		exit(1);
	}
	a->due = ((l->now + RTT) / BURST + 1) * BURST;
	a->port = port;
	a->data = 0;
	a->identify = false;
	return a;
}

static void answer_config(struct loop *l, unsigned port,
    const struct wire_header *query, struct aoe_addr addr, struct mac mac)
{
	struct loop_answer *a = answer(l, port);
	struct wire_header h = *query;
	struct wire_config c = {
	    .buffers = LOOP_BUFFERS,
	    .sectors = (uint8_t)wire_sectors_for_mtu(MTU),
	    .version = WIRE_VERSION,
	};

	h.dst = query->src;
	h.src = mac;
	h.addr = addr;
	h.flags = WIRE_FLAG_RESPONSE;
	a->head_len = wire_put_config(a->head, sizeof(a->head), &h, &c);
}

static void answer_query(
    struct loop *l, unsigned port, const uint8_t *frame, size_t len)
{
	unsigned macs = l->config.macs;
	struct wire_header h;

	if (wire_get_header(frame, len, &h) != WIRE_OK)
		return;
	if (!mac_equal(h.dst, mac_broadcast)) {
		answer_config(l, port, &h, h.addr, h.dst);
		return;
	}
	if (l->config.narrow && port > 1)
		macs = 1;
	for (unsigned n = 0; n < l->config.devices; n++) {
		struct aoe_addr addr = loop_addr(n);

		if (!addr_match(h.addr, addr))
			continue;
		for (unsigned m = 0; m < macs; m++)
			answer_config(l, port, &h, addr, target_mac(addr, m));
	}
}

/* By hand: this is the part that must cost little. */
static void answer_ata(struct loop *l, unsigned port, const uint8_t *frame)
{
	struct loop_answer *a = answer(l, port);
	uint8_t *b = a->head;

	a->head_len = WIRE_ATA_HEADER;
	a->identify = frame[27] == ATA_IDENTIFY;
	if (!(frame[24] & WIRE_AFLAG_WRITE))
		a->data = frame[26] * (size_t)WIRE_SECTOR;
	memcpy(b, frame, WIRE_ATA_HEADER);
	memcpy(b, frame + 6, 6);
	memcpy(b + 6, frame, 6);
	b[14] |= WIRE_FLAG_RESPONSE;
	b[25] = 0;
	b[27] = ATA_STATUS_DRDY;
}

/* ---- the engine's side ---- */

void loop_send(struct loop *l)
{
	struct engine_frame *f;
	const uint8_t *head;

	while (engine_tx(l->e, &f, l->now)) {
		head = f->iov[0].iov_base;
		if (head[19] == WIRE_CONFIG)
			answer_query(l, f->port, head, f->iov[0].iov_len);
		else
			answer_ata(l, f->port, head);
		l->sent++;
		engine_tx_result(l->e, f, ENGINE_TX_SENT, l->now);
	}
}

static void deliver(struct loop *l, const struct loop_answer *a)
{
	uint8_t *data = l->frame + a->head_len;

	if (!l->up[a->port])
		return;
	memcpy(l->frame, a->head, a->head_len);
	if (a->identify) {
		memcpy(data, l->block, sizeof(l->block));
		memcpy(data + 2 * 10, a->head + 16, 3); /* the address */
		for (unsigned i = 0; i < 3; i++) {
			data[2 * 10 + 2 * i] = 'a' + (a->head[16 + i] >> 4);
			data[2 * 10 + 2 * i + 1] = 'a' + (a->head[16 + i] & 15);
		}
	}
	engine_rx(l->e, a->port, l->frame, a->head_len + a->data, l->now);
}

static void receive(struct loop *l)
{
	while (l->count && l->ring[l->first].due <= l->now) {
		deliver(l, &l->ring[l->first]);
		l->first = (l->first + 1) % RING;
		l->count--;
	}
}

unsigned loop_out(const struct loop *l, unsigned port)
{
	unsigned n = 0;

	for (size_t i = 0; i < l->count; i++)
		n += l->ring[(l->first + i) % RING].port == port;
	return n;
}

void loop_turn(struct loop *l)
{
	nsec_t due;

	loop_send(l);
	if (engine_reap(l->e))
		return;
	due = l->count ? l->ring[l->first].due : NSEC_NEVER;
	due = nsec_min(due, engine_deadline(l->e));
	if (due > l->now)
		l->now = due;
	receive(l);
	if (engine_deadline(l->e) <= l->now)
		engine_tick(l->e, l->now);
}
