/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads and writes on a network without faults: everything that must simply
 * work, in every size and order, and at the edges of the interface.
 */
#include <errno.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

static void plain(struct world *w, unsigned mtu)
{
	struct rig_options o = {.mtu = mtu,
	    .target.buffers = 16,
	    .target.queue = 32,
	    .target.service = 20 * NSEC_US};
	struct load_options l = {.ops = 600, .depth = 8};
	struct engine_path_info p;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	rig_run(&r, &l);
	world_run(w, 2 * NSEC_SEC);
	rig_run(&r, &l);
	CHECK_EQ(w, r.t[0]->largest, (mtu - 36) / 512);
	CHECK_EQ(w, r.t[0]->n.refused + r.t[0]->n.overflow, 0);
	if (CHECK(w, rig_path(&r, 0, &p))) {
		/* Nothing was lost, so nothing may be sent twice. */
		CHECK_EQ(w, p.stats->resent, 0);
		CHECK_EQ(w, p.stats->lost, 0);
		CHECK_EQ(w, p.inflight, 0);
	}
	CHECK_EQ(w, rig_stats(&r).errors, 0);
	rig_finish(&r);
}

static void plain_1500(struct world *w)
{
	plain(w, 1500);
}

static void plain_9000(struct world *w)
{
	plain(w, 9000);
}

/* Neighbours in one sector, racing: both must survive. */
static void unaligned(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .target.order = SERVICE_UNIFORM};
	struct load_options l = {.ops = 3000,
	    .depth = 24,
	    .max = 700,
	    .to = 4096,
	    .reads = 1,
	    .writes = 3};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	rig_run(&r, &l);
	CHECK(w, rig_stats(&r).held > 100);
	rig_finish(&r);
}

/* A target that drops what overlaps with something it has not answered. */
struct strict {
	struct {
		uint64_t lba;
		uint32_t tag;
		unsigned count; /* 0 = unused */
		bool write;
	} out[64];
	unsigned seen, clashes;
};

static bool strict_filter(
    void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	struct strict *s = ctx;
	unsigned room = ARRAY_SIZE(s->out);
	struct msg m;

	(void)delay;
	if (!msg_get(&m, frame, len) || m.command != MSG_ATA)
		return true;
	for (unsigned i = 0; i < ARRAY_SIZE(s->out); i++) {
		if (m.response && s->out[i].tag == m.tag)
			s->out[i].count = 0;
		if (!s->out[i].count)
			room = i;
		else if (!m.response &&
			 m.lba < s->out[i].lba + s->out[i].count &&
			 s->out[i].lba < m.lba + m.count &&
			 (s->out[i].write || msg_is_write(&m))) {
			s->clashes++;
			return false;
		}
	}
	if (m.response || room == ARRAY_SIZE(s->out) ||
	    !(msg_is_read(&m) || msg_is_write(&m)))
		return true;
	s->seen++;
	s->out[room].lba = m.lba;
	s->out[room].tag = m.tag;
	s->out[room].count = m.count;
	s->out[room].write = msg_is_write(&m);
	return true;
}

static void no_overlap(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .target.service = 20 * NSEC_US};
	struct load_options l = {
	    .ops = 3000, .depth = 16, .max = 4096, .to = 32768};
	struct strict s = {0};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	w->net.filter = strict_filter;
	w->net.filter_ctx = &s;
	rig_run(&r, &l);
	CHECK_EQ(w, s.clashes, 0);
	CHECK(w, s.seen > 3000);
	CHECK(w, rig_stats(&r).held > 500);
	CHECK(w, r.load->slowest < 50 * NSEC_MS);
	w->net.filter = NULL;
	rig_finish(&r);
}

/* Both queued at once: the read sees the write. */
static void write_read(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .target.order = SERVICE_UNIFORM};
	struct load_options l = {.depth = 32};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	rig_load(&r, &l);
	for (unsigned i = 0; i < 200; i++) {
		uint64_t at = rng_below(&w->rng, 8192);

		load_post(r.load, AOE_WRITE, at, 5000);
		load_post(r.load, AOE_READ, at + 700, 3000);
		load_post(r.load, AOE_WRITE, at + 1000, 100);
		load_post(r.load, AOE_READ, at, 5000);
		load_stop(r.load);
		if (!load_wait(r.load, NSEC_SEC))
			return;
	}
	rig_finish(&r);
}

