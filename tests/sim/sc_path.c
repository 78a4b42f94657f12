/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several paths, ports that come and go, and links that take small frames
 * only.
 */
#include <errno.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

static const struct load_options L = {
    .ops = 2000, .depth = 16, .max = 16384, .to = 1 << 20};

/*
 * One of two MACs dies: work goes on at once, and it is taken back later. Only
 * writes over what it may still execute have to wait.
 */
static void path_death(struct world *w, bool write)
{
	struct rig_options o = {
	    .targets = 2, .target.buffers = 16, .target.service = 50 * NSEC_US};
	struct load_options l = L;
	struct engine_path_info p;
	struct rig r;
	uint64_t served;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC);
	l.ops = 3000;
	l.reads = 1;
	l.writes = write;
	load_start(rig_load(&r, &l));
	world_run(w, 20 * NSEC_MS);
	net_cut(r.t[1]->port, true);
	load_wait(r.load, 60 * NSEC_SEC);
	/* The kernel's driver waits ten seconds. */
	CHECK(w, r.load->slowest < (write ? 1500 : 100) * NSEC_MS);
	CHECK(w, rig_path(&r, 1, &p));
	CHECK(
	    w, p.state == ENGINE_PATH_SUSPECT || p.state == ENGINE_PATH_SILENT);
	CHECK_EQ(w, host_seen(r.h, ENGINE_DOWN), 0);
	net_cut(r.t[1]->port, false);
	world_run(w, 10 * NSEC_SEC);
	CHECK(w, rig_path(&r, 1, &p));
	CHECK_EQ(w, p.state, ENGINE_PATH_UP);
	served = r.t[1]->n.reads + r.t[1]->n.writes;
	load_again(r.load, 1000);
	load_run(r.load);
	CHECK(w, r.t[1]->n.reads + r.t[1]->n.writes > served + 200);
	rig_finish(&r);
	target_kill(r.t[0]);
	target_kill(r.t[1]);
}

static void path_dies(struct world *w)
{
	path_death(w, false);
	path_death(w, true);
}

/*
 * A silent path is asked who it is, not given data (the referee looks). What a
 * stalled target has queued is executed in the end: the fence must be told to
 * wait for longer than that.
 */
static void silence(struct world *w, bool stalled)
{
	struct rig_options o = {.targets = 2, .target.buffers = 16};
	struct load_options l = L;
	struct rig r;

	o.config.late_copy = stalled ? 4 * NSEC_SEC : 0;
	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC);
	l.pause = 10 * NSEC_MS;
	l.ops = 4000;
	l.max = 4096;
	load_start(rig_load(&r, &l));
	for (unsigned i = 0; i < 4; i++) {
		world_run(w, 500 * NSEC_MS);
		if (stalled)
			target_stall(r.t[i & 1], true);
		else
			net_cut(r.t[i & 1]->port, true);
		world_run(w, 3 * NSEC_SEC);
		target_stall(r.t[i & 1], false);
		net_cut(r.t[i & 1]->port, false);
	}
	load_wait(r.load, LOAD_LONG);
	CHECK(w, r.load->slowest < (stalled ? 5 : 2) * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 0);
	rig_finish(&r);
	target_kill(r.t[0]);
	target_kill(r.t[1]);
}

static void silent_path(struct world *w)
{
	silence(w, false);
	silence(w, true);
}

/* Links of 1 to 4: each carries its share. */
static void unequal(struct world *w)
{
	struct rig_options o = {
	    .ports = 2, .target.buffers = 64, .target.service = 2 * NSEC_US};
	struct load_options l = {.ops = 2000,
	    .depth = 32,
	    .align = 4096,
	    .min = 16384,
	    .max = 16384,
	    .reads = 1};
	double rate[2];
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC);
	for (unsigned i = 0; i < 2; i++) {
		struct net_cable *in = &r.h->port[i].net->in;

		in->rate = (i ? 4 : 1) * 100000000ull;
		in->queue = 200000;
	}
	rig_run(&r, &l);
	for (unsigned i = 0; i < 2; i++)
		rate[i] = (double)r.h->port[i].net->in.passed;
	world_note(w, "1 : %.2f, %.1f Mbit/s", rate[1] / rate[0],
	    (double)r.load->bytes * 8e3 /
		(double)(r.load->ended - r.load->started));
	CHECK(w, rate[1] / rate[0] > 2.5 && rate[1] / rate[0] < 6);
	CHECK(w, (double)r.load->bytes * 8e9 /
			 (double)(r.load->ended - r.load->started) >
		     350e6);
	rig_finish(&r);
}

