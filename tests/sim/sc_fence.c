/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 3 against a target that goes on answering config and IDENTIFY while its
 * disk hangs, as ggaoed, kvblade and appliances do: such answers say nothing
 * of the writes that it holds, which come into effect when the disk goes on.
 */
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

#define AREA 32768u

struct stall {
	unsigned targets, nics;
	bool all; /* they hang together */
	nsec_t span;
	double cancel;
};

static const struct load_options LOAD = {.depth = 16,
    .writes = 3,
    .reads = 1,
    .align = 512,
    .max = 4096,
    .to = AREA};

/* A target that works on many requests at a time, and knows itself. */
static bool fence_init(struct rig *r, struct world *w, unsigned targets,
    unsigned nics, const struct load_options *l)
{
	struct rig_options o = {.targets = targets,
	    .nics = nics,
	    .target.buffers = 16,
	    .target.order = SERVICE_LOG,
	    .target.awake = true};

	if (!rig_init(r, w, &o))
		return false;
	world_run(w, NSEC_SEC);
	/* What the paths have not learned yet cannot be counted on. */
	rig_load(r, l);
	load_again(r->load, 2000);
	return load_run(r->load);
}

static void stall(struct rig *r, const struct stall *s, unsigned n, bool on)
{
	for (unsigned i = 0; i < s->targets; i++)
		if (s->all || i == n % s->targets)
			target_stall(r->t[i], on);
}

static unsigned held(const struct rig *r, const struct stall *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->targets; i++)
		n += r->t[i]->stalled ? target_held_writes(r->t[i]) : 0;
	return n;
}

static void kill_all(struct rig *r, const struct stall *s)
{
	for (unsigned i = 0; i < s->targets; i++)
		target_kill(r->t[i]);
}

/* The disk hangs under load again and again. */
static void fence_run(struct world *w, const struct stall *s)
{
	struct load_options l = LOAD;
	unsigned seen = 0;
	struct rig r;

	l.cancel = s->cancel;
	if (!fence_init(&r, w, s->targets, s->nics, &l))
		return;
	for (unsigned i = 0; i < 20; i++) {
		load_again(r.load, 300);
		load_start(r.load);
		world_run(w, rng_between(&w->rng, 5, 50) * NSEC_MS);
		stall(&r, s, i, true);
		world_run(w, s->span);
		seen += held(&r, s);
		stall(&r, s, i, false);
		load_wait(r.load, 10 * NSEC_SEC);
		CHECK_EQ(w, r.load->failed, 0);
	}
	CHECK(w, seen > 20);
	rig_finish(&r);
	kill_all(&r, s);
}

#define FENCE_RUNS(name, ...)                                                  \
	static void name(struct world *w)                                      \
	{                                                                      \
		static const struct stall runs[] = {__VA_ARGS__};              \
                                                                               \
		for (unsigned i = 0; i < ARRAY_SIZE(runs); i++)                \
			fence_run(w, &runs[i]);                                \
	}

FENCE_RUNS(
    fence_one, {1, 1, true, 400 * NSEC_MS, 0}, {1, 1, true, 3 * NSEC_SEC, 0})
FENCE_RUNS(fence_other, {2, 1, false, 400 * NSEC_MS, 0},
    {3, 1, false, 400 * NSEC_MS, 0})
FENCE_RUNS(fence_other_long, {2, 1, false, 3 * NSEC_SEC, 0})
FENCE_RUNS(
    fence_all, {2, 1, true, 400 * NSEC_MS, 0}, {3, 1, true, 3 * NSEC_SEC, 0})
FENCE_RUNS(
    fence_nics, {1, 2, true, 400 * NSEC_MS, 0}, {1, 3, true, 3 * NSEC_SEC, 0})
FENCE_RUNS(fence_cancel, {1, 1, true, 400 * NSEC_MS, 0.3},
    {1, 1, true, 3 * NSEC_SEC, 0.3}, {2, 1, true, 3 * NSEC_SEC, 0.3})

/*
 * All that was asked is cancelled while the disk hangs: every copy has been
 * given up and nothing is out. New writes to the same sectors follow.
 */
static void given_up(struct world *w, unsigned nics, nsec_t span)
{
	struct stall s = {1, nics, true, span, 0};
	struct load_options l = LOAD;
	unsigned seen = 0;
	struct rig r;

	l.writes = 1;
	l.reads = 0;
	l.depth = 32;
	if (!fence_init(&r, w, 1, nics, &l))
		return;
	for (unsigned i = 0; i < 20; i++) {
		load_again(r.load, 300);
		load_start(r.load);
		world_run(w, rng_between(&w->rng, 5, 50) * NSEC_MS);
		stall(&r, &s, i, true);
		world_run(w, rng_below(&w->rng, 20 * NSEC_MS));
		load_stop(r.load);
		load_cancel(r.load);
		load_wait(r.load, NSEC_SEC);
		seen += held(&r, &s);
		for (unsigned k = 0; k < AREA; k += 4096)
			load_post(r.load, AOE_WRITE, k, 4096);
		world_run(w, span);
		stall(&r, &s, i, false);
		load_wait(r.load, 10 * NSEC_SEC);
		CHECK_EQ(w, r.load->failed, 0);
	}
	CHECK(w, seen > 20);
	rig_finish(&r);
	kill_all(&r, &s);
}

