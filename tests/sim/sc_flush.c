/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 7: what a flush reaches, and the many ways in which targets answer it.
 */
#include <errno.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

static int write_and_flush(struct rig *r)
{
	CHECK_EQ(r->w, load_one(r->load, AOE_WRITE, 0, 8192), 0);
	return load_one(r->load, AOE_FLUSH, 0, 0);
}

/* vblade 0x00, ggaoed the opcode, VSX 0x40. */
static void flush_status(struct world *w)
{
	static const uint8_t good[] = {0x00, 0x40, 0x50, 0xe7};
	struct rig r;

	for (unsigned i = 0; i < ARRAY_SIZE(good); i++) {
		struct rig_options o = {.target.flush_status = good[i]};

		if (!rig_init(&r, w, &o))
			return;
		CHECK_EQ(w, write_and_flush(&r), 0);
		CHECK_EQ(w, r.t[0]->n.flushes, 1);
		CHECK_EQ(w, r.t[0]->dirty, 0);
		CHECK_EQ(w, rig_stats(&r).flushes, 1);
		rig_finish(&r);
		target_kill(r.t[0]);
	}
}

static void flush_ext(struct world *w)
{
	struct rig_options o = {
	    .target.flush_ext = true, .target.flush_status = 0xea};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	CHECK_EQ(w, write_and_flush(&r), 0);
	CHECK_EQ(w, r.t[0]->n.flushes, 1);
	rig_finish(&r);
}

/* Not there: said once, remembered, and no reason to fail. */
static void flush_abort(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	unsigned hits, warnings;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	script_add(
	    &r.t[0]->script, SCRIPT_FLUSH, SCRIPT_ATA, 0x4104, SCRIPT_ALWAYS);
	warnings = r.h->warnings;
	CHECK_EQ(w, write_and_flush(&r), 0);
	CHECK(w, r.h->warnings > warnings);
	hits = r.t[0]->script.rule[0].hits;
	warnings = r.h->warnings;
	for (unsigned i = 0; i < 10; i++)
		CHECK_EQ(w, write_and_flush(&r), 0);
	CHECK_EQ(w, r.t[0]->script.rule[0].hits, hits);
	CHECK_EQ(w, r.h->warnings, warnings);
	rig_finish(&r);
}

/*
 * AoE error 1 or 2, as Plan 9's vblade has it: tried once more with a count of
 * one, and if that is refused, too, there is no flush.
 */
static void flush_aoe(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct script_rule *rule;
	unsigned hits, warnings;
	struct rig r;

	for (unsigned code = 1; code <= 2; code++) {
		if (!rig_init(&r, w, &o))
			return;
		rule = script_add(&r.t[0]->script, SCRIPT_FLUSH, SCRIPT_AOE,
		    code, SCRIPT_ALWAYS);
		warnings = r.h->warnings;
		CHECK_EQ(w, write_and_flush(&r), 0);
		CHECK(w, r.load->slowest < NSEC_SEC);
		CHECK(w, r.h->warnings > warnings);
		CHECK_EQ(w, rule->hits, 2);
		hits = rule->hits;
		warnings = r.h->warnings;
		for (unsigned i = 0; i < 10; i++)
			CHECK_EQ(w, write_and_flush(&r), 0);
		CHECK_EQ(w, rule->hits, hits);
		CHECK_EQ(w, r.h->warnings, warnings);
		rig_finish(&r);
		target_kill(r.t[0]);
		/* With the count it works. */
		if (!rig_init(&r, w, &o))
			return;
		script_add(&r.t[0]->script, SCRIPT_FLUSH, SCRIPT_AOE, code, 1);
		for (unsigned i = 0; i < 3; i++) {
			CHECK_EQ(w, write_and_flush(&r), 0);
			CHECK_EQ(w, r.t[0]->n.flushes, i + 1);
			CHECK_EQ(w, r.t[0]->dirty, 0);
		}
		rig_finish(&r);
		target_kill(r.t[0]);
	}
}

