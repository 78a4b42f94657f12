/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Overload and noise: a target that drops what is too much is found out,
 * whoever else uses it, and random loss does not cost the window.
 */
#include <stdio.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

#define HOSTS 2u
#define SAYS 64u               /* Buffer Count of the target */
#define SETTLE (10 * NSEC_SEC) /* then a time four times as long counts */
#define SAMPLE NSEC_MS
#define SERVICE (100 * NSEC_US)
#define WIRE 2u /* frames under way while the target serves others */

/* Some hosts that read from one target without a pause. */
struct crowd {
	struct rig r; /* the first of them */
	unsigned hosts;
	struct host *h[HOSTS];
	struct load *load[HOSTS];
	struct device *dev[HOSTS];
};

struct verdict {
	double window[HOSTS]; /* mean */
	double sum;
	double dropped; /* share of what the target received */
	double rate;    /* frames it served per second */
};

static const struct load_options READS = {.ops = 1u << 30,
    .depth = 64,
    .reads = 1,
    .align = 4096,
    .min = 16384,
    .max = 16384};

static bool crowd_init(struct crowd *c, struct world *w, unsigned hosts,
    unsigned says, unsigned room, double loss)
{
	struct rig_options o = {.target.buffers = says,
	    .target.queue = room,
	    .target.service = SERVICE,
	    .unchecked = true};

	*c = (struct crowd){.hosts = hosts};
	if (!rig_init(&c->r, w, &o))
		return false;
	for (unsigned i = 0; i < hosts; i++) {
		struct net_port *p;

		c->h[i] = i ? host_new(w, NULL) : c->r.h;
		if (i) {
			struct net_cable cable = {.delay = RIG_DELAY};

			p = host_add_port(c->h[i], net_mac(0x50 + i), 1500)
				->net;
			net_both(p, &cable);
		}
		c->dev[i] =
		    i ? host_open(c->h[i], c->r.t[0]->opt.addr) : c->r.dev;
		if (!c->dev[i])
			return false;
		p = c->h[i]->port[0].net;
		p->in.loss = p->out.loss = loss;
	}
	for (unsigned i = 0; i < hosts; i++) {
		c->load[i] = load_new(c->h[i], c->dev[i], NULL, &READS);
		load_start(c->load[i]);
	}
	return true;
}

static struct verdict crowd_measure(struct crowd *c, nsec_t settle)
{
	struct target *t = c->r.t[0];
	struct target_counts was;
	struct verdict v = {0};
	unsigned samples = 0;

	world_run(c->r.w, settle);
	was = t->n;
	for (nsec_t spent = 0; spent < 4 * settle; spent += SAMPLE, samples++) {
		struct engine_path_info p;

		world_run(c->r.w, SAMPLE);
		for (unsigned i = 0; i < c->hosts; i++)
			if (engine_path_info(c->dev[i], 0, &p))
				v.window[i] += p.window;
	}
	for (unsigned i = 0; i < c->hosts; i++) {
		v.window[i] /= samples;
		v.sum += v.window[i];
		CHECK_EQ(c->r.w, c->load[i]->failed, 0);
		load_stop(c->load[i]);
	}
	v.dropped = (double)(t->n.overflow - was.overflow) /
		    (double)(t->n.received - was.received);
	v.rate = (double)(t->n.reads - was.reads) * 1e9 / (double)(4 * settle);
	return v;
}

/* `hosts` on a target that says `says` and has `room`, with random loss. */
static void settle_as(
    struct world *w, unsigned hosts, unsigned says, unsigned room, double loss)
{
	struct crowd c;
	struct verdict v;
	struct world inner;

	world_init(&inner, w->seed, NULL, false);
	if (crowd_init(&c, &inner, hosts, says, room, loss)) {
		v = crowd_measure(&c, SETTLE);
		printf("  %u host%s, room for %2u, loss %.0f %%: windows %5.1f",
		    hosts, hosts > 1 ? "s" : " ", room, 100 * loss,
		    v.window[0]);
		if (hosts > 1)
			printf(" + %4.1f = %4.1f", v.window[1], v.sum);
		printf(", dropped %.2f %%, %.0f frames/s\n", 100 * v.dropped,
		    v.rate);
		CHECK(w, v.sum >= 0.5 * (room + WIRE));
		CHECK(w, v.sum <= 1.5 * (room + WIRE));
		CHECK(w, v.dropped < 0.01);
		/* It serves 10,000 in a second. */
		CHECK(w, v.rate > 9000);
	}
	if (inner.failures)
		world_fail(w, "%u failures inside", inner.failures);
	world_fini(&inner);
}

static void settle(struct world *w, unsigned hosts, unsigned room, double loss)
{
	settle_as(w, hosts, SAYS, room, loss);
}

static void overload(struct world *w)
{
	settle(w, 1, 4, 0);
	settle(w, 1, 8, 0);
	settle(w, 1, 24, 0);
	settle(w, 1, 40, 0);
	settle(w, 1, 56, 0);
	settle(w, 1, 60, 0);
}

/* What it says is more than is ever asked for at a time, or than frames are. */
static void overload_boast(struct world *w)
{
	settle_as(w, 1, 1024, 32, 0);
	settle_as(w, 1, 4096, 32, 0);
	settle_as(w, 1, 65535, 32, 0.01);
}

static void overload_shared(struct world *w)
{
	settle(w, 2, 8, 0);
	settle(w, 2, 16, 0);
	settle(w, 2, 40, 0);
}

static void overload_lossy(struct world *w)
{
	settle(w, 1, 8, 0.01);
	settle(w, 1, 24, 0.01);
	settle(w, 1, 24, 0.05);
	settle(w, 2, 24, 0.01);
}

/* Loss that has nothing to do with the window leaves it as it is. */
static void noise(struct world *w)
{
	static const double losses[] = {0.001, 0.01, 0.02, 0.05};

	for (unsigned i = 0; i < ARRAY_SIZE(losses); i++) {
		struct crowd c;
		struct verdict v;
		struct world inner;

		world_init(&inner, w->seed, NULL, false);
		if (!crowd_init(&c, &inner, 1, SAYS, 1000, losses[i]))
			world_fail(w, "no device");
		/* Round trips, not the target, are what is waited for. */
		c.r.t[0]->opt.service = NSEC_US;
		v = crowd_measure(&c, SETTLE / 10);
		printf("  loss %.1f %%: window %.1f of %u\n", 100 * losses[i],
		    v.window[0], SAYS);
		CHECK(w, v.window[0] > 0.9 * SAYS);
		if (inner.failures)
			world_fail(w, "%u failures inside", inner.failures);
		world_fini(&inner);
	}
}

const struct scenario sc_overload[] = {
    {"overload", "a target with less room than it says", overload},
    {"overload_boast", "... with hardly any of it", overload_boast},
    {"overload_shared", "... used by two processes", overload_shared},
    {"overload_lossy", "... on a line that loses frames", overload_lossy},
    {"noise", "random loss does not cost the window", noise},
    {NULL, NULL, NULL},
};
