/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/fleet.h"

#include <stdio.h>
#include <stdlib.h>

#define HOST_MAC 1u
#define TARGET_MAC 0x400u
#define SETTLE (12 * NSEC_SEC)

static void add_targets(struct fleet *f, const struct fleet_options *opt)
{
	struct target_options t = opt->target;
	uint16_t shelf = opt->shelf ? opt->shelf : 1;
	struct net_port *port = NULL;

	for (unsigned i = 0; i < f->n; i++) {
		if (!port || !opt->one_mac)
			port =
			    net_port_new(&f->w->net, net_mac(TARGET_MAC + i));
		snprintf(
		    f->serial[i], sizeof(f->serial[i]), "%u.%u:sim", shelf, i);
		t.addr = (struct aoe_addr){shelf, (uint8_t)i};
		t.serial = f->serial[i];
		f->disk[i] = t.disk = disk_new(f->w, 4096);
		f->t[i] = target_new(f->w, port, &t);
	}
}

bool fleet_join(
    struct fleet *f, struct host *h, const struct fleet_options *opt)
{
	if (opt->disks > FLEET_MAX)
		abort();
	*f = (struct fleet){.w = h->w, .h = h, .n = opt->disks};
	add_targets(f, opt);
	for (unsigned i = 0; i < f->n; i++) {
		f->dev[i] = host_open(h, f->t[i]->opt.addr);
		if (!f->dev[i])
			return false;
		f->model[i] = model_new(h->w, f->disk[i]);
		f->load[i] = load_new(h, f->dev[i], f->model[i], &opt->load);
	}
	return true;
}

bool fleet_init(
    struct fleet *f, struct world *w, const struct fleet_options *opt)
{
	struct host *h = host_new(w, &opt->config);
	struct host_port *port = host_add_port(h, net_mac(HOST_MAC), 1500);

	net_both(port->net, &(struct net_cable){.delay = RIG_DELAY});
	return fleet_join(f, h, opt);
}

void fleet_finish(struct fleet *f)
{
	world_run(f->w, SETTLE);
	CHECK_EQ(f->w, engine_pending(f->h->e), 0);
	CHECK_EQ(f->w, engine_fences(f->h->e), 0);
	for (unsigned i = 0; i < f->n; i++) {
		model_verify(f->model[i], f->disk[i]);
		engine_close(f->h->e, f->dev[i], world_now(f->w));
	}
	host_pump(f->h);
	host_stop(f->h);
}
