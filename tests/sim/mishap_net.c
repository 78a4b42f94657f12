/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/mishap.h"

static struct host_port *any_port(struct chaos *c)
{
	struct host *h = c->r.h;

	return &h->port[rng_below(&c->w->rng, h->ports)];
}

/* Else a copy that the network made of an answered write may come too late. */
static bool in_order(const struct chaos *c)
{
	enum service order = c->opt.target.order
				 ? c->opt.target.order
				 : persona_get(c->opt.target.kind)->order;

	return order == SERVICE_FIFO || order == SERVICE_TAIL;
}

static void roughen(struct chaos *c, struct net_cable *cable)
{
	cable->loss = mishap_chance(c, 0.3)
			  ? 0.1 * (double)mishap_up_to(c, 100) / 100
			  : 0.01;
	cable->burst = mishap_chance(c, 0.5) ? 0.002 : 0;
	cable->burst_len = (unsigned)mishap_up_to(c, 40);
	cable->dup = mishap_chance(c, 0.5) ? 0.03 : 0;
	cable->jitter = mishap_up_to(c, cable->delay);
	cable->reorder = mishap_chance(c, 0.5) ? 0.05 : 0;
	cable->hold = cable->delay;
	cable->corrupt =
	    c->kinds & CHAOS_LIES && mishap_chance(c, 0.5) ? 0.01 : 0;
}

void mishap_roughen(struct chaos *c, struct net_port *port)
{
	roughen(c, &port->in);
	roughen(c, &port->out);
	if (!in_order(c) || c->opt.targets > 1 || c->opt.nics > 1 ||
	    c->kinds & CHAOS_RTT)
		port->out.dup = 0;
}

void mishap_cable(struct chaos *c)
{
	mishap_roughen(c, any_port(c)->net);
}

/* Large frames vanish in one direction. */
void mishap_black_hole(struct chaos *c)
{
	struct net_port *port = any_port(c)->net;
	struct net_cable *cable =
	    mishap_chance(c, 0.5) ? &port->in : &port->out;

	cable->mtu = cable->mtu ? 0 : 1500;
}

/* A cable is cut or mended, and the host may not notice. */
void mishap_link(struct chaos *c)
{
	struct host_port *p = any_port(c);
	bool cut = !p->net->out.cut;

	net_cut(p->net, cut);
	if (p->up == !cut)
		return;
	if (!cut || mishap_chance(c, 0.5))
		host_port_state(p, !cut, p->mtu);
}

/* It is told, or found out by sending. */
void mishap_mtu(struct chaos *c)
{
	struct host_port *p = any_port(c);

	if (c->kinds & CHAOS_MTU && mishap_chance(c, 0.5)) {
		p->too_big = !p->too_big;
		p->real_mtu = 1500;
		return;
	}
	host_port_state(p, p->up, p->mtu == 1500 ? c->opt.mtu : 1500);
}

void mishap_host_mac(struct chaos *c)
{
	struct host_port *p = any_port(c);

	p->net->mac.b[4] ^= 0x10;
	host_port_state(p, p->up, p->mtu);
}

/* The host's own queue is full now and then. */
void mishap_queue(struct chaos *c)
{
	c->r.h->again = mishap_chance(c, 0.5) ? 0.05 : 0;
}

/* Up to ten times as long or as short; nothing is overtaken by that. */
void mishap_rtt(struct chaos *c)
{
	struct net_port *p = any_port(c)->net;
	nsec_t delay = c->calm.delay * rng_between(&c->w->rng, 1, 100) / 10;

	p->in.delay = p->out.delay = delay;
	p->in.jitter = p->out.jitter = 0;
	p->in.reorder = p->out.reorder = 0;
}

/* Taken away, and put back at once or later, with another number or not. */
void mishap_port(struct chaos *c)
{
	struct host_port *p = any_port(c);

	if (p->up) {
		host_port_remove(p);
		if (mishap_chance(c, 0.5))
			return;
	}
	if (!p->net->out.cut)
		host_port_remake(p, mishap_chance(c, 0.5));
}

void mishap_hub(struct chaos *c)
{
	c->w->net.hub = !c->w->net.hub;
}

void mishap_mend_net(struct chaos *c)
{
	struct host *h = c->r.h;

	c->w->net.hub = false;
	for (unsigned i = 0; i < h->ports; i++) {
		struct host_port *p = &h->port[i];
		struct net_cable in = p->net->in, out = p->net->out;

		p->net->in = p->net->out = c->calm;
		p->net->in.free_at = in.free_at;
		p->net->in.last_at = in.last_at;
		p->net->in.dropped = in.dropped;
		p->net->out.free_at = out.free_at;
		p->net->out.last_at = out.last_at;
		p->net->out.dropped = out.dropped;
		p->too_big = false;
		if (!p->up)
			host_port_state(p, true, p->mtu);
	}
}
