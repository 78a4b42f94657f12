/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A network that is full of lies, and a machine that is out of memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

static const struct load_options L = {
    .ops = 1500, .depth = 16, .max = 8192, .to = 256 << 10};

struct attacker {
	struct owned owned;
	struct world *w;
	struct net_port *port;
	struct net_sink sink;
	struct event next;
	void (*act)(struct attacker *a);
	nsec_t period;
	struct mac victim, target;
	uint32_t n;
	uint8_t seen[MSG_MAX]; /* the last frame overheard */
	size_t seen_len;
};

static void attacker_fire(struct event *ev)
{
	struct attacker *a = container_of(ev, struct attacker, next);

	a->act(a);
	event_at(&a->w->events, &a->next, world_now(a->w) + a->period);
}

static void attacker_hear(
    struct net_sink *sink, const uint8_t *frame, size_t len)
{
	struct attacker *a = container_of(sink, struct attacker, sink);

	if (len <= sizeof(a->seen)) {
		memcpy(a->seen, frame, len);
		a->seen_len = len;
	}
}

static void attacker_destroy(struct owned *o)
{
	struct attacker *a = container_of(o, struct attacker, owned);

	event_cancel(&a->w->events, &a->next);
	net_detach(&a->sink);
	free(a);
}

static struct attacker *attacker_new(
    struct rig *r, void (*act)(struct attacker *a), nsec_t period)
{
	struct attacker *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->w = r->w;
	a->port = net_port_new(&r->w->net, net_mac(0x666));
	a->sink.receive = attacker_hear;
	net_attach(a->port, &a->sink);
	a->act = act;
	a->period = period;
	a->victim = r->h->port[0].net->mac;
	a->target = r->t[0]->port->mac;
	event_init(&a->next, attacker_fire);
	event_at(&r->w->events, &a->next, world_now(r->w) + period);
	world_own(r->w, &a->owned, attacker_destroy);
	return a;
}

static void attacker_stop(struct attacker *a)
{
	event_cancel(&a->w->events, &a->next);
}

/* Bytes of every length, half of them with a header that looks right. */
static void act_garbage(struct attacker *a)
{
	struct rng *rng = &a->w->rng;
	uint8_t f[2048];
	size_t len = rng_between(rng, 14, rng_chance(rng, 0.5) ? 80 : 2000);

	rng_fill(rng, f, len);
	memcpy(f, a->victim.b, 6);
	if (rng_chance(rng, 0.7)) {
		f[12] = 0x88;
		f[13] = 0xa2;
		f[14] = (uint8_t)(0x18 | rng_below(rng, 8));
		f[16] = 0;
		f[17] = 1;
		f[18] = 0;
		f[19] = (uint8_t)rng_below(rng, 4);
		f[20] = 0x80 | HOST_PREFIX;
	}
	if (rng_chance(rng, 0.5))
		memcpy(f + 6, a->target.b, 6);
	net_send(a->port, f, len, 0);
}

/* What it overhears, bent a little and cut anywhere. */
static void act_mutate(struct attacker *a)
{
	struct rng *rng = &a->w->rng;
	size_t len;

	if (!a->seen_len) {
		act_garbage(a);
		return;
	}
	memcpy(a->seen, a->victim.b, 6);
	a->seen[14] |= 8;
	for (unsigned i = 0; i < 3; i++)
		a->seen[rng_between(rng, 14, 40)] ^=
		    (uint8_t)(1u << rng_below(rng, 8));
	len = rng_between(rng, 14, a->seen_len);
	net_send(a->port, a->seen, len, 0);
}

/* Random frames of every kind beside a load that must not notice. */
static void fuzz_with(struct world *w, void (*act)(struct attacker *a))
{
	struct rig_options o = {.target.buffers = 16};
	struct attacker *a;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	a = attacker_new(&r, act, 20 * NSEC_US);
	rig_run(&r, &L);
	attacker_stop(a);
	CHECK_EQ(w, r.load->failed, 0);
	CHECK(w, engine_stats(r.h->e)->rx_frames > 5000);
	rig_finish(&r);
}

static void fuzz(struct world *w)
{
	fuzz_with(w, act_garbage);
}