static void port_flap(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = L;
	struct host_port *p;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	p = &r.h->port[0];
	load_start(rig_load(&r, &l));
	for (unsigned i = 0; i < 5; i++) {
		world_run(w, 10 * NSEC_MS);
		net_cut(p->net, true);
		host_port_state(p, false, 1500);
		world_run(w, rng_below(&w->rng, 3 * NSEC_SEC));
		net_cut(p->net, false);
		host_port_state(p, true, 1500);
	}
	/* Up: queried, identified, used at once. */
	load_wait(r.load, 10 * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 0);
	CHECK(w, host_seen(r.h, ENGINE_DOWN) >= 4);
	rig_finish(&r);
}

/* The send fails before the link monitor has told of it. */
static void port_gone(struct world *w)
{
	struct rig_options o = {.ports = 2, .target.buffers = 16};
	struct load_options l = L;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC);
	load_start(rig_load(&r, &l));
	world_run(w, 5 * NSEC_MS);
	r.h->port[0].up = false;
	net_cut(r.h->port[0].net, true);
	world_run(w, 5 * NSEC_MS);
	host_port_remove(&r.h->port[0]);
	load_wait(r.load, 10 * NSEC_SEC);
	/* Writes on their way through it are fenced for a second. */
	CHECK(w, r.load->slowest < 1500 * NSEC_MS);
	world_run(w, 3 * NSEC_SEC);
	CHECK_EQ(w, rig_info(&r).paths, 1);
	CHECK_EQ(w, host_seen(r.h, ENGINE_DOWN), 0);
	/* The last one goes, and a new one comes. */
	load_again(r.load, 200);
	load_start(r.load);
	host_port_remove(&r.h->port[1]);
	world_run(w, 2 * NSEC_SEC);
	host_add_port(r.h, net_mac(9), 1500);
	load_wait(r.load, 10 * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 0);
	rig_finish(&r);
}

static void mtu_change(struct world *w)
{
	struct rig_options o = {.target.buffers = 16, .mtu = 9000};
	struct load_options l = L;
	struct host_port *p;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	p = &r.h->port[0];
	world_run(w, 3 * NSEC_SEC);
	load_start(rig_load(&r, &l));
	for (unsigned i = 0; i < 4; i++) {
		world_run(w, 10 * NSEC_MS);
		/* First the kernel refuses, then we learn why. */
		p->too_big = true;
		p->real_mtu = 1500;
		world_run(w, 2 * NSEC_MS);
		host_port_state(p, true, 1500);
		world_run(w, 10 * NSEC_MS);
		p->too_big = false;
		host_port_state(p, true, 9000);
	}
	load_wait(r.load, 10 * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 0);
	world_run(w, 5 * NSEC_SEC);
	r.t[0]->largest = 0;
	load_again(r.load, 200);
	load_run(r.load);
	CHECK_EQ(w, r.t[0]->largest, 17);
	rig_finish(&r);
}

/*
 * Frames over 1500 vanish in one direction only. It falls back, and takes
 * large frames again when the hole is gone.
 */
static void hole(struct world *w, bool out, bool from_start)
{
	struct rig_options o = {.target.buffers = 16, .mtu = 9000};
	struct load_options l = L;
	struct engine_path_info p;
	struct net_cable *c;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	c = out ? &r.h->port[0].net->out : &r.h->port[0].net->in;
	if (!from_start) {
		/* Large frames have passed: the hole comes later. */
		l.ops = 100;
		rig_run(&r, &l);
		CHECK_EQ(w, r.t[0]->largest, 17);
	}
	c->mtu = 1500;
	l.ops = 400;
	rig_run(&r, &l);
	CHECK_EQ(w, r.load->failed, 0);
	CHECK(w, r.load->slowest < 5 * NSEC_SEC);
	load_again(r.load, 400);
	load_run(r.load);
	CHECK(w, r.load->slowest < 500 * NSEC_MS);
	CHECK(w, rig_path(&r, 0, &p));
	CHECK_EQ(w, p.payload, 1024);
	CHECK_EQ(w, host_seen(r.h, ENGINE_DOWN), 0);
	c->mtu = 0;
	world_run(w, 60 * NSEC_SEC);
	r.t[0]->largest = 0;
	load_again(r.load, 400);
	load_run(r.load);
	CHECK_EQ(w, r.t[0]->largest, 17);
	rig_finish(&r);
	target_kill(r.t[0]);
}

