/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 8: targets that go away, for good or for a while, and come back as they
 * were or changed.
 */
#include <errno.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

static const struct load_options L = {
    .ops = 600, .depth = 16, .max = 32768, .to = 1 << 20};

/* An error for each request, exactly dead_time after it was submitted. */
static void dead(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .config.dead_time = 30 * NSEC_SEC};
	struct load_options l = {.depth = 40};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	rig_load(&r, &l);
	target_kill(r.t[0]);
	for (unsigned i = 0; i < 30; i++) {
		load_post(r.load, i & 1 ? AOE_WRITE : AOE_READ,
		    rng_below(&w->rng, 1 << 20), 1 + rng_below(&w->rng, 9999));
		world_run(w, 700 * NSEC_MS);
	}
	/* 21 s have passed, the first is due after 30 s. */
	CHECK_EQ(w, r.load->finished, 0);
	load_stop(r.load);
	load_wait(r.load, 31 * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 30);
	CHECK_EQ(w, r.load->slowest, 30 * NSEC_SEC);
	CHECK_EQ(w, r.load->last_error, -EIO);
	CHECK_EQ(w, rig_info(&r).state, ENGINE_DEVICE_DOWN);
	/* It returns: nothing needs to be reopened. */
	target_start(r.t[0]);
	rig_wait_state(&r, ENGINE_DEVICE_UP, NSEC_SEC);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 10000), 0);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 20000), 0);
	rig_finish(&r);
}

/* Submitted while it is down: the same patience. */
static void dead_later(struct world *w)
{
	struct rig_options o = {.config.dead_time = 5 * NSEC_SEC};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	target_kill(r.t[0]);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 512), -EIO);
	for (unsigned i = 0; i < 3; i++) {
		CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 512), -EIO);
		CHECK_EQ(w, r.load->slowest, 5 * NSEC_SEC);
		world_run(w, 20 * NSEC_SEC);
	}
	/* It comes back without announcing itself. */
	r.t[0]->running = true;
	rig_wait_state(&r, ENGINE_DEVICE_UP, 70 * NSEC_SEC);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 512), 0);
	rig_finish(&r);
}

static void queue(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .config.dead_time = NSEC_NEVER};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	load_start(rig_load(&r, &L));
	world_run(w, 5 * NSEC_MS);
	target_kill(r.t[0]);
	world_run(w, 3600 * NSEC_SEC);
	CHECK_EQ(w, r.load->running, 16);
	CHECK_EQ(w, r.load->failed, 0);
	target_start(r.t[0]);
	load_wait(r.load, 10 * NSEC_SEC);
	rig_finish(&r);
}

/* Killed under load and started again: nobody notices. */
static void restart(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .mtu = 9000, .target.service = 50 * NSEC_US};
	struct load_options l = L;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	l.ops = 4000;
	load_start(rig_load(&r, &l));
	for (unsigned i = 0; i < 6; i++) {
		world_run(w, 20 * NSEC_MS);
		target_kill(r.t[0]);
		if (i)
			world_run(w, rng_below(&w->rng, i * NSEC_SEC));
		target_start(r.t[0]);
	}
	load_wait(r.load, 60 * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 0);
	/* E 2 for the sector limit of 2 was understood. */
	CHECK_EQ(w, rig_stats(&r).errors, 0);
	CHECK(w, rig_stats(&r).restarts > 0);
	rig_finish(&r);
}

/* So quick and quiet that only E 2 tells of it. */
static void silent_restart(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .mtu = 9000, .target.service = 50 * NSEC_US};
	struct load_options l = L;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, 3 * NSEC_SEC);
	l.ops = 2000;
	l.min = 8192;
	load_start(rig_load(&r, &l));
	for (unsigned i = 0; i < 5; i++) {
		world_run(w, 30 * NSEC_MS);
		target_kill(r.t[0]);
		r.t[0]->running = true;
		r.t[0]->limit = 2;
	}
	load_wait(r.load, 60 * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 0);
	CHECK(w, r.t[0]->n.refused > 0);
	CHECK_EQ(w, r.t[0]->largest, 17);
	rig_finish(&r);
}

/* Gone for 5 s under load: no error, and soon back at work. */
static void return_quickly(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = L;
	struct rig r;
	nsec_t back;

	if (!rig_init(&r, w, &o))
		return;
	l.ops = 2000;
	load_start(rig_load(&r, &l));
	world_run(w, 10 * NSEC_MS);
	CHECK(w, r.load->running > 0);
	target_kill(r.t[0]);
	world_run(w, 5 * NSEC_SEC);
	CHECK_EQ(w, rig_info(&r).state, ENGINE_DEVICE_DOWN);
	target_start(r.t[0]);
	back = world_now(w);
	rig_wait_state(&r, ENGINE_DEVICE_UP, NSEC_SEC);
	load_wait(r.load, 60 * NSEC_SEC);
	CHECK(w, r.load->ended - back < 5 * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 0);
	rig_finish(&r);
}