static void fuzz_bent(struct world *w)
{
	fuzz_with(w, act_mutate);
}

/* The tag of the last read. */
static bool tag_filter(
    void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	uint32_t *tag = ctx;
	struct msg m;

	(void)delay;
	if (msg_get(&m, frame, len) && !m.response && msg_is_read(&m))
		*tag = m.tag;
	return true;
}

/*
 * Answers with each command, cut to each length that is too short for sectors,
 * from the right target with the tag of a read that is waiting.
 */
static void runts(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = {.depth = 1};
	uint32_t tag = 0;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	w->net.filter = tag_filter;
	w->net.filter_ctx = &tag;
	rig_load(&r, &l);
	target_stall(r.t[0], true);
	CHECK_EQ(w, load_post(r.load, AOE_READ, 0, 1024), 0);
	for (unsigned i = 0; i < 256 * 36; i++) {
		struct msg m = {.dst = r.h->port[0].net->mac,
		    .src = r.t[0]->port->mac,
		    .version = 1,
		    .response = true,
		    .addr = {1, 0},
		    .command = (uint8_t)(i / 36),
		    .ata = 0x40,
		    .buffers = 16,
		    .sectors = 2,
		    .tag = tag};
		uint8_t f[64] = {0}, *exact = malloc(i % 36 + 1);

		if (!exact)
			abort();
		msg_put(&m, f);
		memcpy(exact, f, i % 36);
		engine_rx(r.h->e, r.h->port[0].id, exact, i % 36, world_now(w));
		free(exact);
	}
	host_pump(r.h);
	CHECK(w, tag != 0);
	CHECK_EQ(w, r.load->running, 1);
	CHECK(w, engine_stats(r.h->e)->malformed >= 256 * 24);
	target_stall(r.t[0], false);
	load_stop(r.load);
	load_wait(r.load, 5 * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 0);
	w->net.filter = NULL;
	rig_finish(&r);
}

/* Good answers by form, with guessed tags, for what is really asked. */
static void act_forge(struct attacker *a)
{
	struct rng *rng = &a->w->rng;
	uint8_t poison[1024], f[1200];
	struct msg m = {.dst = a->victim,
	    .src = rng_chance(rng, 0.5) ? a->target : a->port->mac,
	    .version = 1,
	    .response = true,
	    .addr = {1, 0},
	    .ata = 0x40,
	    .count = 2,
	    .tag = 0x80000000u | HOST_PREFIX << 24 |
		   (a->n++ & 0xffff), /* the counter, not its permutation */
	    .data = poison,
	    .data_len = sizeof(poison)};

	memset(poison, 0xee, sizeof(poison));
	net_send(a->port, f, msg_put(&m, f), 0);
}

static void forged(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct attacker *a;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	a = attacker_new(&r, act_forge, 10 * NSEC_US);
	rig_run(&r, &L);
	attacker_stop(a);
	CHECK_EQ(w, r.load->failed, 0);
	rig_finish(&r);
}

/* 70,000 addresses announce themselves. */
static void flood(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	uint8_t f[64];
	struct rig r;
	size_t before;

	if (!rig_init(&r, w, &o))
		return;
	before = r.h->bytes;
	for (unsigned i = 0; i < 70000; i++) {
		struct msg m = {.dst = r.h->port[0].net->mac,
		    .src = net_mac(0x10000 + i),
		    .version = i & 1,
		    .response = true,
		    .command = MSG_CONFIG,
		    .addr = {(uint16_t)(2 + i / 254), (uint8_t)(i % 254)},
		    .buffers = 16,
		    .sectors = 2};

		net_send(r.t[0]->port, f, msg_put(&m, f), 0);
		if (i % 100 == 0)
			world_run(w, NSEC_MS);
	}
	world_run(w, 5 * NSEC_SEC);
	world_note(w, "%zu bytes before, %zu at most", before, r.h->peak);
	/* The last to come have the place of those that never answered. */
	CHECK(w, engine_stats(r.h->e)->evicted > 60000);
	CHECK(w, engine_stats(r.h->e)->no_room < 1000);
	/* 4096 devices by default, each a few kilobytes. */
	CHECK(w, r.h->peak < before + ((size_t)32 << 20));
	rig_run(&r, &L);
	CHECK_EQ(w, r.load->failed, 0);
	rig_finish(&r);
}

