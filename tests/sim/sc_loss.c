/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Networks that lose, double, delay and reorder: every byte stays right.
 */
#include <errno.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

/*
 * Small disk area and many requests, so that most overlap with others. The
 * doubled copy of a frame must not trail by more than a round trip: a stray
 * copy of an answered request is what AoE cannot know of.
 */
static const struct load_options HOT = {
    .ops = 10000, .depth = 16, .max = 8192, .to = 256 << 10};

static void torture(struct world *w, const struct net_cable *cable,
    bool unordered, const struct load_options *l)
{
	struct rig_options o = {.target.buffers = 16,
	    .target.service = 20 * NSEC_US,
	    .cable = *cable};
	struct rig r;

	o.target.order = unordered ? SERVICE_UNIFORM : SERVICE_OWN;
	if (!rig_init(&r, w, &o))
		return;
	if (unordered)
		r.h->port[0].net->out.dup = 0;
	rig_run(&r, l);
	CHECK_EQ(w, r.load->failed, 0);
	CHECK_EQ(w, r.load->finished, l->ops);
	CHECK(w, r.model->checked > 1000);
	CHECK(w, r.model->blind * 50 < r.model->checked);
	world_note(w, "%.3f s, slowest %.3f s, %llu fenced, %u cancelled",
	    (double)(r.load->ended - r.load->started) / 1e9,
	    (double)r.load->slowest / 1e9,
	    (unsigned long long)rig_stats(&r).fenced, r.load->cancelled);
	net_both(r.h->port[0].net, &(struct net_cable){.delay = RIG_DELAY});
	rig_finish(&r);
}

static void loss5(struct world *w)
{
	torture(w, &(struct net_cable){.delay = RIG_DELAY, .loss = 0.05}, false,
	    &HOT);
}

static void loss5_rough(struct world *w)
{
	struct net_cable rough = {.delay = 200 * NSEC_US,
	    .jitter = 300 * NSEC_US,
	    .loss = 0.05,
	    .dup = 0.05,
	    .reorder = 0.05,
	    .hold = 800 * NSEC_US};

	torture(w, &rough, false, &HOT);
}

static void loss5_unordered(struct world *w)
{
	struct net_cable rough = {.delay = 200 * NSEC_US,
	    .jitter = 300 * NSEC_US,
	    .loss = 0.05,
	    .dup = 0.05};

	torture(w, &rough, true, &HOT);
}

static void loss30(struct world *w)
{
	struct load_options l = HOT;

	l.ops = 1500;
	torture(
	    w, &(struct net_cable){.delay = RIG_DELAY, .loss = 0.3}, false, &l);
}

/* From a little to nearly everything: slower, and never wrong. */
static void loss_rates(struct world *w)
{
	static const struct {
		double loss;
		unsigned ops;
		nsec_t slowest;
	} list[] = {{0.001, 2000, NSEC_SEC}, {0.01, 2000, NSEC_SEC},
	    {0.1, 1000, 5 * NSEC_SEC}, {0.5, 100, 90 * NSEC_SEC}};
	struct load_options l = HOT;

	for (unsigned i = 0; i < ARRAY_SIZE(list); i++) {
		struct rig_options o = {
		    .target.buffers = 16, .target.service = 20 * NSEC_US};
		struct net_cable *in, *out;
		struct rig r;

		if (!rig_init(&r, w, &o))
			return;
		in = &r.h->port[0].net->in;
		out = &r.h->port[0].net->out;
		in->loss = out->loss = list[i].loss;
		l.ops = list[i].ops;
		rig_run(&r, &l);
		world_note(w, "loss %.3f: %.1f MB/s, slowest %.3f s",
		    list[i].loss,
		    (double)r.load->bytes * 1e3 /
			(double)(r.load->ended - r.load->started),
		    (double)r.load->slowest / 1e9);
		CHECK_EQ(w, r.load->failed, 0);
		CHECK_EQ(w, r.load->finished, l.ops);
		CHECK(w, r.load->slowest < list[i].slowest);
		in->loss = out->loss = 0;
		rig_finish(&r);
		target_kill(r.t[0]);
	}
}

static void bursts(struct world *w)
{
	struct load_options l = HOT;

	l.ops = 3000;
	torture(w,
	    &(struct net_cable){
		.delay = RIG_DELAY, .burst = 0.002, .burst_len = 24},
	    false, &l);
}

static void reorder30(struct world *w)
{
	struct net_cable rough = {.delay = 500 * NSEC_US,
	    .jitter = 100 * NSEC_US,
	    .dup = 0.3,
	    .reorder = 0.3,
	    .hold = 900 * NSEC_US};
	struct load_options l = HOT;

	l.ops = 5000;
	torture(w, &rough, false, &l);
}