/* A word that is not valid says nothing, and so not that there is no flush. */
static void flush_words(struct world *w)
{
	static const struct {
		uint16_t w83;
		bool flushes;
	} list[] = {{0x5400, true}, {0x4400, false}, {0x0400, true},
	    {0x8400, true}, {0xc400, true}};
	struct rig r;

	for (unsigned i = 0; i < ARRAY_SIZE(list); i++) {
		struct rig_options o = {.target.w83 = list[i].w83};

		if (!rig_init(&r, w, &o))
			return;
		world_note(w, "word 83 is %04x", list[i].w83);
		CHECK_EQ(w, write_and_flush(&r), 0);
		CHECK_EQ(w, r.t[0]->n.flushes, list[i].flushes);
		rig_finish(&r);
		target_kill(r.t[0]);
	}
}

static void flush_error(struct world *w)
{
	static const struct {
		enum script_act act;
		uint64_t value;
	} list[] = {{SCRIPT_ATA, 0x4140}, {SCRIPT_ATA, 0x6100},
	    {SCRIPT_ATA, 0x4180}, {SCRIPT_AOE, 7}};
	struct rig_options o = {.target.buffers = 16};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(list); i++) {
		script_clear(&r.t[0]->script);
		script_add(&r.t[0]->script, SCRIPT_FLUSH, list[i].act,
		    list[i].value, SCRIPT_ALWAYS);
		CHECK_EQ(w, write_and_flush(&r), -EIO);
		script_clear(&r.t[0]->script);
		/* What was not flushed still is to be. */
		CHECK_EQ(w, load_one(r.load, AOE_FLUSH, 0, 0), 0);
		CHECK_EQ(w, r.t[0]->dirty, 0);
	}
	rig_finish(&r);
}

/* Never answered: an error at the deadline, data goes on meanwhile. */
static void flush_silence(struct world *w)
{
	struct rig_options o = {
	    .config.dead_time = 20 * NSEC_SEC, .target.buffers = 16};
	struct load_options l = {.depth = 4};
	struct rig r;
	unsigned hits;

	if (!rig_init(&r, w, &o))
		return;
	script_add(
	    &r.t[0]->script, SCRIPT_FLUSH, SCRIPT_SILENCE, 0, SCRIPT_ALWAYS);
	rig_load(&r, &l);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 8192), 0);
	load_post(r.load, AOE_FLUSH, 0, 0);
	for (unsigned i = 0; i < 10; i++) {
		world_run(w, NSEC_SEC);
		load_post(r.load, AOE_READ, 0, 4096);
		world_run(w, 10 * NSEC_MS);
		CHECK_EQ(w, r.load->running, 1);
	}
	hits = r.t[0]->script.rule[0].hits;
	/* Sent again slowly, and that marks no path as bad. */
	CHECK(w, hits >= 2 && hits <= 11);
	CHECK_EQ(w, host_seen(r.h, ENGINE_DOWN), 0);
	load_stop(r.load);
	load_wait(r.load, 20 * NSEC_SEC);
	CHECK_EQ(w, r.load->last_error, -EIO);
	CHECK_EQ(w, r.load->slowest, 20 * NSEC_SEC);
	rig_finish(&r);
}

/* The first flush frames are lost; the answer comes to a later one. */
static void flush_lost(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	script_add(&r.t[0]->script, SCRIPT_FLUSH, SCRIPT_SILENCE, 0, 2);
	CHECK_EQ(w, write_and_flush(&r), 0);
	CHECK(w, r.load->slowest >= NSEC_SEC);
	CHECK(w, r.load->slowest < 6 * NSEC_SEC);
	rig_finish(&r);
}

/* A slow flush is not sent twice within a second, nor fails. */
static void flush_slow(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .target.flush_time = 900 * NSEC_MS};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	CHECK_EQ(w, write_and_flush(&r), 0);
	CHECK_EQ(w, r.t[0]->n.flushes, 1);
	r.t[0]->opt.flush_time = 8 * NSEC_SEC;
	CHECK_EQ(w, write_and_flush(&r), 0);
	CHECK_EQ(w, host_seen(r.h, ENGINE_DOWN), 0);
	CHECK_EQ(w, rig_stats(&r).errors, 0);
	r.t[0]->opt.flush_time = 0;
	rig_finish(&r);
}

/*
 * Nothing was written since the last one: nothing needs to be sent. The first
 * one goes out in any case, for what was written before this process began.
 */
