/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/chaos.h"

#include <stdio.h>
#include <string.h>
#include "tests/sim/mishap.h"

#define STALL_ALONE (3 * NSEC_SEC)
/* Less than late_copy: with two targets, one shows what the other holds. */
#define STALL_SHARED (500 * NSEC_MS)

/* What a mixture is made of, and how often it is in one. */
static const struct {
	unsigned kind;
	const char *name;
	double chance;
} kinds[] = {
    {CHAOS_AWAKE, "awake", 0.25},
    {CHAOS_HUB, "hub", 0.3},
    {CHAOS_MOVE, "move", 0.25},
    {CHAOS_SWAP, "swap", 0.3},
    {CHAOS_RESIZE, "resize", 0.3},
    {CHAOS_RTT, "rtt", 0.4},
    {CHAOS_PORT, "port", 0.3},
    {CHAOS_MTU, "mtu", 0.3},
    {CHAOS_POOL, "pool", 0.2},
    {CHAOS_CROWD, "crowd", 0.15},
};

/* How often each of them comes; `kind`: only in mixtures that have it. */
static const struct {
	void (*act)(struct chaos *c);
	unsigned weight, kind;
	bool swapping; /* also while a MAC shows another disk */
} acts[] = {
    {mishap_cable, 12, 0, false},
    {mishap_black_hole, 2, 0, false},
    {mishap_link, 4, 0, false},
    {mishap_mtu, 1, 0, false},
    {mishap_mtu, 4, CHAOS_MTU, false},
    {mishap_target_mtu, 1, 0, false},
    {mishap_host_mac, 1, 0, false},
    {mishap_restart, 3, 0, false},
    {mishap_stall, 3, 0, false},
    {mishap_config, 2, 0, true},
    {mishap_queue, 3, 0, true},
    {mishap_move, 2, CHAOS_MOVE, false},
    {mishap_swap, 1, CHAOS_SWAP, false},
    {mishap_resize, 1, CHAOS_RESIZE, false},
    {mishap_rtt, 3, CHAOS_RTT, true},
    {mishap_port, 3, CHAOS_PORT, false},
    {mishap_hub, 3, CHAOS_HUB, true},
    {mishap_rival, 2, CHAOS_HUB, true},
    {mishap_crowd, 3, CHAOS_CROWD, true},
    {mishap_mend_net, 5, 0, true},
    {mishap_mend_targets, 5, 0, false},
};

unsigned chaos_draw(struct rng *rng)
{
	unsigned set = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (rng_chance(rng, kinds[i].chance))
			set |= kinds[i].kind;
	return set;
}

char *chaos_text(unsigned set, char buf[CHAOS_TEXT])
{
	size_t len = 0;

	buf[0] = 0;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (set & kinds[i].kind)
			len += (size_t)snprintf(buf + len, CHAOS_TEXT - len,
			    "%s%s", len ? " " : "", kinds[i].name);
	return buf;
}

/*
 * Reads and answers are held back beyond all that was learned; what writes may
 * suffer is the cable's business.
 */
static bool hold(void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	struct chaos *c = ctx;
	struct msg m;

	if (!mishap_chance(c, 0.003) || !msg_get(&m, frame, len))
		return true;
	if (m.response || msg_is_read(&m))
		*delay += mishap_up_to(
		    c, mishap_chance(c, 0.1) ? 300 * NSEC_MS : 20 * NSEC_MS);
	return true;
}

static unsigned weight(const struct chaos *c, size_t i)
{
	if (acts[i].kind && !(c->kinds & acts[i].kind))
		return 0;
	return c->swapped && !acts[i].swapping ? 0 : acts[i].weight;
}

