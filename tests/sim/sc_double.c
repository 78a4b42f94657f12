/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two disks at one address, before anybody has it open: who answers first must
 * not decide. Opening takes until every port has had its chance, and is refused
 * when two identities were seen.
 */
#include <errno.h>
#include <string.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

#define SETTLED NSEC_SEC /* a fraction of a second, and no more */
#define STEP NSEC_MS

static const struct aoe_addr ADDR = {1, 0};

/* As a program does that was given the address: tried until it is settled. */
static int open_settled(struct rig *r)
{
	nsec_t began = world_now(r->w);
	int error = -EAGAIN;

	CHECK_EQ(r->w, engine_expect(r->h->e, ADDR, began), 0);
	host_pump(r->h);
	while (error == -EAGAIN && world_now(r->w) - began < 30 * NSEC_SEC) {
		world_run(r->w, STEP);
		r->dev = engine_find(r->h->e, ADDR);
		if (r->dev)
			error = engine_open(r->h->e, r->dev);
		host_pump(r->h);
	}
	if (error == -EAGAIN)
		world_fail(r->w, "the address is never settled");
	CHECK(r->w, world_now(r->w) - began <= SETTLED);
	return error;
}

static void gone(struct rig *r, struct target *rival)
{
	host_stop(r->h);
	target_kill(rival);
	target_kill(r->t[0]);
}

/* Both are named to whoever has to choose, and none of them got data. */
static void refused(struct rig *r)
{
	CHECK_EQ(r->w, open_settled(r), -ENOTUNIQ);
	CHECK(r->w, host_logged(r->h, "1.0:sim"));
	CHECK(r->w, host_logged(r->h, "1.0:other"));
	CHECK_EQ(r->w, r->h->referee.data, 0);
	world_run(r->w, 5 * NSEC_SEC);
	r->dev = engine_find(r->h->e, ADDR);
	if (CHECK(r->w, r->dev != NULL))
		CHECK_EQ(r->w, engine_open(r->h->e, r->dev), -ENOTUNIQ);
	host_stop(r->h);
}

/* Up to 100 ms further away than the others. */
static void further(struct world *w, struct net_port *port)
{
	net_both(port, &(struct net_cable){
			   .delay = rng_between(&w->rng, 0, 50 * NSEC_MS)});
}

/* On one network. */
static void double_disks(struct world *w)
{
	struct rig_options o = {.target.buffers = 16, .bare = true};
	struct target *t;
	struct rig r;

	for (unsigned i = 0; i < 20; i++) {
		rig_init(&r, w, &o);
		t = rig_rival(&r, disk_new(w, 8192), "1.0:other");
		further(w, i & 1 ? t->port : r.t[0]->port);
		refused(&r);
		target_kill(t);
		target_kill(r.t[0]);
	}
}

/* Each on a network of its own. */
static void double_ports(struct world *w)
{
	struct rig_options o = {.target.buffers = 16, .ports = 2, .bare = true};
	struct target *t;
	struct rig r;

	for (unsigned i = 0; i < 20; i++) {
		rig_init(&r, w, &o);
		t = rig_rival(&r, disk_new(w, 8192), "1.0:other");
		t->port->segment = 1;
		r.h->port[1].net->segment = 1;
		further(w, r.h->port[i & 1].net);
		refused(&r);
		target_kill(t);
		target_kill(r.t[0]);
	}
}

static const char *const serials[] = {"1.0:nobody", "1.0:other"};

/* The serial number decides, at whatever distance, alone or among doubles. */
static void double_serial(struct world *w)
{
	struct rig_options o = {.target.buffers = 16,
	    .bare = true,
	    .config = {.serials = serials, .serial_count = 2}};
	struct engine_device_info info;
	struct target *t;
	struct rig r;

	for (unsigned i = 0; i < 20; i++) {
		o.config.only_serials = i & 2;
		rig_init(&r, w, &o);
		t = rig_rival(&r, disk_new(w, 4096), "1.0:other");
		further(w, i & 1 ? t->port : r.t[0]->port);
		CHECK_EQ(w, open_settled(&r), 0);
		engine_device_info(r.dev, &info);
		CHECK_EQ(w, info.sectors, 4096);
		world_run(w, 2 * NSEC_SEC);
		engine_device_info(r.dev, &info);
		CHECK_EQ(w, info.sectors, 4096);
		CHECK_EQ(w, info.state, ENGINE_DEVICE_UP);
		gone(&r, t);
	}
}