static void grow(struct world *w)
{
	struct rig_options o = {.target.buffers = 16, .sectors = 4096};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	CHECK_EQ(w, load_one(r.load, AOE_READ, 4096 * 512, 512), -EINVAL);
	r.disk->sectors = 8192;
	target_kill(r.t[0]);
	target_start(r.t[0]);
	world_run(w, 2 * NSEC_SEC);
	CHECK_EQ(w, host_seen(r.h, ENGINE_RESIZED), 1);
	CHECK_EQ(w, rig_info(&r).sectors, 8192);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 4095 * 512, 1024), 0);
	rig_finish(&r);
}

/* Requests beyond the new end fail; those before it do not. */
static void shrink(struct world *w)
{
	struct rig_options o = {.target.buffers = 16, .sectors = 8192};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 4096), 0);
	target_kill(r.t[0]);
	r.disk->sectors = 4096;
	world_run(w, 2 * NSEC_SEC);
	CHECK_EQ(w, load_post(r.load, AOE_READ, 6000 * 512, 4096), 0);
	world_run(w, NSEC_SEC);
	target_start(r.t[0]);
	world_run(w, 5 * NSEC_SEC);
	CHECK_EQ(w, host_seen(r.h, ENGINE_RESIZED), 1);
	CHECK_EQ(w, rig_info(&r).sectors, 4096);
	CHECK_EQ(w, r.load->running, 0);
	CHECK(w, r.load->last_error < 0);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 4096 * 512, 512), -EINVAL);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 4096 * 512, 512), -ENOSPC);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 4095 * 512, 512), 0);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 4096), 0);
	rig_finish(&r);
}

/* Cut short with no word about it: the first refused sector tells. */
static void shrink_silently(struct world *w)
{
	struct rig_options o = {.target.buffers = 16, .sectors = 8192};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	r.disk->sectors = 4096;
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 6000 * 512, 4096), -ENOSPC);
	world_run(w, NSEC_SEC);
	CHECK_EQ(w, host_seen(r.h, ENGINE_RESIZED), 1);
	CHECK_EQ(w, rig_info(&r).sectors, 4096);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 4096 * 512, 512), -EINVAL);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 4095 * 512, 512), 0);
	rig_finish(&r);
}

/* Two targets of one disk are resized one after the other. */
static void resize_paths(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .sectors = 8192, .targets = 2};
	struct disk *other;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC);
	/* The size is the medium's: lend the second one its own for a while. */
	other = disk_new(w, 16384);
	r.t[1]->opt.disk = other;
	target_announce(r.t[1]);
	world_run(w, NSEC_SEC);
	CHECK_EQ(w, rig_info(&r).sectors, 8192);
	r.t[1]->opt.disk = r.disk;
	r.disk->sectors = 16384;
	target_announce(r.t[0]);
	target_announce(r.t[1]);
	world_run(w, 2 * NSEC_SEC);
	CHECK_EQ(w, rig_info(&r).sectors, 16384);
	CHECK_EQ(w, host_seen(r.h, ENGINE_RESIZED), 1);
	CHECK_EQ(w, other->writes, 0);
	rig_finish(&r);
}

/* New buffers and sector limit with the next config answer. */
static void new_config(struct world *w)
{
	struct rig_options o = {.target.buffers = 4,
	    .target.queue = 100,
	    .mtu = 9000,
	    .target.old_sectors = true,
	    .target.sectors = 4,
	    .target.service = 50 * NSEC_US};
	struct load_options l = L;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	l.min = 16384;
	rig_run(&r, &l);
	CHECK_EQ(w, r.t[0]->largest, 4);
	CHECK(w, r.t[0]->data_max <= 5);
	r.t[0]->opt.buffers = 32;
	r.t[0]->opt.sectors = 16;
	target_announce(r.t[0]);
	world_run(w, 3 * NSEC_SEC);
	CHECK(w, host_seen(r.h, ENGINE_CONFIG) > 0);
	CHECK_EQ(w, rig_info(&r).buffers, 32);
	rig_run(&r, &l);
	CHECK_EQ(w, r.t[0]->largest, 16);
	CHECK(w, r.t[0]->data_max > 5);
	rig_finish(&r);
}

const struct scenario sc_outage[] = {
    {"dead", "a dead target fails requests exactly in time", dead},
    {"dead_later", "... also those that come later", dead_later},
    {"queue", "queue mode waits for ever", queue},
    {"restart", "restarts under load without an error", restart},
    {"silent_restart", "restarts that only E 2 tells of", silent_restart},
    {"return", "five seconds away, no error", return_quickly},
    {"grow", "a larger disk is adopted", grow},
    {"shrink", "a smaller one, too", shrink},
    {"shrink_silently", "a refused sector is reason to ask the size again",
	shrink_silently},
    {"resize_paths", "a new size needs all paths", resize_paths},
    {"new_config", "new limits are followed", new_config},
    {NULL, NULL, NULL},
};
