/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/net.h"

#include <stdlib.h>
#include <string.h>

#define ETHER 14u
#define ETHER_OVERHEAD 24u /* preamble, FCS and gap, for the link rate */

struct packet {
	struct event ev;
	struct list link;
	struct net *net;
	struct net_port *from, *to; /* to: NULL until it left the switch */
	uint64_t order;             /* the how manieth of the net it is */
	size_t len;
	uint8_t data[];
};

void net_init(struct net *net, struct event_queue *events, struct rng *rng,
    struct pcap *pcap)
{
	*net = (struct net){.events = events, .rng = rng, .pcap = pcap};
	list_init(&net->ports);
	list_init(&net->packets);
}

static void packet_free(struct packet *p)
{
	event_cancel(p->net->events, &p->ev);
	list_del(&p->link);
	free(p);
}

void net_fini(struct net *net)
{
	struct list *node, *tmp;

	list_each(node, tmp, &net->packets)
		packet_free(list_entry(node, struct packet, link));
	list_each(node, tmp, &net->ports)
		free(list_entry(node, struct net_port, link));
	list_init(&net->ports);
}

struct net_port *net_port_new(struct net *net, struct mac mac)
{
	struct net_port *port = calloc(1, sizeof(*port));

	if (!port)
		abort();
	port->net = net;
	port->mac = mac;
	list_init(&port->sinks);
	list_append(&net->ports, &port->link);
	return port;
}

void net_attach(struct net_port *port, struct net_sink *sink)
{
	list_append(&port->sinks, &sink->link);
}

void net_detach(struct net_sink *sink)
{
	list_del(&sink->link);
}

static bool lossy(struct net *net, struct net_cable *c)
{
	if (!c->burst_left && rng_chance(net->rng, c->burst))
		c->burst_left = c->burst_len;
	if (c->burst_left) {
		c->burst_left--;
		return true;
	}
	return rng_chance(net->rng, c->loss);
}

/* Queues on the cable's rate: the time until the frame has left it. */
static bool serialize(
    struct net *net, struct net_cable *c, size_t len, nsec_t *wait)
{
	nsec_t now = net->events->now, start;

	if (!c->rate)
		return true;
	start = c->free_at > now ? c->free_at : now;
	if (c->queue && (start - now) * c->rate / 8 / NSEC_SEC > c->queue)
		return false;
	c->free_at =
	    start + (nsec_t)(len + ETHER_OVERHEAD) * 8 * NSEC_SEC / c->rate;
	*wait += c->free_at - now;
	return true;
}

/*
 * What the cable does to a frame: how many copies arrive (0 to 2), and after
 * how long.
 */
static unsigned traverse(
    struct net *net, struct net_cable *c, size_t len, nsec_t wait[2])
{
	nsec_t base = c->delay;

	if (c->cut || (c->mtu && len > c->mtu + ETHER) || lossy(net, c) ||
	    !serialize(net, c, len, &base)) {
		c->dropped++;
		return 0;
	}
	c->passed++;
	if (rng_chance(net->rng, c->reorder))
		base += rng_below(net->rng, c->hold);
	wait[0] = base + rng_below(net->rng, c->jitter);
	if (c->ordered) {
		c->last_at = MAX(c->last_at, net->events->now + wait[0]);
		wait[0] = c->last_at - net->events->now;
	}
	if (!rng_chance(net->rng, c->dup))
		return 1;
	c->doubled++;
	wait[1] = base + rng_below(net->rng, c->jitter + 1);
	return 2;
}

static void packet_fire(struct event *ev);

static void packet_start(struct net *net, struct net_port *from,
    struct net_port *to, const uint8_t *frame, size_t len, nsec_t wait,
    bool corrupt, uint64_t order)
{
	struct packet *p = malloc(sizeof(*p) + len);

	if (!p)
		abort();
	event_init(&p->ev, packet_fire);
	p->net = net;
	p->from = from;
	p->to = to;
	p->len = len;
	p->order = order;
	memcpy(p->data, frame, len);
	if (corrupt)
		p->data[rng_between(net->rng, ETHER, len - 1)] ^=
		    (uint8_t)(1u << rng_below(net->rng, 8));
	list_append(&net->packets, &p->link);
	event_at(net->events, &p->ev, net->events->now + wait);
}

static bool multicast(const uint8_t *frame)
{
	return frame[0] & 1;
}

static void leave_switch(struct packet *p, struct net_port *to)
{
	nsec_t wait[2];
	unsigned n = traverse(p->net, &to->in, p->len, wait);

	for (unsigned i = 0; i < n; i++)
		packet_start(p->net, p->from, to, p->data, p->len, wait[i],
		    rng_chance(p->net->rng, to->in.corrupt), p->order);
}

static void arrive_switch(struct packet *p)
{
	struct list *node, *tmp;

	list_each(node, tmp, &p->net->ports) {
		struct net_port *to = list_entry(node, struct net_port, link);

		if (to == p->from || to->segment != p->from->segment)
			continue;
		if (multicast(p->data) || !memcmp(to->mac.b, p->data, 6) ||
		    (p->net->hub && to->nosy))
			leave_switch(p, to);
	}
}

static void arrive_station(struct packet *p)
{
	struct list *node, *tmp;

	p->net->arriving = p->order;
	list_each(node, tmp, &p->to->sinks) {
		struct net_sink *sink = list_entry(node, struct net_sink, link);

		sink->receive(sink, p->data, p->len);
	}
}

static void packet_fire(struct event *ev)
{
	struct packet *p = container_of(ev, struct packet, ev);

	if (p->to)
		arrive_station(p);
	else
		arrive_switch(p);
	packet_free(p);
}

void net_send(
    struct net_port *port, const uint8_t *frame, size_t len, nsec_t wait)
{
	struct net *net = port->net;
	nsec_t late[2];
	unsigned n;

	if (len < ETHER)
		return;
	net->sent++;
	pcap_frame(net->pcap, net->events->now, frame, len);
	if (net->filter && !net->filter(net->filter_ctx, frame, len, &wait))
		return;
	n = traverse(net, &port->out, len, late);
	for (unsigned i = 0; i < n; i++)
		packet_start(net, port, NULL, frame, len, wait + late[i],
		    len > ETHER && rng_chance(net->rng, port->out.corrupt),
		    net->sent);
}

bool net_busy(const struct net *net)
{
	return !list_empty(&net->packets);
}

void net_both(struct net_port *port, const struct net_cable *like)
{
	port->out = port->in = *like;
}

void net_cut(struct net_port *port, bool cut)
{
	port->out.cut = port->in.cut = cut;
}

struct mac net_mac(unsigned n)
{
	return (struct mac){
	    {2, 0, 0, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}
