/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long the worst takes: small requests under loss, a window lost at once, a
 * path that dies; and how much several links carry together.
 */
#include <stdio.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"
#include "tests/sim/trial.h"

/* 4 KiB requests at 1 % loss each way, never twice at the same place. */
static void latency(struct world *w)
{
	for (unsigned i = 0; i < 8; i++) {
		struct trial t = {
		    .rate = i & 4 ? 10000000000u : 1000000000u,
		    .rtt = i & 2 ? NSEC_MS : 100 * NSEC_US,
		    .mtu = i & 1 ? 9000 : 1500,
		    .buffers = 64,
		    .service = 5 * NSEC_US,
		    .loss = 0.01,
		    .size = 4096,
		    .depth = 8,
		    .ops = 20000,
		};
		struct trial_result r;
		nsec_t rtt;

		t.write = w->seed & 1;
		r = trial_run(w, &t, w->seed + i);
		/* With what the requests before it add. */
		rtt = MAX(r.srtt, t.rtt);
		printf("  %2llu Gbit/s %4.1f ms MTU %4u: srtt %.3f ms, p99.9 "
		       "%.1f, worst %.1f of it\n",
		    (unsigned long long)(t.rate / 1000000000u),
		    (double)t.rtt / 1e6, t.mtu, (double)r.srtt / 1e6,
		    (double)r.p999 / (double)rtt,
		    (double)r.slowest / (double)rtt);
		CHECK(w, r.p999 <= 10 * rtt + r.rto);
		CHECK(w, r.slowest < 50 * rtt);
	}
}

/* Writes per second, one at a time, all to one block or each to the next. */
static double rewrite_rate(struct world *w, bool same)
{
	struct rig_options o = {.target.buffers = 16,
	    .target.service = 5 * NSEC_US,
	    .unchecked = true};
	struct load_options l = {.ops = 4000,
	    .writes = 1,
	    .sequential = true,
	    .align = 4096,
	    .min = 4096,
	    .max = 4096,
	    .to = same ? 4096 : 4 << 20};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return 1;
	r.h->port[0].net->in.loss = r.h->port[0].net->out.loss = 0.01;
	rig_run(&r, &l);
	if (same)
		CHECK(w, rig_stats(&r).fenced > 0);
	r.h->port[0].net->in.loss = r.h->port[0].net->out.loss = 0;
	rig_finish(&r);
	target_kill(r.t[0]);
	return l.ops * 1e9 / (double)(r.load->ended - r.load->started);
}

/* What waiting for late copies costs where every write has to. */
static void rewrite(struct world *w)
{
	double with = rewrite_rate(w, true);
	double without = rewrite_rate(w, false);

	printf("  %.0f writes/s of one block, %.0f where no fence is\n", with,
	    without);
	CHECK(w, with >= 0.5 * without);
}

/* A window lost at once, both ways, now and then. */
static void window_lost(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .target.service = 20 * NSEC_US};
	struct load_options l = {
	    .ops = 400, .depth = 16, .align = 512, .max = 1024, .reads = 1};
	nsec_t worst = 0, limit = 0;
	struct engine_path_info p;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	rig_run(&r, &l);
	for (unsigned i = 0; i < 50; i++) {
		nsec_t normal, rto, cut = 300 * NSEC_US;

		load_again(r.load, 200);
		load_run(r.load);
		normal = r.load->slowest;
		CHECK(w, rig_path(&r, 0, &p));
		rto = p.rto;
		load_again(r.load, 60);
		load_start(r.load);
		net_cut(r.h->port[0].net, true);
		world_run(w, cut);
		net_cut(r.h->port[0].net, false);
		load_wait(r.load, NSEC_SEC);
		worst = MAX(worst, r.load->slowest);
		limit = normal + 2 * rto;
		CHECK(w, r.load->slowest > normal);
		CHECK(w, r.load->slowest - normal < 2 * rto);
	}
	printf("  slowest %.3f ms, limit %.3f ms\n", (double)worst / 1e6,
	    (double)limit / 1e6);
	rig_finish(&r);
}

const struct scenario sc_speed[] = {
    {"latency", "4 KiB requests at 1 % loss", latency},
    {"rewrite", "what the fence costs where it costs most", rewrite},
    {"window_lost", "a whole window lost costs less than 2 RTO", window_lost},
    {NULL, NULL, NULL},
};