static void flush_clean(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	CHECK_EQ(w, load_one(r.load, AOE_FLUSH, 0, 0), 0);
	CHECK_EQ(w, r.t[0]->n.flushes, 1);
	CHECK_EQ(w, write_and_flush(&r), 0);
	CHECK_EQ(w, r.t[0]->n.flushes, 2);
	CHECK_EQ(w, load_one(r.load, AOE_FLUSH, 0, 0), 0);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 512), 0);
	CHECK_EQ(w, load_one(r.load, AOE_FLUSH, 0, 0), 0);
	CHECK_EQ(w, r.t[0]->n.flushes, 2);
	rig_finish(&r);
}

/* Two vblades with one disk: the flush goes to each that executed a write. */
static void flush_macs(struct world *w)
{
	struct rig_options o = {
	    .targets = 2, .target.buffers = 4, .target.service = 50 * NSEC_US};
	struct load_options l = {.ops = 200, .depth = 16, .writes = 1};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC);
	for (unsigned i = 0; i < 5; i++) {
		rig_run(&r, &l);
		CHECK(w, r.t[0]->dirty > 0 && r.t[1]->dirty > 0);
		CHECK_EQ(w, load_one(r.load, AOE_FLUSH, 0, 0), 0);
		CHECK_EQ(w, r.t[0]->dirty, 0);
		CHECK_EQ(w, r.t[1]->dirty, 0);
		CHECK_EQ(w, r.t[0]->n.flushes, i + 1);
		CHECK_EQ(w, r.t[1]->n.flushes, i + 1);
	}
	rig_finish(&r);
}

static bool one_runs(void *ctx)
{
	struct load *l = ctx;

	return l->running == 1;
}

/*
 * The nearer target ends while it flushes. A flush may take its time, but what
 * else was sent there moves to the other target soon.
 */
static void flush_dies(struct world *w)
{
	struct rig_options o = {.targets = 2,
	    .target.buffers = 8,
	    .config.dead_time = 20 * NSEC_SEC};
	struct load_options l = {.depth = 4};
	struct rig r;
	nsec_t began;

	if (!rig_init(&r, w, &o))
		return;
	net_both(r.t[1]->port, &(struct net_cable){.delay = 2 * NSEC_MS});
	rig_load(&r, &l);
	world_run(w, NSEC_SEC);
	for (unsigned i = 0; i < 50; i++)
		CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 16384), 0);
	script_add(
	    &r.t[0]->script, SCRIPT_FLUSH, SCRIPT_SILENCE, 0, SCRIPT_ALWAYS);
	load_post(r.load, AOE_FLUSH, 0, 0);
	world_run(w, 100 * NSEC_MS);
	CHECK_EQ(w, r.load->running, 1);
	target_kill(r.t[0]);
	began = world_now(w);
	load_post(r.load, AOE_READ, 0, 512);
	world_until(w, one_runs, r.load, 25 * NSEC_SEC);
	CHECK(w, world_now(w) - began < 2 * NSEC_SEC);
	script_clear(&r.t[0]->script);
	target_start(r.t[0]);
	load_stop(r.load);
	load_wait(r.load, 20 * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 0);
	rig_finish(&r);
}

/* With loss and many at a time: each write done before is covered. */
static void flush_loss(struct world *w)
{
	struct rig_options o = {.targets = 2,
	    .target.buffers = 8,
	    .cable = {.delay = 200 * NSEC_US, .loss = 0.05}};
	struct load_options l = {.ops = 600,
	    .depth = 8,
	    .max = 8192,
	    .reads = 2,
	    .writes = 5,
	    .flushes = 1};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC);
	rig_run(&r, &l);
	CHECK_EQ(w, r.load->failed, 0);
	CHECK(w, r.t[0]->n.flushes > 5 && r.t[1]->n.flushes > 5);
	net_both(r.h->port[0].net, &(struct net_cable){.delay = RIG_DELAY});
	rig_finish(&r);
}

