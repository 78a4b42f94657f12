/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 3 where it hurts most: copies of writes that arrive long after newer
 * writes to the same sectors were asked for.
 */
#include <string.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

/*
 * One of two paths holds every frame back for a while, then delivers them all
 * in order: old copies of writes arrive long after newer ones went the other
 * way.
 */
struct holdup {
	struct world *w;
	struct mac mac; /* of the target behind the slow path */
	nsec_t until;
	uint64_t held;
};

static bool holdup_filter(
    void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	struct holdup *h = ctx;
	nsec_t now = world_now(h->w);

	(void)len;
	if (now < h->until && !memcmp(frame, h->mac.b, 6)) {
		h->held++;
		*delay = h->until - now;
	}
	return true;
}

static void late_run(
    struct world *w, unsigned rounds, unsigned ops, double loss)
{
	struct net_cable *in, *out;
	struct rig_options o = {
	    .targets = 2, .target.buffers = 8, .target.service = 20 * NSEC_US};
	struct load_options l = {.depth = 16,
	    .writes = 3,
	    .reads = 1,
	    .align = 512,
	    .max = 4096,
	    .to = 32768};
	struct holdup h = {.w = w};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC);
	w->net.filter = holdup_filter;
	w->net.filter_ctx = &h;
	in = &r.h->port[0].net->in;
	out = &r.h->port[0].net->out;
	in->loss = out->loss = loss;
	rig_load(&r, &l);
	for (unsigned i = 0; i < rounds; i++) {
		load_again(r.load, ops);
		load_start(r.load);
		world_run(w, rng_below(&w->rng, 2 * NSEC_MS));
		h.mac = r.t[i & 1]->port->mac;
		h.until = world_now(w) +
			  rng_between(&w->rng, 50 * NSEC_MS, 700 * NSEC_MS);
		load_wait(r.load, 10 * NSEC_SEC);
		CHECK_EQ(w, r.load->failed, 0);
		world_run(w, 2 * NSEC_SEC);
	}
	CHECK(w, h.held > 20);
	CHECK(w, rig_stats(&r).fenced > 0);
	w->net.filter = NULL;
	in->loss = out->loss = 0;
	rig_finish(&r);
}

static void late_writes(struct world *w)
{
	late_run(w, 12, 200, 0);
}

/* 10,000 requests at 5 % loss each way, and frames that come far too late. */
static void late_loss(struct world *w)
{
	late_run(w, 20, 500, 0.05);
}

/*
 * A target that works on many requests at a time stalls with some of them
 * inside, others behind them answered: they come into effect when it goes on.
 */
static void late_stall(struct world *w)
{
	struct rig_options o = {
	    .targets = 2, .target.buffers = 16, .target.order = SERVICE_LOG};
	struct load_options l = {.depth = 16,
	    .writes = 3,
	    .reads = 1,
	    .align = 512,
	    .max = 4096,
	    .to = 32768};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	/* What the paths have not learned yet cannot be counted on. */
	rig_load(&r, &l);
	load_again(r.load, 2000);
	load_run(r.load);
	for (unsigned i = 0; i < 20; i++) {
		load_again(r.load, 300);
		load_start(r.load);
		world_run(w, rng_between(&w->rng, 5, 50) * NSEC_MS);
		target_stall(r.t[i & 1], true);
		world_run(w, 400 * NSEC_MS);
		target_stall(r.t[i & 1], false);
		load_wait(r.load, 10 * NSEC_SEC);
		CHECK_EQ(w, r.load->failed, 0);
	}
	CHECK(w, rig_stats(&r).fenced > 0);
	rig_finish(&r);
}

/* A write is cancelled on its way; the next one to its sectors follows. */
static void late_cancel(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = {.depth = 8};
	unsigned hold = 0;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	w->net.filter = rig_linger;
	w->net.filter_ctx = &hold;
	rig_load(&r, &l);
	for (unsigned i = 0; i < 100; i++) {
		uint64_t at = rng_below(&w->rng, 100) * 512;

		hold = 1;
		load_post(r.load, AOE_WRITE, at, 1024);
		world_run(w, rng_below(&w->rng, 50 * NSEC_US));
		load_cancel(r.load);
		load_post(r.load, AOE_READ, 1 << 20, 512);
		load_post(r.load, AOE_WRITE, at, 1024);
		load_stop(r.load);
		load_wait(r.load, NSEC_SEC);
		world_run(w, 2 * NSEC_MS);
		CHECK_EQ(w, load_one(r.load, AOE_READ, at, 1024), 0);
	}
	CHECK_EQ(w, hold, 0);
	w->net.filter = NULL;
	rig_finish(&r);
}

