/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Throughput and its policies: what loss may cost, targets that can take less
 * than they say, round trips that change, disks that stall.
 */
#include <errno.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

/* A narrow link with a short queue: loss that is overload. */
static void narrow(struct world *w)
{
	struct rig_options o = {.target.buffers = 64,
	    .target.queue = 1000,
	    .target.service = 5 * NSEC_US};
	struct load_options l = {.ops = 1000,
	    .depth = 32,
	    .align = 4096,
	    .min = 16384,
	    .max = 16384,
	    .reads = 1};
	struct net_cable *in;
	struct rig r;
	double best;

	if (!rig_init(&r, w, &o))
		return;
	in = &r.h->port[0].net->in;
	in->rate = 100000000;
	in->queue = 20000;
	rig_run(&r, &l);
	load_again(r.load, 1000);
	load_run(r.load);
	best = (double)r.load->bytes * 8e9 /
	       (double)(r.load->ended - r.load->started);
	world_note(w, "%.1f Mbit/s of 100", best / 1e6);
	CHECK(w, best > 70e6);
	in->rate = 0;
	rig_finish(&r);
}

static void set_delay(struct rig *r, nsec_t delay)
{
	r->h->port[0].net->in.delay = r->h->port[0].net->out.delay = delay;
}

/* 1 ms to 500 ms and back: no storm, and it recovers. */
static void rtt_step(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = {
	    .ops = 500, .depth = 8, .align = 512, .min = 1024, .max = 1024};
	struct engine_path_info p;
	uint64_t resent;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	set_delay(&r, 500 * NSEC_US);
	rig_run(&r, &l);
	CHECK(w, rig_path(&r, 0, &p));
	resent = p.stats->resent;
	set_delay(&r, 250 * NSEC_MS);
	load_again(r.load, 500);
	load_run(r.load);
	CHECK(w, rig_path(&r, 0, &p));
	/* At most one spurious copy of each request that was out. */
	CHECK(w, p.stats->resent - resent <= 16);
	CHECK(w, r.load->slowest < 2 * NSEC_SEC);
	/* Back: the last slow answers come, and ten quick round trips. */
	load_again(r.load, 5000);
	load_start(r.load);
	world_run(w, NSEC_SEC);
	set_delay(&r, 500 * NSEC_US);
	world_run(w, 510 * NSEC_MS);
	CHECK(w, rig_path(&r, 0, &p));
	CHECK_EQ(w, p.window, 16);
	load_wait(r.load, LOAD_LONG);
	load_again(r.load, 500);
	load_run(r.load);
	CHECK(w, rig_path(&r, 0, &p));
	world_note(w, "srtt %llu us, rto %llu us",
	    (unsigned long long)(p.srtt / NSEC_US),
	    (unsigned long long)(p.rto / NSEC_US));
	CHECK(w, p.srtt < 5 * NSEC_MS);
	CHECK(w, p.rto < 50 * NSEC_MS);
	rig_finish(&r);
}

/*
 * All at once frames overtake each other by far: many count as lost and were
 * not. That is seen, and what it did to the window is undone.
 */
static void spurious(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 64, .target.service = 5 * NSEC_US};
	struct load_options l = {.ops = 2000,
	    .depth = 64,
	    .align = 1024,
	    .min = 1024,
	    .max = 1024,
	    .reads = 1};
	struct engine_path_info p;
	struct net_cable *in;
	uint64_t before;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	in = &r.h->port[0].net->in;
	rig_run(&r, &l);
	CHECK(w, rig_path(&r, 0, &p));
	before = p.stats->spurious;
	load_again(r.load, 50000);
	load_start(r.load);
	world_run(w, 5 * NSEC_MS);
	in->reorder = 0.6;
	in->hold = NSEC_MS;
	world_run(w, 20 * NSEC_MS);
	in->reorder = 0;
	/* What was held back arrives; then ten round trips. */
	world_run(w, NSEC_MS + 20 * RIG_DELAY);
	CHECK(w, rig_path(&r, 0, &p));
	world_note(w, "%llu spurious", (unsigned long long)p.stats->spurious);
	CHECK(w, p.stats->spurious > before);
	CHECK_EQ(w, p.window, 64);
	load_wait(r.load, LOAD_LONG);
	rig_finish(&r);
}

/*
 * Both paths lead to one disk that stalls for two seconds: no path is to
 * blame, so each gets a probe now and then and nothing moves.
 */
static void stall_paths(struct world *w)
{
	struct rig_options o = {
	    .targets = 2, .target.buffers = 16, .target.queue = 1000};
	struct load_options l = {
	    .ops = 400, .depth = 32, .align = 512, .max = 1024, .reads = 1};
	struct engine_path_info p;
	uint64_t sent[2];
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC);
	rig_run(&r, &l);
	load_again(r.load, 400);
	load_start(r.load);
	world_run(w, NSEC_MS);
	for (unsigned i = 0; i < 2; i++)
		target_stall(r.t[i], true);
	/* Long enough to fill both windows. */
	world_run(w, 2 * RIG_DELAY);
	for (unsigned i = 0; i < 2; i++) {
		CHECK(w, rig_path(&r, i, &p));
		sent[i] = p.stats->sent;
	}
	world_run(w, 2 * NSEC_SEC);
	for (unsigned i = 0; i < 2; i++) {
		CHECK(w, rig_path(&r, i, &p));
		sent[i] = p.stats->sent - sent[i];
		world_note(
		    w, "%llu on path %u", (unsigned long long)sent[i], i);
		/* Doubling from half a millisecond to a second. */
		CHECK(w, sent[i] <= 2 * 13);
		target_stall(r.t[i], false);
	}
	load_wait(r.load, 5 * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 0);
	rig_finish(&r);
}

