/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several links at once, each a segment of its own with a target MAC of its
 * own: what they carry together, and what happens when one dies.
 */
#include <stdio.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

#define LINKS_MAX 5u
#define MBIT 1000000u

/* A disk that answers on every link. */
struct links {
	struct rig r;
	unsigned n;
	struct host_port *port[LINKS_MAX];
	struct target *t[LINKS_MAX];
};

static const struct load_options STREAM = {.ops = 400,
    .depth = 32,
    .reads = 1,
    .sequential = true,
    .align = 65536,
    .min = 65536,
    .max = 65536};

static void links_add(struct links *k, unsigned i, uint64_t rate)
{
	struct net_cable cable = {
	    .delay = RIG_DELAY, .rate = rate, .queue = 256u << 10};

	if (i) {
		struct net_port *port =
		    net_port_new(&k->r.w->net, net_mac(0x200 + i));

		port->segment = i;
		k->t[i] = target_new(k->r.w, port, &k->r.t[0]->opt);
		k->port[i] =
		    host_add_port(k->r.h, net_mac(0x10 + i), k->port[0]->mtu);
		k->port[i]->net->segment = i;
	} else {
		k->t[0] = k->r.t[0];
		k->port[0] = &k->r.h->port[0];
	}
	net_both(k->port[i]->net, &cable);
	/* What a station sends it queues itself. */
	k->port[i]->net->out.queue = 0;
}

static bool links_init(struct links *k, struct world *w, unsigned n,
    const uint64_t rate[], unsigned mtu)
{
	struct rig_options o = {.target.buffers = 64,
	    .target.service = 2 * NSEC_US,
	    .mtu = mtu,
	    .unchecked = true};

	*k = (struct links){.n = n};
	if (!rig_init(&k->r, w, &o))
		return false;
	for (unsigned i = 0; i < n; i++)
		links_add(k, i, rate[i]);
	world_run(w, 2 * NSEC_SEC);
	return CHECK_EQ(w, rig_info(&k->r).paths, n);
}

static void links_only(struct links *k, int only)
{
	for (unsigned i = 0; i < k->n; i++)
		host_port_state(
		    k->port[i], only < 0 || only == (int)i, k->port[i]->mtu);
	world_run(k->r.w, 2 * NSEC_SEC);
}

/* Payload bytes per second; the first run warms up. */
static double links_rate(struct links *k)
{
	struct load *l = k->r.load;

	load_again(l, STREAM.ops);
	load_run(l);
	load_again(l, STREAM.ops);
	load_run(l);
	return (double)l->bytes * 1e9 / (double)(l->ended - l->started);
}

/* All together against the sum of each alone. */
static void together(struct world *w, unsigned n, const uint64_t rate[],
    unsigned mtu, double least)
{
	double sum = 0, all;
	struct links k;

	if (!links_init(&k, w, n, rate, mtu))
		return;
	rig_load(&k.r, &STREAM);
	printf("  MTU %u:", mtu);
	for (unsigned i = 0; i < n; i++) {
		double alone;

		links_only(&k, (int)i);
		alone = links_rate(&k);
		sum += alone;
		printf(" %.1f", alone / 1e6);
	}
	links_only(&k, -1);
	all = links_rate(&k);
	printf(" MB/s alone, %.1f together: %.1f %%\n", all / 1e6,
	    100 * all / sum);
	CHECK(w, all >= least * sum);
	rig_finish(&k.r);
	for (unsigned i = 0; i < n; i++)
		target_kill(k.t[i]);
}

static void links_equal(struct world *w)
{
	static const uint64_t slow[] = {
	    100 * MBIT, 100 * MBIT, 100 * MBIT, 100 * MBIT, 100 * MBIT};
	static const uint64_t fast[] = {
	    1000 * MBIT, 1000 * MBIT, 1000 * MBIT, 1000 * MBIT, 1000 * MBIT};

	together(w, 5, slow, 1500, 0.95);
	together(w, 5, fast, 1500, 0.95);
	together(w, 5, fast, 9000, 0.95);
}

static void links_unequal(struct world *w)
{
	static const uint64_t slow[] = {50 * MBIT, 100 * MBIT, 200 * MBIT};
	static const uint64_t fast[] = {250 * MBIT, 500 * MBIT, 1000 * MBIT};

	together(w, 3, slow, 1500, 0.90);
	together(w, 3, fast, 1500, 0.90);
	together(w, 3, fast, 9000, 0.90);
}

/* When each slice that was on the dead link went out again elsewhere. */
struct watch {
	struct world *w;
	struct mac dead;
	nsec_t cut_at;
	struct {
		uint64_t sector;
		nsec_t sent, moved;
	} slice[256];
	unsigned slices;
};

