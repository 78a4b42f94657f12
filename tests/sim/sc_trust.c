/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 4: whose answers are believed. A hub, or a switch that floods, brings
 * every frame to the neighbours too, and one of them may answer for the same
 * address with another disk.
 */
#include <errno.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

/* How well the neighbour is known when it begins to answer. */
enum acquaintance {
	NEIGHBOUR_REFUSED, /* it has shown its disk */
	NEIGHBOUR_MUTE,    /* ... answers everything but IDENTIFY */
	NEIGHBOUR_UNKNOWN, /* ... and config */
	NEIGHBOUR_NEW,     /* it appears under load */
};

static struct target *neighbour_new(struct rig *r, enum acquaintance how)
{
	struct disk *disk = disk_new(r->w, 8192);
	struct target *t = rig_rival(r, disk, "1.0:other");

	/* Whoever overhears writes has them in no order. */
	disk->unjudged = true;
	t->opt.service = 0;
	if (how == NEIGHBOUR_MUTE || how == NEIGHBOUR_UNKNOWN)
		script_add(&t->script, SCRIPT_IDENTIFY, SCRIPT_SILENCE, 0,
		    SCRIPT_ALWAYS);
	if (how == NEIGHBOUR_UNKNOWN)
		script_add(&t->script, SCRIPT_CONFIG, SCRIPT_SILENCE, 0,
		    SCRIPT_ALWAYS);
	else if (how != NEIGHBOUR_NEW)
		target_announce(t);
	world_run(r->w, 2 * NSEC_SEC);
	t->port->nosy = true;
	r->w->net.hub = true;
	return t;
}

/*
 * It is quicker than the right one: all it says is thrown away, and no request
 * fails or waits for that. `queue`: the right one drops some of them, and what
 * the neighbour did instead is still to be done.
 */
static void neighbour(struct world *w, enum acquaintance how, unsigned queue)
{
	struct rig_options o = {.target.buffers = 16,
	    .target.service = 100 * NSEC_US,
	    .target.queue = queue};
	struct load_options l = {
	    .ops = 300, .depth = 4, .reads = 1, .writes = 1, .max = 16384};
	struct target *t;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	t = neighbour_new(&r, how);
	load_start(rig_load(&r, &l));
	if (how == NEIGHBOUR_NEW) {
		world_run(w, 5 * NSEC_MS);
		target_announce(t);
	}
	load_wait(r.load, LOAD_LONG);
	CHECK(w, t->n.reads > 100 && t->n.writes > 100);
	CHECK_EQ(w, r.load->failed, 0);
	CHECK(w, r.load->slowest < 2 * NSEC_SEC);
	rig_finish(&r);
	w->net.hub = false;
	target_kill(t);
	target_kill(r.t[0]);
}

static void trust_refused(struct world *w)
{
	neighbour(w, NEIGHBOUR_REFUSED, 0);
	neighbour(w, NEIGHBOUR_REFUSED, 4);
}

static void trust_mute(struct world *w)
{
	neighbour(w, NEIGHBOUR_MUTE, 0);
	neighbour(w, NEIGHBOUR_MUTE, 4);
}

static void trust_unknown(struct world *w)
{
	neighbour(w, NEIGHBOUR_UNKNOWN, 0);
	neighbour(w, NEIGHBOUR_UNKNOWN, 4);
}

static void trust_new(struct world *w)
{
	for (unsigned i = 0; i < 10; i++)
		neighbour(w, NEIGHBOUR_NEW, 0);
}

/*
 * A MAC announces itself with a window of requests under way. Its identity
 * turns out to be what it was: the answers that came meanwhile are good, and
 * nothing is asked twice.
 */
static void trust_same(struct world *w)
{
	struct rig_options o = {.target.buffers = 16,
	    .target.service = 50 * NSEC_US,
	    .cable.delay = 2 * NSEC_MS};
	struct load_options l = {
	    .ops = 1u << 30, .depth = 16, .align = 512, .max = 1024};
	struct engine_path_info p;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, 2 * NSEC_SEC);
	load_start(rig_load(&r, &l));
	for (unsigned i = 0; i < 20; i++) {
		world_run(w, rng_between(&w->rng, 20, 25) * NSEC_MS);
		target_announce(r.t[0]);
	}
	load_stop(r.load);
	load_wait(r.load, LOAD_LONG);
	CHECK(w, r.load->finished > 500);
	if (CHECK(w, rig_path(&r, 0, &p)))
		CHECK_EQ(w, p.stats->resent, 0);
	CHECK_EQ(w, r.t[0]->n.reads + r.t[0]->n.writes, r.load->finished);
	rig_finish(&r);
}

/*
 * One of two MACs is another disk from one moment to the next, and answers what
 * was on its way. That is thrown away, and asked of the other MAC.
 */
static void trust_other(struct world *w)
{
	struct rig_options o = {
	    .targets = 2, .target.buffers = 16, .cable.delay = 2 * NSEC_MS};
	struct load_options l = {
	    .ops = 400, .depth = 16, .reads = 1, .max = 4096};
	struct rig r;

	for (unsigned i = 0; i < 20; i++) {
		if (!rig_init(&r, w, &o))
			return;
		world_run(w, NSEC_SEC);
		load_start(rig_load(&r, &l));
		world_run(w, rng_between(&w->rng, 10, 20) * NSEC_MS);
		target_kill(r.t[1]);
		r.t[1]->opt.disk = disk_new(w, 8192);
		r.t[1]->opt.serial = "1.0:other";
		r.t[1]->n.reads = 0;
		target_start(r.t[1]);
		load_wait(r.load, LOAD_LONG);
		CHECK_EQ(w, r.load->failed, 0);
		CHECK(w, r.t[1]->n.reads > 0);
		CHECK_EQ(w, host_seen(r.h, ENGINE_SWAPPED), 0);
		rig_finish(&r);
		target_kill(r.t[0]);
		target_kill(r.t[1]);
	}
}

const struct scenario sc_trust[] = {
    {"trust_refused", "a refused neighbour on a hub is not believed",
	trust_refused},
    {"trust_mute", "nor one that never said which disk it is", trust_mute},
    {"trust_unknown", "nor one that said nothing at all", trust_unknown},
    {"trust_new", "nor one that is just being asked", trust_new},
    {"trust_same", "a doubt without reason costs no frame", trust_same},
    {"trust_other", "what a swapped disk said is asked again", trust_other},
    {NULL, NULL, NULL},
};
