/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/trial.h"

#define SWITCH_QUEUE (256u << 10)
#define TARGET_RATE 10000000000u
#define AREA (8u << 20)

/*
 * The host's link is the slower one, so that answers queue at the switch; what
 * stations send they queue themselves.
 */
static void trial_links(struct rig *r, const struct trial *t)
{
	struct net_port *port = r->h->port[0].net, *target = r->t[0]->port;

	port->in.rate = port->out.rate = t->rate;
	target->in.rate = target->out.rate = TARGET_RATE;
	port->in.queue = target->in.queue = SWITCH_QUEUE;
	port->in.loss = port->out.loss = t->loss;
}

static void trial_load(
    struct rig *r, const struct trial *t, struct trial_result *out)
{
	struct load_options l = {.ops = t->warm_up,
	    .depth = t->depth,
	    .reads = !t->write,
	    .writes = t->write,
	    .sequential = true,
	    .align = t->size,
	    .min = t->size,
	    .max = t->size};
	struct engine_path_info p;
	struct net_port *port = r->h->port[0].net;

	trial_links(r, t);
	rig_load(r, &l);
	if (t->warm_up)
		load_run(r->load);
	load_again(r->load, t->ops);
	load_run(r->load);
	out->rate = (double)r->load->bytes * 1e9 /
		    (double)(r->load->ended - r->load->started);
	out->slowest = r->load->slowest;
	out->p999 = load_quantile(r->load, 0.999);
	if (!CHECK(r->w, rig_path(r, 0, &p)))
		return;
	out->srtt = p.srtt;
	out->rto = p.rto;
	out->window = p.window;
	out->sent = p.stats->sent;
	out->resent = p.stats->resent;
	out->spurious = p.stats->spurious;
	port->in.loss = port->out.loss = 0;
	rig_finish(r);
}

struct trial_result trial_run(
    struct world *w, const struct trial *t, uint64_t seed)
{
	struct rig_options o = {.target.buffers = t->buffers,
	    .target.service = t->service,
	    .target.order = t->order,
	    .mtu = t->mtu,
	    .unchecked = true,
	    .cable.delay = t->rtt * 4 / 10,
	    .cable.jitter = t->rtt * 2 / 10,
	    .cable.ordered = t->order == SERVICE_OWN,
	    .sectors = AREA / 512};
	struct trial_result out = {0};
	struct world inner;
	struct rig r;

	world_init(&inner, seed, NULL, false);
	if (rig_init(&r, &inner, &o))
		trial_load(&r, t, &out);
	if (inner.failures)
		world_fail(w, "%u failures with seed %llu", inner.failures,
		    (unsigned long long)seed);
	world_fini(&inner);
	return out;
}
