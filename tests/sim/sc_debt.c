/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 7 when a MAC goes away with writes that it never flushed: the others of
 * the disk flush for it, after a while and with a word about it. A disk of
 * which nothing is left flushes nothing, and says so.
 */
#include <errno.h>
#include <string.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

#define LATE_COPY NSEC_SEC
/* late_copy, and the time in which a silent path is noticed. */
#define SOON (LATE_COPY + 2 * NSEC_SEC)
#define AT_ONCE (100 * NSEC_MS)

/* How the second of two MACs leaves, its writes unflushed. */
enum leave {
	LEAVE_DEAD,    /* it answers nothing any more */
	LEAVE_MOVED,   /* its target has another MAC now */
	LEAVE_REFUSED, /* it comes back as another disk */
};

static bool debt_init(struct rig *r, struct world *w, bool strict)
{
	struct rig_options o = {.targets = 2,
	    .target.buffers = 4,
	    .target.service = 50 * NSEC_US,
	    .config.dead_time = 30 * NSEC_SEC,
	    .config.strict_flush = strict};
	struct load_options l = {.ops = 200, .depth = 16, .writes = 1};

	if (!rig_init(r, w, &o))
		return false;
	world_run(w, NSEC_SEC);
	rig_run(r, &l);
	CHECK_EQ(w, load_one(r->load, AOE_FLUSH, 0, 0), 0);
	rig_run(r, &l);
	return CHECK(w, r->t[0]->dirty > 0 && r->t[1]->dirty > 0);
}

static void leave(struct rig *r, enum leave how)
{
	struct target *t = r->t[1];

	target_kill(t);
	if (how == LEAVE_DEAD)
		return;
	if (how == LEAVE_MOVED) {
		t->port->mac = net_mac(0x300);
	} else {
		t->opt.disk = disk_new(r->w, 8192);
		t->opt.serial = "1.0:other";
	}
	target_start(t);
}

/* A flush that takes no longer than `limit`, and what it came to. */
static int flush_within(struct rig *r, nsec_t limit)
{
	nsec_t began = world_now(r->w);
	int error = load_one(r->load, AOE_FLUSH, 0, 0);

	if (world_now(r->w) - began > limit)
		world_fail(r->w, "a flush took %llu ms and gave %d",
		    (unsigned long long)((world_now(r->w) - began) / NSEC_MS),
		    error);
	return error;
}

/* What follows the first flush is flushed as ever. */
static void then(struct rig *r)
{
	unsigned warnings = r->h->warnings;

	for (unsigned i = 0; i < 3; i++) {
		CHECK_EQ(r->w, load_one(r->load, AOE_WRITE, 0, 65536), 0);
		CHECK_EQ(r->w, flush_within(r, AT_ONCE), 0);
		CHECK_EQ(r->w, r->t[0]->dirty, 0);
	}
	CHECK_EQ(r->w, r->h->warnings, warnings);
}

/* `wait`: how long after that somebody flushes. */
static void debt(struct world *w, enum leave how, nsec_t wait)
{
	unsigned warnings;
	struct rig r;

	if (!debt_init(&r, w, false))
		return;
	leave(&r, how);
	world_run(w, wait);
	rig_load(&r, NULL);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 65536), 0);
	warnings = r.h->warnings;
	CHECK_EQ(w, flush_within(&r, SOON), 0);
	CHECK_EQ(w, r.t[0]->dirty, 0);
	/* What became of the MAC, and that others flushed for it. */
	CHECK(w, r.h->warnings > warnings && r.h->warnings <= warnings + 3);
	CHECK_EQ(w, rig_stats(&r).errors, 0);
	then(&r);
	rig_finish(&r);
	target_kill(r.t[0]);
	target_kill(r.t[1]);
}

static void debt_dead(struct world *w)
{
	debt(w, LEAVE_DEAD, 5 * NSEC_SEC);
	debt(w, LEAVE_DEAD, 0);
}

static void debt_moved(struct world *w)
{
	debt(w, LEAVE_MOVED, 5 * NSEC_SEC);
	debt(w, LEAVE_MOVED, 0);
}

static void debt_refused(struct world *w)
{
	debt(w, LEAVE_REFUSED, 5 * NSEC_SEC);
	debt(w, LEAVE_REFUSED, 0);
}

/* The only MAC of a disk is another one after a restart. */
static void debt_only(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .config.dead_time = 30 * NSEC_SEC};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 65536), 0);
	target_kill(r.t[0]);
	world_run(w, NSEC_SEC);
	r.t[0]->port->mac = net_mac(0x300);
	target_start(r.t[0]);
	world_run(w, 2 * NSEC_SEC);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 4096), 0);
	CHECK_EQ(w, flush_within(&r, SOON), 0);
	then(&r);
	rig_finish(&r);
}

/* With --strict-flush somebody hears of it: once, at once, and no more. */
static void strict(struct world *w, enum leave how)
{
	struct rig r;

	if (!debt_init(&r, w, true))
		return;
	leave(&r, how);
	world_run(w, 5 * NSEC_SEC);
	rig_load(&r, NULL);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 65536), 0);
	CHECK_EQ(w, flush_within(&r, SOON), -EIO);
	CHECK_EQ(w, flush_within(&r, AT_ONCE), 0);
	CHECK_EQ(w, r.t[0]->dirty, 0);
	then(&r);
	rig_finish(&r);
	target_kill(r.t[0]);
	target_kill(r.t[1]);
}

