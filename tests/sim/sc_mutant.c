/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 3 where it hurts most, and the proof that the checks have teeth: with a
 * rule taken out of the engine, the scenario that proves the rule must fail.
 */
#include <string.h>
#include "tests/sim/mutant.h"
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

/* Holds the next write back by a little more than a round trip. */
static bool linger_filter(
    void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	unsigned *left = ctx;
	struct msg m;

	if (*left && msg_get(&m, frame, len) && msg_is_write(&m)) {
		(*left)--;
		*delay = 300 * NSEC_US;
	}
	return true;
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
	w->net.filter = linger_filter;
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
 * Runs a scenario twice, in worlds of their own: as it is, where it must pass,
 * and with the rule taken out, where wrong data (or a foul) must be seen.
 */
static void mutate(
    struct world *w, enum mutant m, const char *name, bool damage)
{
	const struct scenario *sc = scenario_find(name);
	unsigned failures[2], wrong[2];

	if (!CHECK(w, sc != NULL))
		return;
	for (unsigned i = 0; i < 2; i++) {
		struct world inner;

		world_init(&inner, w->seed, NULL, w->verbose);
		inner.quiet = i == 1;
		mutant_set(i ? m : MUTANT_NONE);
		sc->run(&inner);
		failures[i] = inner.failures;
		wrong[i] = inner.damage;
		world_fini(&inner);
		mutant_set(MUTANT_NONE);
	}
	world_note(w, "%s: %u failures, mutated %u, of them damage %u", name,
	    failures[0], failures[1], wrong[1]);
	if (failures[0])
		world_fail(w, "%s fails as it is", name);
	if (!failures[1] || (damage && !wrong[1]))
		world_fail(w, "%s does not notice that a rule is gone", name);
}

static void mutant_late(struct world *w)
{
	mutate(w, MUTANT_LATE, "late_writes", true);
}

static void mutant_loss(struct world *w)
{
	mutate(w, MUTANT_LATE, "late_loss", true);
}

static void mutant_cancel(struct world *w)
{
	mutate(w, MUTANT_LATE, "late_cancel", true);
}

static void mutant_overlap(struct world *w)
{
	mutate(w, MUTANT_OVERLAP, "loss5", true);
}

static void mutant_identity(struct world *w)
{
	mutate(w, MUTANT_IDENTITY, "quick_swap", false);
}

static void mutant_flush(struct world *w)
{
	mutate(w, MUTANT_FLUSH, "flush_macs", false);
}

const struct scenario sc_mutant[] = {
    {"late_writes", "old copies never undo newer writes", late_writes},
    {"mutant_late", "... without the quarantine they do", mutant_late},
    {"late_loss", "nor at 5 % loss each way, 10000 requests", late_loss},
    {"mutant_loss", "... without the quarantine they do", mutant_loss},
    {"late_cancel", "nor do cancelled ones", late_cancel},
    {"mutant_cancel", "... without the quarantine they do", mutant_cancel},
    {"mutant_overlap", "overlaps are seen when not kept apart", mutant_overlap},
    {"mutant_identity", "a swapped disk is seen when not identified",
	mutant_identity},
    {"mutant_flush", "a flush that reaches too few is seen", mutant_flush},
    {NULL, NULL, NULL},
};