static void loss_cancel(struct world *w)
{
	struct load_options l = HOT;

	l.ops = 10000;
	l.reads = 1;
	l.writes = 2;
	l.cancel = 0.4;
	l.patience = 2 * NSEC_MS;
	l.align = 512;
	l.to = 64 << 10;
	l.max = 512;
	torture(w,
	    &(struct net_cable){
		.delay = RIG_DELAY, .jitter = 3 * NSEC_MS, .loss = 0.05},
	    false, &l);
}

/* Loses the next `left` frames that `match` picks. */
struct drop {
	bool (*match)(const struct msg *m);
	unsigned left, hits;
};

static bool drop_filter(
    void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	struct drop *d = ctx;
	struct msg m;

	(void)delay;
	if (!d->left || !msg_get(&m, frame, len) || m.response || !d->match(&m))
		return true;
	d->left--;
	d->hits++;
	return false;
}

static bool is_data(const struct msg *m)
{
	return msg_is_read(m) || msg_is_write(m);
}

static bool is_identify(const struct msg *m)
{
	return m->command == MSG_ATA && m->ata == MSG_IDENTIFY;
}

static bool is_config(const struct msg *m)
{
	return m->command == MSG_CONFIG;
}

/* The kernel's driver needs 16.5 s when its very first frame is lost. */
static void first_lost(struct world *w)
{
	bool (*const match[])(const struct msg *m) = {
	    is_config, is_identify, is_data};
	struct rig_options o = {.bare = true};
	struct rig r;

	for (unsigned i = 0; i < ARRAY_SIZE(match); i++) {
		struct drop d = {match[i], 1, 0};
		nsec_t start = world_now(w);

		w->net.filter = drop_filter;
		w->net.filter_ctx = &d;
		rig_init(&r, w, &o);
		if (!rig_open(&r))
			return;
		CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 512), 0);
		CHECK_EQ(w, d.hits, 1);
		CHECK(w, world_now(w) - start <
			     (i ? 500 * NSEC_MS : 1500 * NSEC_MS));
		if (i)
			CHECK(w, r.load->slowest < 500 * NSEC_MS);
		w->net.filter = NULL;
		rig_finish(&r);
		target_kill(r.t[0]);
	}
}

/* What the path waits for an answer before it asks again. */
static nsec_t patience(struct rig *r)
{
	struct engine_path_info p = {0};

	CHECK(r->w, rig_path(r, 0, &p));
	return p.srtt > p.rto / 2 ? 2 * p.srtt : p.rto;
}

/* The last frame of an idle queue: nothing behind it tells of the loss. */
static void tail_loss(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct drop d = {is_data, 0, 0};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	w->net.filter = drop_filter;
	w->net.filter_ctx = &d;
	for (unsigned i = 0; i < 100; i++) {
		nsec_t limit = patience(&r);

		d.left = i % 4 == 0;
		CHECK_EQ(w, load_one(r.load, AOE_WRITE, i * 512, 512), 0);
		CHECK(w, r.load->slowest <= limit + 3 * RIG_DELAY);
		world_run(w, rng_below(&w->rng, 100 * NSEC_MS));
	}
	CHECK_EQ(w, d.hits, 25);
	w->net.filter = NULL;
	rig_finish(&r);
}

/* Copies that arrive or are answered long after: counted, and harmless. */
static void spurious(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = {
	    .ops = 2000, .depth = 8, .max = 4096, .to = 65536};
	struct engine_path_info p;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	rig_run(&r, &l);
	for (unsigned i = 0; i < 15; i++)
		script_add(
		    &r.t[0]->script, SCRIPT_DATA, SCRIPT_LATE, 40 * NSEC_MS, 2)
		    ->skip = 20 + 30 * i;
	load_again(r.load, 2000);
	load_run(r.load);
	CHECK(w, rig_path(&r, 0, &p));
	CHECK(w, p.stats->spurious + engine_stats(r.h->e)->late > 0);
	rig_finish(&r);
}

static void duplicates(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = {.ops = 300, .depth = 8, .max = 4096};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	script_add(&r.t[0]->script, SCRIPT_DATA, SCRIPT_DUP, 2, 100);
	rig_run(&r, &l);
	CHECK_EQ(w, engine_stats(r.h->e)->dup, 200);
	rig_finish(&r);
}

const struct scenario sc_loss[] = {
    {"loss5", "10000 requests at 5 % loss each way", loss5},
    {"loss5_rough", "... doubled, jittered and reordered, too", loss5_rough},
    {"loss5_unordered", "... with an unordered target", loss5_unordered},
    {"loss30", "30 % loss each way", loss30},
    {"loss_rates", "0.1, 1, 10 and 50 % loss each way", loss_rates},
    {"bursts", "bursts of loss", bursts},
    {"reorder30", "30 % reordered and doubled", reorder30},
    {"loss_cancel", "loss, jitter and cancelling", loss_cancel},
    {"first_lost", "the first frame lost costs < 0.5 s", first_lost},
    {"tail_loss", "the last frame lost costs little", tail_loss},
    {"spurious", "late answers are known for what they are", spurious},
    {"duplicates", "second answers are counted and ignored", duplicates},
    {NULL, NULL, NULL},
};