/*
 * Each write is overtaken by its own second copy and by what follows: it comes
 * when newer ones are waiting already, within what the path is known to delay.
 */
static bool slow_filter(
    void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	struct holdup *h = ctx;
	struct msg m;

	if (h->until && msg_get(&m, frame, len) && !m.response &&
	    msg_is_write(&m)) {
		h->until = 0;
		h->held++;
		*delay = rng_between(&h->w->rng, 300 * NSEC_US, 560 * NSEC_US);
	}
	return true;
}

static void late_order(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = {.depth = 8};
	struct holdup h = {.w = w};
	struct rig r;

	for (unsigned i = 0; i < 30; i++) {
		if (!rig_init(&r, w, &o))
			return;
		rig_load(&r, &l);
		/* Enough for the engine to be sure of the order. */
		for (unsigned k = 0; k < 200; k++)
			CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 512), 0);
		w->net.filter = slow_filter;
		w->net.filter_ctx = &h;
		h.until = NSEC_NEVER;
		load_post(r.load, AOE_WRITE, 8192, 512);
		load_post(r.load, AOE_READ, 0, 512);
		load_post(r.load, AOE_WRITE, 8192, 512);
		load_stop(r.load);
		load_wait(r.load, NSEC_SEC);
		world_run(w, 5 * NSEC_MS);
		CHECK_EQ(w, load_one(r.load, AOE_READ, 8192, 512), 0);
		w->net.filter = NULL;
		rig_finish(&r);
		target_kill(r.t[0]);
	}
	CHECK_EQ(w, h.held, 30);
}

/*
 * A second in the network: within --late-copy-ms, its default or what it was
 * set to, the newer write waits and stays.
 */
static void late_second(struct world *w)
{
	static const nsec_t late[][2] = {{0, 995 * NSEC_MS},
	    {1500 * NSEC_MS, NSEC_SEC}, {3 * NSEC_SEC, 2900 * NSEC_MS}};
	struct holdup h = {.w = w};
	struct rig r;

	for (unsigned i = 0; i < ARRAY_SIZE(late); i++) {
		struct rig_options o = {.targets = 2,
		    .target.buffers = 16,
		    .config.late_copy = late[i][0]};
		struct load_options l = {.depth = 8};

		if (!rig_init(&r, w, &o))
			return;
		world_run(w, 500 * NSEC_MS);
		rig_load(&r, &l);
		w->net.filter = holdup_filter;
		w->net.filter_ctx = &h;
		h.held = 0;
		h.until = world_now(w) + late[i][1];
		h.mac = r.t[0]->port->mac;
		for (unsigned k = 0; k < 4; k++)
			load_post(r.load, AOE_WRITE, k * 1024, 1024);
		world_run(w, 200 * NSEC_MS);
		for (unsigned k = 0; k < 4; k++)
			load_post(r.load, AOE_WRITE, k * 1024, 1024);
		load_stop(r.load);
		load_wait(r.load, 10 * NSEC_SEC);
		CHECK(w, h.held > 0);
		CHECK(w, rig_stats(&r).fenced > 0);
		world_run(w, 5 * NSEC_SEC);
		for (unsigned k = 0; k < 4; k++)
			CHECK_EQ(
			    w, load_one(r.load, AOE_READ, k * 1024, 1024), 0);
		w->net.filter = NULL;
		rig_finish(&r);
		target_kill(r.t[0]);
		target_kill(r.t[1]);
	}
}

const struct scenario sc_late[] = {
    {"late_writes", "old copies never undo newer writes", late_writes},
    {"late_stall", "nor do those that a stalled target kept", late_stall},
    {"late_loss", "nor at 5 % loss each way, 10000 requests", late_loss},
    {"late_cancel", "nor do cancelled ones", late_cancel},
    {"late_order", "nor what is overtaken on its path", late_order},
    {"late_second", "nor what comes a second late", late_second},
    {NULL, NULL, NULL},
};
