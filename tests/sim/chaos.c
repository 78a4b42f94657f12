/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/chaos.h"

#include <string.h>

#define STALL_ALONE (3 * NSEC_SEC)
/* Less than late_copy: with two targets, one shows what the other holds. */
#define STALL_SHARED (500 * NSEC_MS)

static bool chance(struct chaos *c, double p)
{
	return rng_chance(&c->w->rng, p);
}

static nsec_t up_to(struct chaos *c, nsec_t most)
{
	return rng_below(&c->w->rng, most + 1);
}

static struct host_port *any_port(struct chaos *c)
{
	struct host *h = c->r.h;

	return &h->port[rng_below(&c->w->rng, h->ports)];
}

static struct target *any_target(struct chaos *c)
{
	return c->r.t[rng_below(&c->w->rng, c->opt.targets)];
}

/*
 * Reads and answers are held back beyond all that was learned; what writes may
 * suffer is the cable's business.
 */
static bool hold(void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	struct chaos *c = ctx;
	struct msg m;

	if (!chance(c, 0.003) || !msg_get(&m, frame, len))
		return true;
	if (m.response || msg_is_read(&m))
		*delay +=
		    up_to(c, chance(c, 0.1) ? 300 * NSEC_MS : 20 * NSEC_MS);
	return true;
}

/* Else a copy that the network made of an answered write may come too late. */
static bool in_order(const struct chaos *c)
{
	enum service order = c->opt.target.order
				 ? c->opt.target.order
				 : persona_get(c->opt.target.kind)->order;

	return order == SERVICE_FIFO || order == SERVICE_TAIL;
}

/* Loss of all kinds, copies, jitter: rate and queue stay what they are. */
static void roughen(struct chaos *c, struct net_cable *cable)
{
	cable->loss = chance(c, 0.3) ? 0.1 * (double)up_to(c, 100) / 100 : 0.01;
	cable->burst = chance(c, 0.5) ? 0.002 : 0;
	cable->burst_len = (unsigned)up_to(c, 40);
	cable->dup = chance(c, 0.5) ? 0.03 : 0;
	cable->jitter = up_to(c, cable->delay);
	cable->reorder = chance(c, 0.5) ? 0.05 : 0;
	cable->hold = cable->delay;
	cable->corrupt = c->lies && chance(c, 0.5) ? 0.01 : 0;
}

static void roughen_port(struct chaos *c, struct net_port *port)
{
	roughen(c, &port->in);
	roughen(c, &port->out);
	if (!in_order(c) || c->opt.targets > 1)
		port->out.dup = 0;
}

static void act_cable(struct chaos *c)
{
	roughen_port(c, any_port(c)->net);
}

/* Large frames vanish in one direction. */
static void act_black_hole(struct chaos *c)
{
	struct net_port *port = any_port(c)->net;
	struct net_cable *cable = chance(c, 0.5) ? &port->in : &port->out;

	cable->mtu = cable->mtu ? 0 : 1500;
}

/* A cable is cut or mended, and the host may not notice. */
static void act_link(struct chaos *c)
{
	struct host_port *p = any_port(c);
	bool cut = !p->net->out.cut;

	net_cut(p->net, cut);
	if (p->up == !cut)
		return;
	if (!cut || chance(c, 0.5))
		host_port_state(p, !cut, p->mtu);
}

static void act_mtu(struct chaos *c)
{
	struct host_port *p = any_port(c);

	host_port_state(p, p->up, p->mtu == 1500 ? c->opt.mtu : 1500);
}

static void act_target_mtu(struct chaos *c)
{
	struct target *t = any_target(c);

	t->opt.mtu = t->opt.mtu == 1500 ? c->opt.mtu : 1500;
	if (t->running && chance(c, 0.5))
		target_announce(t);
}

/* From its own address to another one, or back. */
static void flip(struct mac *mac)
{
	mac->b[4] ^= 0x10;
}

static void move_target(struct target *t)
{
	flip(&t->port->mac);
	target_kill(t);
	target_start(t);
}

static void act_mac(struct chaos *c)
{
	struct host_port *p = any_port(c);

	if (c->moves && chance(c, 0.5)) {
		move_target(any_target(c));
		return;
	}
	flip(&p->net->mac);
	host_port_state(p, p->up, p->mtu);
}