/* Independent requests do not wait for each other. */
static void parallel(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 64, .target.order = SERVICE_UNIFORM};
	struct load_options l = {
	    .ops = 3200, .depth = 32, .align = 512, .max = 512, .reads = 1};
	struct rig r;
	nsec_t took;

	if (!rig_init(&r, w, &o))
		return;
	rig_run(&r, &l);
	took = r.load->ended - r.load->started;
	/* About 5 ms each, 32 at a time, so about 0.5 s; alone 16 s. */
	CHECK(w, took < NSEC_SEC);
	rig_finish(&r);
}

static void cancel(struct world *w)
{
	struct rig_options o = {.target.buffers = 16,
	    .target.service = 500 * NSEC_US,
	    .target.order = SERVICE_OWN};
	struct load_options l = {
	    .ops = 3000, .depth = 16, .cancel = 0.3, .max = 4096, .to = 65536};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	rig_run(&r, &l);
	CHECK(w, r.load->cancelled > 100);
	CHECK(w, r.load->cancelled < 2000);
	rig_finish(&r);
	CHECK_EQ(w, r.load->finished, 3000);
}

/* All at once, while the target says nothing. */
static void cancel_all(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = {.ops = 16, .depth = 16};
	struct rig r;
	nsec_t asked;

	if (!rig_init(&r, w, &o))
		return;
	target_stall(r.t[0], true);
	load_start(rig_load(&r, &l));
	world_run(w, 3 * NSEC_SEC);
	asked = world_now(w);
	load_cancel(r.load);
	CHECK_EQ(w, r.load->cancelled, 16);
	CHECK_EQ(w, world_now(w), asked);
	/* What it had queued may be executed; then all goes on. */
	target_stall(r.t[0], false);
	world_run(w, 2 * NSEC_SEC);
	load_again(r.load, 200);
	load_run(r.load);
	rig_finish(&r);
}

static void quiesce(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = {.ops = 1000,
	    .depth = 16,
	    .writes = 1,
	    .align = 512,
	    .allow = {-ESHUTDOWN}};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	target_stall(r.t[0], true);
	load_start(rig_load(&r, &l));
	world_run(w, 100 * NSEC_MS);
	load_stop(r.load);
	engine_quiesce(r.h->e, world_now(w));
	host_pump(r.h);
	CHECK_EQ(w, engine_pending(r.h->e), 0);
	CHECK_EQ(w, r.load->running, 0);
	CHECK_EQ(w, r.load->failed, 16);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 512), -ESHUTDOWN);
	/* Writes that are out are fenced as long as nobody answers. */
	CHECK(w, engine_fences(r.h->e) > 0);
	world_run(w, 30 * NSEC_SEC);
	CHECK(w, engine_fences(r.h->e) > 0);
	target_stall(r.t[0], false);
	rig_finish(&r);
}

/* A queue that is full is not a loss. */
static void again(struct world *w)
{
	/* Room for a query of ours, too: nothing is lost anywhere. */
	struct rig_options o = {.target.buffers = 16, .target.queue = 32};
	struct load_options l = {.ops = 500, .depth = 16, .max = 16384};
	struct engine_path_info p;
	struct rig r;
	unsigned window;

	if (!rig_init(&r, w, &o))
		return;
	rig_run(&r, &l);
	CHECK(w, rig_path(&r, 0, &p));
	window = p.window;
	r.h->again = 0.3;
	rig_run(&r, &l);
	r.h->again = 0;
	CHECK(w, r.h->agains > 100);
	CHECK(w, engine_stats(r.h->e)->tx_again > 100);
	CHECK(w, rig_path(&r, 0, &p));
	CHECK(w, p.window >= window);
	CHECK_EQ(w, p.stats->lost, 0);
	CHECK_EQ(w, p.stats->resent, 0);
	rig_finish(&r);
}

struct sequence {
	uint64_t next; /* no sector before it is due */
	unsigned turns, frames;
};