/*
 * A disk that spins up: nothing is flooded, nothing fails, and one lost frame
 * afterwards does not cost what the stall has taught.
 */
static void stall(struct world *w)
{
	struct rig_options o = {.target.buffers = 16, .target.queue = 1000};
	struct load_options l = {
	    .ops = 400, .depth = 16, .align = 512, .max = 4096};
	struct engine_path_info p;
	uint64_t received, queries;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	rig_run(&r, &l);
	load_again(r.load, 400);
	target_stall(r.t[0], true);
	load_start(r.load);
	received = r.t[0]->n.received;
	queries = r.h->referee.queries;
	world_run(w, 25 * NSEC_SEC);
	received = r.t[0]->n.received - received;
	queries = r.h->referee.queries - queries;
	world_note(w, "%llu frames in 25 s", (unsigned long long)received);
	CHECK(w, received < 16 + 16 + 60 + queries);
	target_stall(r.t[0], false);
	load_wait(r.load, 5 * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 0);
	CHECK(w, rig_path(&r, 0, &p));
	CHECK(w, p.rto < 10 * NSEC_SEC);
	net_cut(r.h->port[0].net, true);
	CHECK_EQ(w, load_post(r.load, AOE_READ, 0, 512), 0);
	world_run(w, 50 * NSEC_MS);
	net_cut(r.h->port[0].net, false);
	load_stop(r.load);
	CHECK(w, load_wait(r.load, 3 * NSEC_SEC));
	rig_finish(&r);
}

/* An unordered disk teaches patience: few copies are sent for nothing. */
static void unordered(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 32, .target.order = SERVICE_UNIFORM};
	struct load_options l = {
	    .ops = 3000, .depth = 32, .align = 512, .max = 1024};
	struct engine_path_info p;
	uint64_t resent;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	rig_run(&r, &l);
	CHECK(w, rig_path(&r, 0, &p));
	resent = p.stats->resent;
	load_again(r.load, 3000);
	load_run(r.load);
	CHECK(w, rig_path(&r, 0, &p));
	resent = p.stats->resent - resent;
	world_note(w, "%llu of 3000 resent, reorder %llu us",
	    (unsigned long long)resent,
	    (unsigned long long)(p.reorder / NSEC_US));
	CHECK(w, resent < 90);
	CHECK(w, p.window >= 16);
	rig_finish(&r);
}

/*
 * SIGSTOP for 30 s under load. The answers in the socket are no silence and
 * come before any deadline; but who the disk is must be asked again. (Reads:
 * a write may wait for another one, unsent, until its time is over.)
 */
static void sigstop(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .config.dead_time = 20 * NSEC_SEC};
	struct load_options l = {
	    .ops = 4000, .depth = 8, .align = 512, .max = 1024, .reads = 1};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	load_start(rig_load(&r, &l));
	world_run(w, 10 * NSEC_MS);
	CHECK(w, r.load->running > 0);
	host_pause(r.h, true);
	world_run(w, 30 * NSEC_SEC);
	host_pause(r.h, false);
	load_wait(r.load, LOAD_LONG);
	rig_finish(&r);
}

/*
 * Stopped for longer than a dead disk is waited for, with requests queued and
 * under way. What was to be done in that time could not be: none of it fails.
 * A disk that is dead when the process goes on has its time from there on.
 */
static void sleeps(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 4, .config.dead_time = 20 * NSEC_SEC};
	struct load_options l = {.ops = 1u << 30,
	    .depth = 64,
	    .max = 32768,
	    .writes = 1,
	    .any_error = true};
	unsigned finished;
	nsec_t began;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	load_start(rig_load(&r, &l));
	for (unsigned i = 0; i < 4; i++) {
		world_run(w, rng_between(&w->rng, 5, 15) * NSEC_MS);
		host_pause(r.h, true);
		/* Half of the time nothing of it gets any further. */
		if (i & 1)
			target_kill(r.t[0]);
		world_run(w, 200 * NSEC_SEC);
		if (i & 1)
			target_start(r.t[0]);
		finished = r.load->finished;
		host_pause(r.h, false);
		world_run(w, 3 * NSEC_SEC);
		CHECK(w, r.load->finished > finished + 64);
		CHECK_EQ(w, r.load->failed, 0);
	}
	target_kill(r.t[0]);
	world_run(w, 5 * NSEC_SEC);
	host_pause(r.h, true);
	world_run(w, 200 * NSEC_SEC);
	host_pause(r.h, false);
	began = world_now(w);
	world_run(w, 10 * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 0);
	load_stop(r.load);
	load_wait(r.load, 10 * NSEC_SEC);
	CHECK(w, world_now(w) - began >= 14 * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 64);
	CHECK_EQ(w, r.load->last_error, -EIO);
	target_start(r.t[0]);
	rig_wait_state(&r, ENGINE_DEVICE_UP, NSEC_SEC);
	rig_finish(&r);
}

const struct scenario sc_load[] = {
    {"narrow", "a slow link with a short queue", narrow},
    {"rtt_step", "round trips of 1 ms, 500 ms, 1 ms", rtt_step},
    {"spurious", "losses that were none are undone", spurious},
    {"stall_paths", "a stalled disk gets probes, not copies", stall_paths},
    {"stall", "a disk that stalls is not flooded", stall},
    {"disorder", "an unordered disk teaches patience", unordered},
    {"sigstop", "a stopped process wakes up without errors", sigstop},
    {"sleeps", "... also when it slept longer than dead-secs", sleeps},
    {NULL, NULL, NULL},
};