/* Another disk is not taken for the one that is asked for, even if alone. */
static void double_stranger(struct world *w)
{
	struct rig_options o = {.target.buffers = 16,
	    .bare = true,
	    .config = {
		.serials = serials, .serial_count = 2, .only_serials = true}};
	const struct ata_identity *id;
	struct rig r;

	rig_init(&r, w, &o);
	CHECK_EQ(w, engine_expect(r.h->e, ADDR, world_now(w)), 0);
	host_pump(r.h);
	world_run(w, 3 * NSEC_SEC);
	r.dev = engine_find(r.h->e, ADDR);
	if (!CHECK(w, r.dev != NULL))
		return;
	CHECK_EQ(w, engine_open(r.h->e, r.dev), -EAGAIN);
	id = engine_identity(r.dev, 0);
	CHECK(w, id && !strcmp(id->serial, "1.0:sim"));
	CHECK_EQ(w, r.h->referee.data, 0);
	/* The right one comes late. */
	rig_rival(&r, disk_new(w, 4096), "1.0:other");
	CHECK_EQ(w, open_settled(&r), 0);
	host_stop(r.h);
}

/* One of two that has gone for good leaves the other to be opened. */
static void double_leaves(struct world *w)
{
	struct rig_options o = {.target.buffers = 16, .bare = true};
	struct engine_device_info info;
	struct target *t;
	struct rig r;

	for (unsigned i = 0; i < 10; i++) {
		rig_init(&r, w, &o);
		t = rig_rival(&r, disk_new(w, 4096), "1.0:other");
		CHECK_EQ(w, open_settled(&r), -ENOTUNIQ);
		engine_device_info(r.dev, &info);
		CHECK_EQ(w, info.state, ENGINE_DEVICE_CONTESTED);
		target_kill(i & 1 ? t : r.t[0]);
		CHECK_EQ(w, engine_expect(r.h->e, ADDR, world_now(w)), 0);
		host_pump(r.h);
		world_run(w, 10 * NSEC_SEC);
		CHECK_EQ(w, open_settled(&r), 0);
		engine_device_info(r.dev, &info);
		CHECK_EQ(w, info.sectors, i & 1 ? 8192 : 4096);
		host_stop(r.h);
		target_kill(i & 1 ? r.t[0] : t);
	}
}

/* Whoever is open stays, and the next to open is refused. */
static void double_later(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct target *t;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	t = rig_rival(&r, disk_new(w, 4096), "1.0:other");
	engine_discover(r.h->e, world_now(w));
	host_pump(r.h);
	world_run(w, 2 * NSEC_SEC);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 8192), 0);
	CHECK_EQ(w, engine_open(r.h->e, r.dev), 0);
	engine_close(r.h->e, r.dev, world_now(w));
	engine_close(r.h->e, r.dev, world_now(w));
	CHECK_EQ(w, engine_open(r.h->e, r.dev), -ENOTUNIQ);
	model_verify(r.model, r.disk);
	gone(&r, t);
}

/* Twice the same is one disk, and opens as soon as it is known. */
static void double_paths(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .targets = 2, .ports = 2, .bare = true};
	struct rig r;

	for (unsigned i = 0; i < 5; i++) {
		o.targets = 1 + i % 2;
		o.ports = 1 + i / 2 % 2;
		rig_init(&r, w, &o);
		if (CHECK_EQ(w, open_settled(&r), 0)) {
			r.model = model_new(w, r.disk);
			rig_load(&r, NULL);
			CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 8192), 0);
			rig_finish(&r);
		}
		target_kill(r.t[0]);
		if (o.targets > 1)
			target_kill(r.t[1]);
	}
}

const struct scenario sc_double[] = {
    {"double_disks", "two disks at one address are not opened", double_disks},
    {"double_ports", "... nor behind two ports", double_ports},
    {"double_paths", "one disk behind several MACs is", double_paths},
    {"double_serial", "a serial number decides", double_serial},
    {"double_stranger", "... against whoever is alone", double_stranger},
    {"double_leaves", "what has gone is no rival any more", double_leaves},
    {"double_later", "what is open stays what it is", double_later},
    {NULL, NULL, NULL},
};
