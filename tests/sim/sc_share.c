/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is dead takes no room from what lives: frames of the pool, paths of a
 * device, devices of the table.
 */
#include "tests/sim/fleet.h"
#include "tests/sim/scenario.h"

struct share {
	unsigned disks, dead, copies;
	uint16_t buffers;
	unsigned depth;
	nsec_t service;
};

static nsec_t took(const struct load *l)
{
	return l->ended - l->started;
}

/* The first of them hang with all the frames out that they may have. */
static void hang(struct fleet *f, unsigned dead)
{
	for (unsigned i = 0; i < dead; i++) {
		load_again(f->load[i], 1u << 30);
		load_start(f->load[i]);
	}
	world_run(f->w, 20 * NSEC_MS);
	for (unsigned i = 0; i < dead; i++) {
		f->t[i]->opt.awake = i & 1;
		target_stall(f->t[i], true);
	}
	world_run(f->w, 5 * NSEC_SEC);
}

static void recover(struct fleet *f, unsigned dead)
{
	for (unsigned i = 0; i < dead; i++) {
		load_stop(f->load[i]);
		target_stall(f->t[i], false);
	}
	for (unsigned i = 0; i < dead; i++) {
		load_wait(f->load[i], 60 * NSEC_SEC);
		CHECK_EQ(f->w, f->load[i]->failed, 0);
	}
}

/* A healthy disk alone, and beside the dead ones. */
static void share(struct world *w, const struct share *s)
{
	struct fleet_options o = {.disks = s->disks,
	    .config = {.copies = s->copies, .max_window = 256},
	    .target = {.buffers = s->buffers,
		.queue = 100000,
		.service = s->service},
	    .load = {.ops = 1000,
		.depth = s->depth,
		.align = 512,
		.min = 8192,
		.max = 8192}};
	struct load *healthy;
	struct fleet f;
	nsec_t alone;

	if (!fleet_init(&f, w, &o))
		return;
	healthy = f.load[s->disks - 1];
	load_run(healthy);
	alone = took(healthy);
	hang(&f, s->dead);
	load_again(healthy, 1000);
	load_start(healthy);
	load_wait(healthy, 20 * alone);
	load_stop(healthy);
	world_note(w, "%llu us alone, %llu us beside %u dead ones",
	    (unsigned long long)(alone / NSEC_US),
	    (unsigned long long)(took(healthy) / NSEC_US), s->dead);
	CHECK_EQ(w, healthy->failed, 0);
	CHECK_EQ(w, healthy->finished, 1000);
	CHECK(w, took(healthy) <= 2 * alone);
	recover(&f, s->dead);
	load_wait(healthy, LOAD_LONG);
	fleet_finish(&f);
	for (unsigned i = 0; i < s->disks; i++)
		target_kill(f.t[i]);
}

static void share_stalled(struct world *w)
{
	static const struct share list[] = {{48, 11, 0, 256, 64, 20 * NSEC_US},
	    {48, 24, 0, 256, 64, 20 * NSEC_US}};

	for (unsigned i = 0; i < ARRAY_SIZE(list); i++)
		share(w, &list[i]);
}

static void share_small(struct world *w)
{
	/* So slow that four frames for each disk are enough. */
	static const struct share list[] = {{4, 2, 16, 16, 16, 100 * NSEC_US},
	    {4, 3, 16, 16, 16, 100 * NSEC_US},
	    {2, 1, 16, 64, 16, 100 * NSEC_US}};

	for (unsigned i = 0; i < ARRAY_SIZE(list); i++)
		share(w, &list[i]);
}

/* A target that has another MAC after each restart, as some containers do. */
static void share_macs(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	uint64_t before;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	for (unsigned i = 0; i < 400 && !w->failures; i++) {
		CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 4096), 0);
		target_kill(r.t[0]);
		world_run(w, NSEC_SEC);
		r.t[0]->port->mac = net_mac(0x1000 + i);
		target_start(r.t[0]);
		world_run(w, 3 * NSEC_SEC);
		CHECK_EQ(w, rig_info(&r).state, ENGINE_DEVICE_UP);
		CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 4096), 0);
		CHECK(w, r.load->slowest < 3 * NSEC_SEC);
		CHECK(w, rig_info(&r).paths <= 256);
	}
	before = r.h->referee.frames;
	world_run(w, 10 * NSEC_SEC);
	world_note(w, "%u paths, %u frames in 10 s", rig_info(&r).paths,
	    (unsigned)(r.h->referee.frames - before));
	CHECK(w, r.h->referee.frames - before <= 20 * 10);
	rig_finish(&r);
}

/* Somebody announces a device that there is not. */
static void forge(struct net_port *port, unsigned n)
{
	struct msg m = {
	    .dst = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
	    .src = port->mac,
	    .response = true,
	    .command = MSG_CONFIG,
	    .addr = {(uint16_t)(2 + n / 200), (uint8_t)(n % 200)},
	    .buffers = 16,
	    .sectors = 2,
	};
	uint8_t frame[64] = {0};

	msg_put(&m, frame);
	net_send(port, frame, 60, 0);
}

/* Ten thousand of them; the disk that is there is found and opened all the
 * same, and one that is open already stays. */
static void share_devices(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct target_options t;
	struct target *second;
	struct device *dev;
	struct net_port *liar;
	nsec_t began;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	t = r.t[0]->opt;
	t.addr.slot = 7;
	t.disk = disk_new(w, 4096);
	t.serial = "1.7:sim";
	second = target_new(w, net_port_new(&w->net, net_mac(0x200)), &t);
	target_kill(second);
	liar = net_port_new(&w->net, net_mac(0x666));
	for (unsigned i = 0; i < 10000; i++) {
		forge(liar, i);
		world_run(w, 100 * NSEC_US);
	}
	began = world_now(w);
	target_start(second);
	dev = host_open(r.h, t.addr);
	CHECK(w, dev != NULL);
	CHECK(w, world_now(w) - began < 5 * NSEC_SEC);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 4096), 0);
	if (dev)
		engine_close(r.h->e, dev, world_now(w));
	host_pump(r.h);
	rig_finish(&r);
}

const struct scenario sc_share[] = {
    {"share_stalled", "stalled disks leave their share", share_stalled},
    {"share_small", "... of a pool of 16, too", share_small},
    {"share_macs", "MACs that come and go 400 times", share_macs},
    {"share_devices", "10000 forged devices and a real one", share_devices},
    {NULL, NULL, NULL},
};