static void hole_out(struct world *w)
{
	hole(w, true, false);
	hole(w, true, true);
}

static void hole_in(struct world *w)
{
	hole(w, false, false);
	hole(w, false, true);
}

/* One path has the hole; the other keeps its large frames. */
static void hole_one(struct world *w)
{
	struct rig_options o = {.ports = 2, .target.buffers = 16, .mtu = 9000};
	struct load_options l = L;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, 3 * NSEC_SEC);
	r.h->port[0].net->out.mtu = r.h->port[0].net->in.mtu = 1500;
	l.min = 8192;
	rig_run(&r, &l);
	CHECK_EQ(w, r.load->failed, 0);
	r.t[0]->largest = 0;
	load_again(r.load, 500);
	load_run(r.load);
	CHECK_EQ(w, r.t[0]->largest, 17);
	CHECK(w, r.load->slowest < 500 * NSEC_MS);
	rig_finish(&r);
}

/* Port with MTU 1500 beside one with 9000: frames as each can. */
static void mixed_mtu(struct world *w)
{
	struct rig_options o = {.target.buffers = 16, .mtu = 9000};
	struct load_options l = L;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	net_both(host_add_port(r.h, net_mac(7), 1500)->net,
	    &(struct net_cable){.delay = RIG_DELAY});
	world_run(w, 3 * NSEC_SEC);
	CHECK_EQ(w, rig_info(&r).paths_up, 2);
	rig_run(&r, &l);
	CHECK_EQ(w, r.t[0]->largest, 17);
	CHECK(w, r.h->port[1].net->out.passed > 50);
	rig_finish(&r);
}

/*
 * The interface is made anew again and again under load, as containers and
 * virtual machines have it: what was known of the old ones is dropped in time.
 */
static void port_anew(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .config.dead_time = 30 * NSEC_SEC};
	struct load_options l = {
	    .ops = 1u << 30, .depth = 8, .max = 8192, .pause = 20 * NSEC_MS};
	size_t bytes = 0;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	load_start(rig_load(&r, &l));
	for (unsigned i = 0; i < 100; i++) {
		unsigned before = r.load->finished;

		world_run(w, 20 * NSEC_MS);
		host_port_remove(&r.h->port[0]);
		world_run(w, 100 * NSEC_MS);
		host_port_remake(&r.h->port[0], i % 4 != 0);
		world_run(w, 3 * NSEC_SEC);
		CHECK(w, r.load->finished > before);
		CHECK(w, rig_info(&r).paths <= 2);
		if (i == 10)
			bytes = r.h->bytes;
	}
	CHECK(w, r.h->bytes <= bytes + bytes / 10);
	load_stop(r.load);
	load_wait(r.load, LOAD_LONG);
	CHECK_EQ(w, r.load->failed, 0);
	rig_finish(&r);
}

const struct scenario sc_path[] = {
    {"port_anew", "an interface that is made again 100 times", port_anew},
    {"path_dies", "one of two paths dies, nobody waits", path_dies},
    {"silent_path", "a silent path gets no data", silent_path},
    {"unequal", "unequal links carry unequal shares", unequal},
    {"port_flap", "a port goes down and up under load", port_flap},
    {"port_gone", "ports are removed and added", port_gone},
    {"mtu_change", "the MTU changes under load", mtu_change},
    {"hole_out", "large requests vanish", hole_out},
    {"hole_in", "large answers vanish", hole_in},
    {"hole_one", "... on one path only", hole_one},
    {"mixed_mtu", "ports with different MTUs", mixed_mtu},
    {NULL, NULL, NULL},
};