static void debt_strict(struct world *w)
{
	strict(w, LEAVE_DEAD);
	strict(w, LEAVE_MOVED);
	strict(w, LEAVE_REFUSED);
}

/* It goes while flushes and FUA writes are under way. */
static void debt_busy(struct world *w)
{
	struct load_options l = {.ops = 1u << 30,
	    .depth = 16,
	    .writes = 8,
	    .flushes = 1,
	    .fua = 0.2,
	    .max = 8192};
	struct rig r;

	for (unsigned how = LEAVE_DEAD; how <= LEAVE_REFUSED; how++) {
		if (!debt_init(&r, w, false))
			return;
		load_start(rig_load(&r, &l));
		world_run(w, rng_between(&w->rng, 5, 50) * NSEC_MS);
		leave(&r, (enum leave)how);
		world_run(w, 10 * NSEC_SEC);
		load_stop(r.load);
		load_wait(r.load, SOON);
		CHECK_EQ(w, r.load->failed, 0);
		CHECK(w, r.load->slowest <= SOON);
		CHECK(w, r.load->finished > 5000);
		rig_finish(&r);
		target_kill(r.t[0]);
		target_kill(r.t[1]);
	}
}

/*
 * Nobody is left: a flush ends when the disk counts as dead, and never says
 * that it is well. When the same target is back, it is flushed.
 */
static void debt_alone(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .config.dead_time = 10 * NSEC_SEC};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 8192), 0);
	target_kill(r.t[0]);
	CHECK_EQ(w, load_one(r.load, AOE_FLUSH, 0, 0), -EIO);
	CHECK(w, r.load->slowest <= 10 * NSEC_SEC);
	CHECK_EQ(w, load_one(r.load, AOE_FLUSH, 0, 0), -EIO);
	CHECK_EQ(w, r.t[0]->n.flushes, 0);
	target_start(r.t[0]);
	rig_wait_state(&r, ENGINE_DEVICE_UP, 70 * NSEC_SEC);
	CHECK_EQ(w, load_one(r.load, AOE_FLUSH, 0, 0), 0);
	CHECK_EQ(w, r.t[0]->n.flushes, 1);
	rig_finish(&r);
}

/*
 * A MAC that is slow to flush, but talks, is waited for: its writes are there
 * and nowhere else.
 */
static void debt_slow(struct world *w)
{
	struct rig r;

	if (!debt_init(&r, w, false))
		return;
	script_add(&r.t[1]->script, SCRIPT_FLUSH, SCRIPT_SILENCE, 0, 4);
	rig_load(&r, NULL);
	CHECK_EQ(w, load_one(r.load, AOE_FLUSH, 0, 0), 0);
	CHECK_EQ(w, r.t[1]->dirty, 0);
	CHECK_EQ(w, r.t[1]->script.rule[0].hits, 4);
	rig_finish(&r);
}

struct setting {
	struct aoe_request rq;
	bool over;
	int error;
};

static void setting_done(struct aoe_request *rq, int error)
{
	struct setting *s = container_of(rq, struct setting, rq);

	s->over = true;
	s->error = error;
}

static bool setting_over(void *ctx)
{
	return ((struct setting *)ctx)->over;
}

/* A MAC that has just died does not make a setting fail that others took. */
static void debt_setting(struct world *w)
{
	char text[] = "blue";
	struct setting s = {
	    .rq = {.op = AOE_SET_CONFIG,
		.buf = text,
		.length = 4,
		.done = setting_done},
	};
	struct rig r;

	if (!debt_init(&r, w, false))
		return;
	target_kill(r.t[1]);
	CHECK_EQ(w, engine_submit(r.h->e, r.dev, &s.rq, world_now(w)), 0);
	host_pump(r.h);
	CHECK(w, world_until(w, setting_over, &s, 5 * NSEC_SEC));
	CHECK_EQ(w, s.error, 0);
	CHECK(w, r.t[0]->set && r.t[0]->string_len == 4);
	world_until(w, setting_over, &s, LOAD_LONG);
	rig_load(&r, NULL);
	/* Its writes are for others only now that somebody wants a flush. */
	CHECK_EQ(w, flush_within(&r, SOON), 0);
	then(&r);
	rig_finish(&r);
}

const struct scenario sc_debt[] = {
    {"debt_dead", "one of two MACs dies with unflushed writes", debt_dead},
    {"debt_moved", "... or is another one", debt_moved},
    {"debt_refused", "... or shows another disk", debt_refused},
    {"debt_only", "the only MAC is another one", debt_only},
    {"debt_strict", "strict flushes fail once for that", debt_strict},
    {"debt_busy", "it goes while flushes are under way", debt_busy},
    {"debt_alone", "a dead disk is never flushed", debt_alone},
    {"debt_slow", "a MAC that talks is waited for", debt_slow},
    {"debt_setting", "a setting that others took", debt_setting},
    {NULL, NULL, NULL},
};