static bool watch_filter(
    void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	struct watch *x = ctx;
	struct msg m;

	(void)delay;
	if (!msg_get(&m, frame, len) || m.response || !msg_is_read(&m))
		return true;
	for (unsigned i = 0; i < x->slices; i++)
		if (x->slice[i].sector == msg_sector(&m) &&
		    !x->slice[i].moved && !mac_equal(m.dst, x->dead))
			x->slice[i].moved = world_now(x->w);
	if (!mac_equal(m.dst, x->dead) || x->slices == 256)
		return true;
	/* The first send that gets no answer counts. */
	for (unsigned i = 0; i < x->slices; i++)
		if (x->slice[i].sector == msg_sector(&m))
			return true;
	if (world_now(x->w) >= x->cut_at) {
		x->slice[x->slices].sector = msg_sector(&m);
		x->slice[x->slices++].sent = world_now(x->w);
	}
	return true;
}

/*
 * One of two links dies in the middle of a stream. What was on it has to wait
 * for places in the window of the other, which takes a round trip; so the RTO
 * is the one without a floor, SRTT + max(SRTT, 4 RTTVAR).
 */
static void link_dies(struct world *w)
{
	static const uint64_t rate[] = {200 * MBIT, 200 * MBIT};
	struct watch x = {.w = w};
	struct engine_path_info p;
	nsec_t rto = 0, worst = 0;
	double alone, after;
	struct links k;

	if (!links_init(&k, w, 2, rate, 1500))
		return;
	rig_load(&k.r, &STREAM);
	links_only(&k, 0);
	alone = links_rate(&k);
	links_only(&k, -1);
	links_rate(&k);
	for (unsigned i = 0; engine_path_info(k.r.dev, i, &p); i++)
		rto = MAX(rto, MAX(p.rto, 2 * p.srtt));
	load_again(k.r.load, 400);
	load_start(k.r.load);
	world_run(w, 50 * NSEC_MS);
	x.dead = k.t[1]->port->mac;
	x.cut_at = world_now(w);
	net_cut(k.port[1]->net, true);
	w->net.filter = watch_filter;
	w->net.filter_ctx = &x;
	CHECK(w, load_wait(k.r.load, 10 * NSEC_SEC));
	w->net.filter = NULL;
	after = (double)k.r.load->bytes * 1e9 /
		(double)(k.r.load->ended - k.r.load->started);
	for (unsigned i = 0; i < x.slices; i++) {
		CHECK(w, x.slice[i].moved > 0);
		worst = MAX(worst, x.slice[i].moved - x.slice[i].sent);
	}
	printf("  %u slices moved after %.3f ms at most, RTO %.3f ms; %.1f "
	       "MB/s of %.1f\n",
	    x.slices, (double)worst / 1e6, (double)rto / 1e6, after / 1e6,
	    alone / 1e6);
	CHECK(w, x.slices > 0);
	CHECK(w, worst <= rto);
	CHECK(w, after >= 0.9 * alone);
	CHECK_EQ(w, k.r.load->failed, 0);
	net_cut(k.port[1]->net, false);
	world_run(w, 10 * NSEC_SEC);
	/* Taken back. */
	CHECK(w, links_rate(&k) > 1.8 * alone);
	rig_finish(&k.r);
}

/* Jumbo frames vanish on one of two links, each way in turn. */
static void link_hole(struct world *w)
{
	static const uint64_t rate[] = {200 * MBIT, 200 * MBIT};
	struct engine_path_info p;
	struct links k;

	if (!links_init(&k, w, 2, rate, 9000))
		return;
	rig_load(&k.r, &STREAM);
	load_run(k.r.load);
	load_again(k.r.load, 1000);
	load_start(k.r.load);
	world_run(w, 20 * NSEC_MS);
	k.port[1]->net->in.mtu = 1500;
	world_run(w, NSEC_SEC);
	for (unsigned i = 0; engine_path_info(k.r.dev, i, &p); i++)
		CHECK_EQ(w, p.payload, p.port == k.port[1]->id ? 1024 : 8704);
	CHECK(w, load_wait(k.r.load, 10 * NSEC_SEC));
	CHECK_EQ(w, k.r.load->failed, 0);
	CHECK(w, k.r.load->slowest < NSEC_SEC);
	rig_finish(&k.r);
}

const struct scenario sc_links[] = {
    {"links_equal", "five equal links carry five times as much", links_equal},
    {"links_unequal", "links of 1:2:4 carry the sum", links_unequal},
    {"link_dies", "slices of a dead link move within one RTO", link_dies},
    {"link_hole", "a link that eats jumbo frames falls back", link_hole},
    {NULL, NULL, NULL},
};