static void fence_given_up(struct world *w)
{
	given_up(w, 1, 400 * NSEC_MS);
	given_up(w, 1, 3 * NSEC_SEC);
	given_up(w, 2, 3 * NSEC_SEC);
}

/*
 * The copies were lost with their answers, and nobody waits for them any more:
 * the newer write that does wait gets through all the same.
 */
static void fence_lost(struct world *w)
{
	struct stall s = {1, 1, true, 0, 0};
	struct load_options l = LOAD;
	struct rig r;

	l.writes = 1;
	l.reads = 0;
	if (!fence_init(&r, w, 1, 1, &l))
		return;
	for (unsigned i = 0; i < 10; i++) {
		net_cut(r.h->port[0].net, true);
		for (unsigned k = 0; k < AREA; k += 4096)
			load_post(r.load, AOE_WRITE, k, 4096);
		world_run(w, rng_below(&w->rng, 50 * NSEC_MS));
		load_cancel(r.load);
		load_stop(r.load);
		load_wait(r.load, NSEC_SEC);
		net_cut(r.h->port[0].net, false);
		for (unsigned k = 0; k < AREA; k += 4096)
			load_post(r.load, AOE_WRITE, k, 4096);
		load_wait(r.load, 5 * NSEC_SEC);
		CHECK_EQ(w, r.load->failed, 0);
	}
	rig_finish(&r);
	kill_all(&r, &s);
}

struct leaving {
	struct rig *r;
	const struct stall *s;
};

static bool no_fence(void *ctx)
{
	struct leaving *leave = ctx;

	return !engine_fences(leave->r->h->e);
}

/*
 * The process is about to end: it may go once there are no fences. As long as
 * the target holds a write there is one; and once the disk goes on there are
 * none soon.
 */
static void leaves(struct world *w, const struct stall *s)
{
	struct load_options l = LOAD;
	struct leaving leave;
	struct rig r;

	l.ops = 1u << 30;
	l.any_error = true;
	if (!fence_init(&r, w, s->targets, s->nics, &LOAD))
		return;
	load_start(rig_load(&r, &l));
	world_run(w, rng_between(&w->rng, 5, 50) * NSEC_MS);
	/* With writes in its hands; all others may wait for reads. */
	for (unsigned i = 0; i < 50 && !held(&r, s); i++) {
		stall(&r, s, 0, false);
		world_run(w, rng_between(&w->rng, 50, 100) * NSEC_MS);
		stall(&r, s, 0, true);
		world_run(w, 20 * NSEC_MS);
	}
	load_stop(r.load);
	engine_quiesce(r.h->e, world_now(w));
	host_pump(r.h);
	CHECK_EQ(w, r.load->running, 0);
	CHECK(w, held(&r, s) > 0);
	leave = (struct leaving){&r, s};
	if (world_until(w, no_fence, &leave, s->span))
		world_fail(
		    w, "no fence is left, and %u writes are held", held(&r, s));
	stall(&r, s, 0, false);
	if (!world_until(w, no_fence, &leave, 5 * NSEC_SEC))
		world_fail(w, "the disk goes on, and %u fences stay",
		    engine_fences(r.h->e));
	host_stop(r.h);
	kill_all(&r, s);
}

static void fence_leave(struct world *w)
{
	static const struct stall list[] = {
	    {1, 1, true, 3 * NSEC_SEC, 0},
	    {1, 2, true, 3 * NSEC_SEC, 0},
	    {2, 1, true, 3 * NSEC_SEC, 0},
	    {2, 1, false, 400 * NSEC_MS, 0},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(list); i++)
		for (unsigned k = 0; k < 10; k++)
			leaves(w, &list[i]);
}

const struct scenario sc_fence[] = {
    {"fence_one", "the disk hangs, its target talks: one MAC", fence_one},
    {"fence_other", "... one of several that share the disk", fence_other},
    {"fence_other_long", "... longer than late copies take", fence_other_long},
    {"fence_all", "... all of them", fence_all},
    {"fence_nics", "... one target with several MACs", fence_nics},
    {"fence_cancel", "... and much is cancelled", fence_cancel},
    {"fence_given_up", "... and everything is", fence_given_up},
    {"fence_lost", "a fence for what is lost falls soon", fence_lost},
    {"fence_leave", "fences stand while a target holds a write", fence_leave},
    {NULL, NULL, NULL},
};
