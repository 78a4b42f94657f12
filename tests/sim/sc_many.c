/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many disks in one engine: each gets its share, and none pays for another.
 */
#include <errno.h>
#include "tests/sim/fleet.h"
#include "tests/sim/scenario.h"

#define SLOTS 64

/* Several slots, each a process of its own behind one MAC or each with one. */
static bool shelf_init(struct fleet *f, struct world *w, unsigned slots,
    bool one_mac, const struct engine_config *config,
    const struct load_options *l)
{
	struct fleet_options o = {.disks = slots,
	    .one_mac = one_mac,
	    .target.buffers = 16,
	    .target.service = 50 * NSEC_US,
	    .load = *l};

	if (config)
		o.config = *config;
	return fleet_init(f, w, &o);
}

static nsec_t took(const struct load *l)
{
	return l->ended - l->started;
}

/* All at once, through a link that is the bottleneck for them together. */
static void share(struct world *w, unsigned slots, bool one_mac)
{
	struct load_options l = {
	    .ops = 60, .depth = 8, .align = 512, .min = 8192, .max = 8192};
	nsec_t least = NSEC_NEVER, most = 0;
	struct net_cable *in;
	struct fleet s;

	if (!shelf_init(&s, w, slots, one_mac, NULL, &l))
		return;
	in = &s.h->port[0].net->in;
	in->rate = 500000000;
	in->queue = 1 << 20;
	for (unsigned i = 0; i < slots; i++)
		load_start(s.load[i]);
	for (unsigned i = 0; i < slots; i++) {
		load_wait(s.load[i], LOAD_LONG);
		least = took(s.load[i]) < least ? took(s.load[i]) : least;
		most = took(s.load[i]) > most ? took(s.load[i]) : most;
	}
	world_note(
	    w, "%.3f to %.3f s", (double)least / 1e9, (double)most / 1e9);
	CHECK(w, most < 2 * least);
	in->rate = 0;
	fleet_finish(&s);
}

static void slots_one_mac(struct world *w)
{
	share(w, SLOTS, true);
}

static void slots_own_mac(struct world *w)
{
	share(w, 12, false);
}

/* Every path of many works, and none much more than another. */
static void many_paths(struct world *w, unsigned targets, unsigned ports)
{
	struct rig_options o = {.targets = targets,
	    .ports = ports,
	    .target.buffers = 64,
	    .target.queue = 1000};
	struct load_options l = {
	    .ops = 2000, .depth = 64, .align = 512, .min = 8192, .max = 8192};
	uint64_t least = UINT64_MAX, most = 0, n;
	struct engine_path_info p;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC);
	CHECK_EQ(w, rig_info(&r).paths, targets * ports);
	CHECK_EQ(w, rig_info(&r).paths_up, targets * ports);
	rig_run(&r, &l);
	for (unsigned i = 0; engine_path_info(r.dev, i, &p); i++) {
		n = p.stats->answered;
		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	world_note(w, "%llu to %llu answers on each", (unsigned long long)least,
	    (unsigned long long)most);
	CHECK(w, least > 8 * l.ops / (targets * ports) / 2);
	CHECK(w, most < 2 * least);
	rig_finish(&r);
	for (unsigned i = 0; i < targets; i++)
		target_kill(r.t[i]);
}

static void sixteen(struct world *w)
{
	many_paths(w, 16, 1);
	many_paths(w, 1, 16);
	many_paths(w, 4, 4);
}

/* Buffer Count is each slot's own, though they share a MAC and a window. */
static void slot_caps(struct world *w)
{
	struct load_options l = {.ops = 150, .depth = 16, .align = 512};
	static const uint16_t caps[] = {2, 32, 0};
	struct fleet s;

	if (!shelf_init(&s, w, ARRAY_SIZE(caps), true, NULL, &l))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(caps); i++) {
		s.t[i]->opt.buffers = caps[i];
		s.t[i]->opt.queue = 1000;
		target_announce(s.t[i]);
	}
	world_run(w, 2 * NSEC_SEC);
	for (unsigned i = 0; i < ARRAY_SIZE(caps); i++)
		load_start(s.load[i]);
	for (unsigned i = 0; i < ARRAY_SIZE(caps); i++) {
		load_wait(s.load[i], LOAD_LONG);
		CHECK(w, s.t[i]->data_max <= (caps[i] ? caps[i] : 1) + 1u);
	}
	CHECK(w, s.t[1]->data_max > 8);
	fleet_finish(&s);
}

/* One disk is dead, with all the frames it may have: the other runs on. */
static void dead_neighbour(struct world *w)
{
	struct engine_config config = {
	    .copies = 64, .max_requests = 64, .dead_time = 20 * NSEC_SEC};
	struct load_options l = {
	    .ops = 400, .depth = 16, .max = 16384, .allow = {-EIO}};
	struct fleet s;
	nsec_t alone;

	for (unsigned one_mac = 0; one_mac < 2; one_mac++) {
		if (!shelf_init(&s, w, 3, one_mac, &config, &l))
			return;
		load_run(s.load[0]);
		alone = took(s.load[0]);
		target_stall(s.t[1], true);
		target_kill(s.t[2]);
		load_start(s.load[1]);
		load_start(s.load[2]);
		world_run(w, NSEC_SEC);
		load_again(s.load[0], 400);
		load_run(s.load[0]);
		world_note(w, "%.3f s alone, %.3f s beside two dead ones",
		    (double)alone / 1e9, (double)took(s.load[0]) / 1e9);
		CHECK_EQ(w, s.load[0]->failed, 0);
		CHECK(w, took(s.load[0]) < 2 * alone);
		load_stop(s.load[1]);
		load_stop(s.load[2]);
		target_stall(s.t[1], false);
		load_wait(s.load[1], 25 * NSEC_SEC);
		load_wait(s.load[2], 25 * NSEC_SEC);
		CHECK(w, s.load[2]->failed > 0);
		fleet_finish(&s);
		for (unsigned i = 0; i < s.n; i++)
			target_kill(s.t[i]);
	}
}

/* Losses on many disks at once, in a pool that is too small for all. */
static void small_pool(struct world *w)
{
	struct engine_config config = {.copies = 64, .max_requests = 64};
	struct load_options l = {
	    .ops = 400, .depth = 16, .max = 8192, .to = 256 << 10};
	struct fleet s;

	if (!shelf_init(&s, w, 12, true, &config, &l))
		return;
	s.h->port[0].net->in.loss = s.h->port[0].net->out.loss = 0.03;
	for (unsigned i = 0; i < s.n; i++)
		load_start(s.load[i]);
	for (unsigned i = 0; i < s.n; i++) {
		load_wait(s.load[i], LOAD_LONG);
		CHECK_EQ(w, s.load[i]->failed, 0);
	}
	s.h->port[0].net->in.loss = s.h->port[0].net->out.loss = 0;
	fleet_finish(&s);
}

const struct scenario sc_many[] = {
    {"slots_one_mac", "64 slots behind one MAC share it", slots_one_mac},
    {"slots_own_mac", "twelve slots with a MAC each", slots_own_mac},
    {"sixteen", "16 MACs, 16 ports, 4 of each: all carry their share", sixteen},
    {"slot_caps", "slots behind one MAC keep their limits", slot_caps},
    {"dead_neighbour", "a dead disk slows no other", dead_neighbour},
    {"small_pool", "many disks, few frames, losses", small_pool},
    {NULL, NULL, NULL},
};
