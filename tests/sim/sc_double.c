/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two disks at one address, before anybody has it open: who answers first must
 * not decide. Opening takes until every port has had its chance, and is refused
 * when two identities were seen.
 */
#include <errno.h>
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

/* One of them is up to 100 ms further away. */
static void double_disks(struct world *w)
{
	struct rig_options o = {.target.buffers = 16, .bare = true};
	struct target *t;
	struct rig r;

	for (unsigned i = 0; i < 20; i++) {
		struct net_cable far = {
		    .delay = rng_between(&w->rng, 0, 50 * NSEC_MS)};

		rig_init(&r, w, &o);
		t = rig_rival(&r, disk_new(w, 8192), "1.0:other");
		net_both(i & 1 ? t->port : r.t[0]->port, &far);
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
		struct net_cable far = {
		    .delay = rng_between(&w->rng, 0, 50 * NSEC_MS)};

		rig_init(&r, w, &o);
		t = rig_rival(&r, disk_new(w, 8192), "1.0:other");
		t->port->segment = 1;
		r.h->port[1].net->segment = 1;
		net_both(r.h->port[i & 1].net, &far);
		refused(&r);
		target_kill(t);
		target_kill(r.t[0]);
	}
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
    {NULL, NULL, NULL},
};