/* A restart with unflushed writes is noticed; a strict flush then fails. */
static void flush_restart(struct world *w, bool strict)
{
	struct rig_options o = {
	    .target.buffers = 16, .config.strict_flush = strict};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	CHECK_EQ(w, write_and_flush(&r), 0);
	target_kill(r.t[0]);
	target_start(r.t[0]);
	world_run(w, 3 * NSEC_SEC);
	CHECK_EQ(w, rig_stats(&r).restarts, 1);
	CHECK_EQ(w, rig_stats(&r).dirty_restarts, 0);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 512), 0);
	target_kill(r.t[0]);
	target_start(r.t[0]);
	world_run(w, 3 * NSEC_SEC);
	CHECK_EQ(w, rig_stats(&r).restarts, 2);
	CHECK_EQ(w, rig_stats(&r).dirty_restarts, 1);
	CHECK_EQ(w, load_one(r.load, AOE_FLUSH, 0, 0), strict ? -EIO : 0);
	CHECK_EQ(w, write_and_flush(&r), 0);
	rig_finish(&r);
	target_kill(r.t[0]);
}

static void restarts(struct world *w)
{
	flush_restart(w, false);
	flush_restart(w, true);
}

/* Only the first port hears what is announced. */
static bool announced_once(
    void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	struct rig *r = ctx;
	struct msg m;

	(void)delay;
	if (msg_get(&m, frame, len) && m.response && !m.tag)
		r->h->port[1].net->in.cut = true;
	return true;
}

/*
 * A target that restarts is gone from all ports. What comes to one of them,
 * while the other goes on being answered, is no restart.
 */
static void flush_told_once(struct world *w)
{
	struct rig_options o = {.target.buffers = 16,
	    .target.service = 50 * NSEC_US,
	    .ports = 2,
	    .config.strict_flush = true};
	struct load_options l = {
	    .ops = 1u << 30, .depth = 16, .writes = 1, .max = 1024};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC);
	load_start(rig_load(&r, &l));
	for (unsigned i = 0; i < 10; i++) {
		world_run(w, 10 * NSEC_MS);
		w->net.filter = announced_once;
		w->net.filter_ctx = &r;
		target_announce(r.t[0]);
		world_run(w, NSEC_US);
		w->net.filter = NULL;
		r.h->port[1].net->in.cut = false;
	}
	world_run(w, 10 * NSEC_MS);
	load_stop(r.load);
	load_wait(r.load, NSEC_SEC);
	CHECK_EQ(w, rig_stats(&r).restarts, 0);
	CHECK_EQ(w, rig_stats(&r).dirty_restarts, 0);
	CHECK_EQ(w, load_one(r.load, AOE_FLUSH, 0, 0), 0);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 65536), 0);
	target_kill(r.t[0]);
	world_run(w, 20 * NSEC_MS);
	target_start(r.t[0]);
	world_run(w, 3 * NSEC_SEC);
	CHECK_EQ(w, rig_stats(&r).dirty_restarts, 1);
	CHECK_EQ(w, load_one(r.load, AOE_FLUSH, 0, 0), -EIO);
	CHECK_EQ(w, write_and_flush(&r), 0);
	rig_finish(&r);
}

const struct scenario sc_flush[] = {
    {"flush_status", "good answers of the known targets", flush_status},
    {"flush_ext", "FLUSH CACHE EXT where it exists", flush_ext},
    {"flush_abort", "no flush at all: said once", flush_abort},
    {"flush_aoe", "refused by AoE: once more with a count", flush_aoe},
    {"flush_words", "words of IDENTIFY that are not valid", flush_words},
    {"flush_told_once", "an announcement that one port hears is no restart",
	flush_told_once},
    {"flush_error", "a flush that failed is not forgotten", flush_error},
    {"flush_silence", "a flush without answer ends in time", flush_silence},
    {"flush_lost", "lost flushes are sent again", flush_lost},
    {"flush_slow", "slow flushes are not failures", flush_slow},
    {"flush_clean", "nothing to flush, nothing sent", flush_clean},
    {"flush_macs", "each MAC that wrote is flushed", flush_macs},
    {"flush_dies", "a target that ends as it flushes", flush_dies},
    {"flush_loss", "flushes among losses", flush_loss},
    {"flush_restart", "restarts with unflushed writes", restarts},
    {NULL, NULL, NULL},
};