/* Killed, or started again: with a word about it or without. */
static void act_target(struct chaos *c)
{
	struct target *t = any_target(c);

	if (t->running) {
		target_kill(t);
		if (chance(c, 0.5))
			return;
	}
	if (chance(c, 0.5)) {
		target_start(t);
		return;
	}
	t->running = true;
	t->limit = 2;
}

static void act_stall(struct chaos *c)
{
	unsigned i = (unsigned)rng_below(&c->w->rng, c->opt.targets);
	struct target *t = c->r.t[i];

	target_stall(t, !t->stalled);
	c->stalled[i] = world_now(c->w);
}

static void end_stalls(struct chaos *c)
{
	for (unsigned i = 0; i < c->opt.targets; i++)
		if (c->r.t[i]->stalled &&
		    nsec_since(c->stalled[i], world_now(c->w)) > c->stall / 2)
			target_stall(c->r.t[i], false);
}

static void act_config(struct chaos *c)
{
	struct target *t = any_target(c);

	t->opt.buffers = (uint16_t)rng_between(&c->w->rng, 1, 64);
	if (t->running && chance(c, 0.5))
		target_announce(t);
}

/* The host's own queue is full now and then. */
static void act_host(struct chaos *c)
{
	c->r.h->again = chance(c, 0.5) ? 0.05 : 0;
}

/* Everything at once is well again, for a while. */
static void mend(struct chaos *c)
{
	struct host *h = c->r.h;

	for (unsigned i = 0; i < h->ports; i++) {
		struct host_port *p = &h->port[i];
		struct net_cable in = p->net->in, out = p->net->out;

		p->net->in = p->net->out = c->calm;
		p->net->in.free_at = in.free_at;
		p->net->out.free_at = out.free_at;
		p->net->in.dropped = in.dropped;
		p->net->out.dropped = out.dropped;
		if (!p->up)
			host_port_state(p, true, p->mtu);
	}
	for (unsigned i = 0; i < c->opt.targets; i++) {
		struct target *t = c->r.t[i];

		if (t->stalled)
			target_stall(t, false);
		if (t->port->mac.b[4] & 0x10)
			move_target(t);
		if (!t->running)
			target_start(t);
	}
}

/* How often each of them comes. */
static const struct {
	void (*act)(struct chaos *c);
	unsigned weight;
} acts[] = {
    {act_cable, 12},
    {act_black_hole, 2},
    {act_link, 4},
    {act_mtu, 1},
    {act_target_mtu, 1},
    {act_mac, 1},
    {act_target, 3},
    {act_stall, 3},
    {act_config, 2},
    {act_host, 3},
    {mend, 5},
};

static void chaos_fire(struct event *ev)
{
	struct chaos *c = container_of(ev, struct chaos, next);
	unsigned sum = 0, i = 0;
	uint64_t pick;

	for (i = 0; i < ARRAY_SIZE(acts); i++)
		sum += acts[i].weight;
	pick = rng_below(&c->w->rng, sum);
	for (i = 0; pick >= acts[i].weight; i++)
		pick -= acts[i].weight;
	acts[i].act(c);
	end_stalls(c);
	event_at(&c->w->events, &c->next,
	    world_now(c->w) +
		up_to(c, chance(c, 0.05) ? c->stall / 4 : 20 * NSEC_MS));
}

void chaos_init(struct chaos *c, const struct rig_options *opt)
{
	struct rng *rng = &c->w->rng;

	c->opt = *opt;
	c->stall = opt->targets > 1 ? STALL_SHARED : STALL_ALONE;
	c->calm = opt->cable;
	if (chance(c, 0.5)) {
		c->calm.rate = 1000000000u / rng_between(rng, 1, 10);
		c->calm.queue = rng_between(rng, 20000, 256 << 10);
	}
	event_init(&c->next, chaos_fire);
	c->r.model->survival = c->lies;
	c->r.h->referee.lies = c->lies;
	c->r.disk->unjudged = c->lies;
	if (c->lies)
		for (unsigned i = 0; i < opt->targets; i++)
			c->r.t[i]->opt.lies = 0.02;
	c->w->net.filter = hold;
	c->w->net.filter_ctx = c;
}

void chaos_start(struct chaos *c)
{
	for (unsigned i = 0; i < c->r.h->ports; i++) {
		struct net_port *port = c->r.h->port[i].net;

		port->in = port->out = c->calm;
		roughen_port(c, port);
	}
	event_at(&c->w->events, &c->next, world_now(c->w));
}

void chaos_stop(struct chaos *c)
{
	event_cancel(&c->w->events, &c->next);
	mend(c);
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