/* One address with more MACs than anybody has. */
static void flood_paths(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	uint8_t f[64];
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	for (unsigned i = 0; i < 5000; i++) {
		struct msg m = {.dst = r.h->port[0].net->mac,
		    .src = net_mac(0x10000 + i),
		    .version = 1,
		    .response = true,
		    .command = MSG_CONFIG,
		    .addr = {1, 0},
		    .buffers = 16,
		    .sectors = 2};

		net_send(r.t[0]->port, f, msg_put(&m, f), 0);
	}
	world_run(w, 5 * NSEC_SEC);
	CHECK(w, rig_info(&r).paths <= 256);
	CHECK(w, engine_stats(r.h->e)->evicted > 4000);
	CHECK_EQ(w, engine_stats(r.h->e)->no_room, 0);
	CHECK(w, r.h->peak < (size_t)32 << 20);
	rig_run(&r, &L);
	CHECK_EQ(w, r.load->failed, 0);
	rig_finish(&r);
}

/* Other initiators' requests, and our own queries coming back. */
static void act_echo(struct attacker *a)
{
	struct rng *rng = &a->w->rng;
	uint8_t f[64] = {0};
	struct msg m = {.dst = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
	    .src = rng_chance(rng, 0.5) ? a->victim : a->port->mac,
	    .version = 1,
	    .response = rng_chance(rng, 0.2),
	    .command = MSG_CONFIG,
	    .addr = {0xffff, 0xff}};

	if (rng_chance(rng, 0.3))
		m.addr = (struct aoe_addr){1, 0};
	msg_put(&m, f);
	net_send(a->port, f, 60, 0);
}

static void echoes(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct attacker *a;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	a = attacker_new(&r, act_echo, 100 * NSEC_US);
	rig_run(&r, &L);
	attacker_stop(a);
	CHECK_EQ(w, r.load->failed, 0);
	CHECK(w, engine_stats(r.h->e)->foreign > 100);
	CHECK_EQ(w, engine_next(r.h->e, engine_next(r.h->e, NULL)) != NULL, 0);
	rig_finish(&r);
}

/* Every allocation fails once: an error or less service, never a leak. */
static void no_memory(struct world *w)
{
	struct aoe_addr addr = {1, 0};
	struct target_options o = {.addr = addr, .buffers = 16};
	uint64_t fail_at = 0;
	struct device *dev;
	struct target *t;
	struct host *h;
	int error;

	o.disk = disk_new(w, 8192);
	t = target_new(w, net_port_new(&w->net, net_mac(0x100)), &o);
	for (;;) {
		h = host_try(w, NULL, ++fail_at, &error);
		if (h)
			break;
		CHECK_EQ(w, error, -ENOMEM);
		if (fail_at > 1000)
			return;
	}
	/* From here on the engine exists and has to live with it. */
	for (unsigned i = 0; i < 12; i++) {
		struct host_port *p;

		h = host_try(w, NULL, fail_at + i, &error);
		if (!CHECK(w, h != NULL))
			return;
		p = host_add_port(h, net_mac(i + 1), 1500);
		/* The caller tries a port that was refused again. */
		if (p->refused)
			host_port_state(p, true, 1500);
		CHECK(w, !p->refused);
		world_run(w, 3 * NSEC_SEC);
		engine_discover(h->e, world_now(w));
		host_pump(h);
		dev = host_wait(h, addr, 5 * NSEC_SEC);
		CHECK(w, dev != NULL);
		host_stop(h);
	}
	target_kill(t);
}

const struct scenario sc_hostile[] = {
    {"fuzz", "random frames beside a valid load", fuzz},
    {"fuzz_bent", "bent copies of what was overheard", fuzz_bent},
    {"runts", "answers cut short, of every command", runts},
    {"forged", "answers with guessed tags", forged},
    {"flood", "70,000 slots in bounded memory", flood},
    {"flood_paths", "5,000 MACs for one slot", flood_paths},
    {"echoes", "requests of others, own frames looped back", echoes},
    {"no_memory", "allocations fail, one at a time", no_memory},
    {NULL, NULL, NULL},
};
