/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine against every kind of target: what one of them does in its own
 * way must not reach the user.
 */
#include <errno.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

/* Runs a scenario's body once for each kind, with its usual buffers. */
static void each_kind(
    struct world *w, void (*body)(struct world *w, struct rig_options *o))
{
	for (unsigned k = 0; k < PERSONA_KINDS; k++) {
		const struct persona *p = persona_get((enum persona_kind)k);
		struct rig_options o = {
		    .target.kind = (enum persona_kind)k,
		    .target.buffers = p->buffers,
		    .target.service = 20 * NSEC_US,
		    .target.padded = rng_chance(&w->rng, 0.5),
		    .mtu = rng_chance(&w->rng, 0.5) ? 9000 : 1500,
		};
		unsigned failures = w->failures;

		body(w, &o);
		if (w->failures > failures)
			world_fail(w, "that was %s, MTU %u, %s answers",
			    p->name, o.mtu,
			    o.target.padded ? "padded" : "short");
	}
}

/* Overlapping reads, writes and flushes at 2 % loss. */
static void load_body(struct world *w, struct rig_options *o)
{
	struct load_options l = {.ops = 3000,
	    .depth = 16,
	    .reads = 10,
	    .writes = 10,
	    .flushes = 1,
	    .fua = 0.05,
	    .max = 16384,
	    .to = 256 << 10};
	struct net_cable *in, *out;
	struct rig r;

	if (!rig_init(&r, w, o))
		return;
	in = &r.h->port[0].net->in;
	out = &r.h->port[0].net->out;
	in->loss = out->loss = 0.02;
	rig_run(&r, &l);
	in->loss = out->loss = 0;
	CHECK_EQ(w, r.load->failed, 0);
	CHECK_EQ(w, r.load->finished, l.ops);
	CHECK(w, r.model->checked > 1000);
	CHECK_EQ(w, r.t[0]->n.out_of_range, 0);
	/* Both forms of flush are known to those that say they have them. */
	CHECK_EQ(w, r.t[0]->n.flushes > 0, o->target.kind != PERSONA_QAOED);
	rig_finish(&r);
	target_kill(r.t[0]);
}

static void kinds(struct world *w)
{
	each_kind(w, load_body);
}

/*
 * The target takes less than it said, without a word: vblade answers E 2,
 * ggaoed and VSX abort. It is asked again and nothing fails.
 */
static void limit_body(struct world *w, struct rig_options *o)
{
	struct load_options l = {.ops = 1500,
	    .depth = 16,
	    .min = 8192,
	    .max = 32768,
	    .align = 512,
	    .to = 1 << 20};
	struct rig r;

	o->mtu = 9000;
	o->target.order = SERVICE_FIFO;
	if (!rig_init(&r, w, o))
		return;
	load_start(rig_load(&r, &l));
	for (unsigned i = 0; i < 6; i++) {
		world_run(w, 20 * NSEC_MS);
		r.t[0]->opt.mtu = i & 1 ? 9000 : 1500;
		if (o->target.kind == PERSONA_VBLADE)
			r.t[0]->limit = 2; /* it restarted quietly */
	}
	load_wait(r.load, 60 * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 0);
	CHECK_EQ(w, r.load->finished, l.ops);
	CHECK_EQ(
	    w, r.t[0]->n.refused > 0, r.t[0]->persona->many != PERSONA_SERVED);
	rig_finish(&r);
	target_kill(r.t[0]);
}

static void kinds_limit(struct world *w)
{
	each_kind(w, limit_body);
}

/* A protected disk can be read; writes fail at once and nothing else does. */
static void readonly_body(struct world *w, struct rig_options *o)
{
	struct rig r;
	int error;

	o->target.readonly = true;
	if (!rig_init(&r, w, o))
		return;
	for (unsigned i = 0; i < 5; i++) {
		error = load_one(r.load, AOE_WRITE, 512 * i, 16384);
		CHECK(w, error == -EROFS || error == -EIO);
		CHECK(w, r.load->slowest < 5 * NSEC_SEC);
		CHECK_EQ(w, load_one(r.load, AOE_READ, 512 * i, 16384), 0);
	}
	CHECK_EQ(w, host_seen(r.h, ENGINE_DOWN), 0);
	rig_finish(&r);
	target_kill(r.t[0]);
}

static void kinds_readonly(struct world *w)
{
	each_kind(w, readonly_body);
}

/*
 * One bad sector: requests that touch it fail, their neighbours do not, though
 * ggaoed may have put them into one I/O with it.
 */