static void chaos_fire(struct event *ev)
{
	struct chaos *c = container_of(ev, struct chaos, next);
	unsigned sum = 0;
	uint64_t pick;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(acts); i++)
		sum += weight(c, i);
	pick = rng_below(&c->w->rng, sum);
	for (i = 0; pick >= weight(c, i); i++)
		pick -= weight(c, i);
	acts[i].act(c);
	mishap_end_stalls(c);
	event_at(&c->w->events, &c->next,
	    world_now(c->w) + mishap_up_to(c, mishap_chance(c, 0.05)
						  ? c->stall / 4
						  : 20 * NSEC_MS));
}

static bool add_crowd(struct chaos *c)
{
	struct fleet_options o = {.disks = 47,
	    .shelf = 2,
	    .target = {.buffers = 16, .service = 50 * NSEC_US},
	    .load = {.ops = 1u << 30,
		.depth = 2,
		.max = 4096,
		.pause = 50 * NSEC_MS,
		.any_error = true}};

	return fleet_join(&c->crowd, c->r.h, &o);
}

static void add_rival(struct chaos *c)
{
	struct disk *disk = disk_new(c->w, 8192);

	/* Whoever overhears writes has them in no order. */
	disk->unjudged = true;
	c->rival = rig_rival(&c->r, disk, "1.0:other");
	c->rival->opt.service = 0;
	c->rival->port->nosy = true;
	target_announce(c->rival);
}

bool chaos_init(struct chaos *c, const struct rig_options *opt)
{
	struct rng *rng = &c->w->rng;
	bool lies = c->kinds & CHAOS_LIES;

	c->opt = *opt;
	c->stall = opt->targets > 1 ? STALL_SHARED : STALL_ALONE;
	c->calm = opt->cable;
	c->calm.ordered = c->kinds & CHAOS_RTT;
	if (mishap_chance(c, 0.5)) {
		c->calm.rate = 1000000000u / rng_between(rng, 1, 10);
		c->calm.queue = rng_between(rng, 20000, 256 << 10);
	}
	event_init(&c->next, chaos_fire);
	event_init(&c->swap, mishap_swap_fire);
	c->other = disk_new(c->w, 8192);
	c->r.model->survival = lies;
	c->r.h->referee.lies = lies;
	c->r.disk->unjudged = lies;
	for (unsigned i = 0; lies && i < opt->targets; i++)
		c->r.t[i]->opt.lies = 0.02;
	if (c->kinds & CHAOS_HUB)
		add_rival(c);
	if (c->kinds & CHAOS_CROWD && !add_crowd(c))
		return false;
	c->w->net.filter = hold;
	c->w->net.filter_ctx = c;
	return true;
}

void chaos_start(struct chaos *c)
{
	for (unsigned i = 0; i < c->r.h->ports; i++) {
		struct net_port *port = c->r.h->port[i].net;

		port->in = port->out = c->calm;
		mishap_roughen(c, port);
	}
	for (unsigned i = 0; i < c->crowd.n; i++)
		load_start(c->crowd.load[i]);
	event_at(&c->w->events, &c->next, world_now(c->w));
}

static void stop_crowd(struct chaos *c)
{
	for (unsigned i = 0; i < c->crowd.n; i++) {
		struct target *t = c->crowd.t[i];

		load_stop(c->crowd.load[i]);
		target_stall(t, false);
		if (!t->running)
			target_start(t);
	}
}

void chaos_stop(struct chaos *c)
{
	event_cancel(&c->w->events, &c->next);
	mishap_swap_end(c);
	mishap_mend_net(c);
	mishap_mend_targets(c);
	stop_crowd(c);
	for (unsigned i = 0; i < c->opt.targets; i++)
		c->r.t[i]->opt.lies = 0;
	c->w->net.filter = NULL;
	c->r.h->again = 0;
}

uint64_t chaos_dropped(const struct chaos *c)
{
	const struct list *l, *ports = &c->w->net.ports;
	uint64_t sum = 0;

	for (l = ports->next; l != ports; l = l->next) {
		const struct net_port *p = list_entry(l, struct net_port, link);

		sum += p->in.dropped + p->out.dropped;
	}
	return sum;
}