static bool in_sequence(
    void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	struct sequence *s = ctx;
	struct msg m;

	(void)delay;
	if (!msg_get(&m, frame, len) || m.response || !msg_is_read(&m))
		return true;
	s->turns += msg_sector(&m) < s->next;
	s->next = msg_sector(&m) + m.count;
	s->frames++;
	return true;
}

/* What the queue did not take comes later, in the order it had. */
static void again_order(struct world *w)
{
	struct rig_options o = {.target.buffers = 32, .target.queue = 100};
	struct sequence s = {0};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	w->net.filter = in_sequence;
	w->net.filter_ctx = &s;
	r.h->again = 0.3;
	for (unsigned i = 0; i < 20; i++) {
		s.next = 0;
		CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 65536), 0);
	}
	r.h->again = 0;
	w->net.filter = NULL;
	CHECK(w, r.h->agains > 50 && s.frames >= 20 * 64);
	CHECK_EQ(w, s.turns, 0);
	rig_finish(&r);
}

/* More than max_requests: refused, and woken up when there is room. */
static void no_room(struct world *w)
{
	struct rig_options o = {.target.buffers = 16,
	    .config.max_requests = 8,
	    .config.copies = 64};
	struct load_options l = {.ops = 500, .depth = 32, .max = 65536};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	rig_run(&r, &l);
	CHECK(w, r.load->blocks > 10);
	rig_finish(&r);
}

static void fua(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = {.ops = 100, .depth = 1, .fua = 1, .writes = 1};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	rig_load(&r, &l);
	for (unsigned i = 0; i < 50; i++) {
		CHECK_EQ(w, load_one(r.load, AOE_WRITE, i * 700, 1500), 0);
		CHECK_EQ(w, r.t[0]->dirty, 0);
	}
	rig_finish(&r);
}

/* What submit refuses, and that nothing goes beyond the end. */
static void range(struct world *w)
{
	struct rig_options o = {.sectors = 1001};
	uint64_t end = 1001 * 512;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	CHECK_EQ(w, load_one(r.load, AOE_READ, end - 1, 1), 0);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, end - 1, 1), 0);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, end - 5000, 5000), 0);
	CHECK_EQ(w, load_one(r.load, AOE_READ, end - 5000, 5000), 0);
	CHECK_EQ(w, load_one(r.load, AOE_READ, end - 1, 2), -EINVAL);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, end - 1, 2), -ENOSPC);
	CHECK_EQ(w, load_one(r.load, AOE_READ, end, 1), -EINVAL);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, end, 1), -ENOSPC);
	CHECK_EQ(w, load_one(r.load, AOE_READ, UINT64_MAX, 2), -EINVAL);
	CHECK_EQ(
	    w, load_one(r.load, AOE_WRITE, UINT64_MAX - 511, 512), -ENOSPC);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 0), -EINVAL);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 0), -EINVAL);
	CHECK_EQ(w, load_one(r.load, (enum aoe_op)17, 0, 512), -EINVAL);
	CHECK_EQ(w, r.t[0]->n.out_of_range, 0);
	rig_finish(&r);
}

const struct scenario sc_io[] = {
    {"plain_1500", "reads and writes, MTU 1500", plain_1500},
    {"plain_9000", "reads and writes, MTU 9000", plain_9000},
    {"unaligned", "racing writes inside sectors all survive", unaligned},
    {"no_overlap", "a target that drops overlaps sees none", no_overlap},
    {"write_read", "a queued read sees the write before it", write_read},
    {"parallel", "independent requests overtake each other", parallel},
    {"cancel", "cancelled requests end, and harm nobody", cancel},
    {"cancel_all", "cancelling works without any answer", cancel_all},
    {"quiesce", "shutdown ends everything and keeps fences", quiesce},
    {"again", "a full send queue is not a loss", again},
    {"again_order", "nor does it turn the order round", again_order},
    {"no_room", "too many requests: refused, then woken", no_room},
    {"fua", "a FUA write is flushed before it is done", fua},
    {"range", "the end of the disk is respected", range},
    {NULL, NULL, NULL},
};