static void medium_body(struct world *w, struct rig_options *o)
{
	struct load_options l = {.depth = 12};
	struct rig r;

	o->target.bad_lba = 1000;
	o->target.bad_sectors = 1;
	o->target.order = SERVICE_FIFO;
	if (!rig_init(&r, w, o))
		return;
	rig_load(&r, &l);
	for (unsigned i = 0; i < 10; i++) {
		unsigned failed = r.load->failed;

		/* Sectors 976 to 1023 in pieces of four. */
		for (unsigned n = 0; n < 12; n++)
			CHECK_EQ(w,
			    load_post(
				r.load, AOE_READ, 512 * (976 + 4 * n), 4 * 512),
			    0);
		load_stop(r.load);
		load_wait(r.load, 10 * NSEC_SEC);
		CHECK_EQ(w, r.load->failed - failed, 1);
		CHECK_EQ(w, r.load->first_error, -EIO);
	}
	CHECK_EQ(w, host_seen(r.h, ENGINE_DOWN), 0);
	rig_finish(&r);
	target_kill(r.t[0]);
}

static void kinds_medium(struct world *w)
{
	each_kind(w, medium_body);
}

/* Old shelves say 0 sectors and mean 2. */
static void kinds_old(struct world *w)
{
	struct load_options l = {
	    .ops = 500, .depth = 8, .min = 8192, .max = 32768};
	struct rig_options o = {.target.kind = PERSONA_ETHERDRIVE,
	    .target.buffers = 16,
	    .target.old_sectors = true,
	    .mtu = 9000};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	rig_run(&r, &l);
	CHECK_EQ(w, r.load->failed, 0);
	CHECK_EQ(w, r.t[0]->largest, 2);
	CHECK_EQ(w, r.t[0]->n.refused, 0);
	rig_finish(&r);
}

/*
 * A target that drops what overlaps an I/O in progress: writes never meet
 * there. After a stall copies of one request may, of which it answers the last.
 */
static void jealous(struct world *w)
{
	struct rig_options o = {.target.kind = PERSONA_VSX,
	    .target.buffers = 64,
	    .target.service = 100 * NSEC_US,
	    .mtu = 9000};
	struct load_options l = {.ops = 3000,
	    .depth = 16,
	    .writes = 1,
	    .align = 512,
	    .max = 16384,
	    .to = 128 << 10};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	rig_run(&r, &l);
	CHECK_EQ(w, r.t[0]->n.clashes, 0);
	load_again(r.load, 3000);
	load_start(r.load);
	for (unsigned i = 0; i < 5; i++) {
		target_stall(r.t[0], true);
		world_run(w, 300 * NSEC_MS);
		target_stall(r.t[0], false);
		world_run(w, 10 * NSEC_MS);
	}
	load_wait(r.load, 10 * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 0);
	/* Copies that were merged are never answered, and hold fences. */
	CHECK(w, r.load->slowest < 3 * NSEC_SEC);
	rig_finish(&r);
}

/* Each order of service under loss, with overlapping requests. */
static void orders(struct world *w)
{
	static const enum service order[] = {
	    SERVICE_FIFO, SERVICE_UNIFORM, SERVICE_LOG, SERVICE_TAIL};
	struct load_options l = {
	    .ops = 2000, .depth = 16, .max = 8192, .to = 256 << 10};

	for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
		struct rig_options o = {.target.kind = PERSONA_KVBLADE,
		    .target.buffers = 64,
		    .target.order = order[i],
		    .cable = {.delay = RIG_DELAY, .loss = 0.02}};
		struct rig r;

		if (!rig_init(&r, w, &o))
			return;
		rig_run(&r, &l);
		CHECK_EQ(w, r.load->failed, 0);
		world_note(w, "order %u: slowest %llu us", order[i],
		    (unsigned long long)(r.load->slowest / NSEC_US));
		net_both(
		    r.h->port[0].net, &(struct net_cable){.delay = RIG_DELAY});
		rig_finish(&r);
		target_kill(r.t[0]);
	}
}

const struct scenario sc_kinds[] = {
    {"kinds", "overlapping load with loss on every kind of target", kinds},
    {"kinds_limit", "limits that shrink without a word", kinds_limit},
    {"kinds_readonly", "a protected disk can still be read", kinds_readonly},
    {"kinds_medium", "a bad sector fails alone", kinds_medium},
    {"kinds_old", "0 sectors per request are 2", kinds_old},
    {"jealous", "overlaps are not sent to who would drop them", jealous},
    {"orders", "each order of service with loss", orders},
    {NULL, NULL, NULL},
};
