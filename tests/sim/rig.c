/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/rig.h"

#include <string.h>

#define HOST_MAC 1u
#define TARGET_MAC 0x100u
#define RIVAL_MAC 0x200u
#define SETTLE (12 * NSEC_SEC)

static void add_targets(struct rig *r, const struct rig_options *opt)
{
	struct target_options t = opt->target;
	unsigned n = opt->targets ? opt->targets : 1;

	if (!t.addr.shelf && !t.addr.slot)
		t.addr = (struct aoe_addr){1, 0};
	if (!t.disk)
		t.disk = r->disk;
	if (!t.mtu)
		t.mtu = opt->mtu ? opt->mtu : 1500;
	for (unsigned i = 0; i < n; i++) {
		unsigned mac = TARGET_MAC + i;

		r->t[i] = target_new(
		    r->w, net_port_new(&r->w->net, net_mac(mac)), &t);
		for (unsigned k = 1; k < opt->nics; k++)
			target_attach(
			    r->t[i], net_port_new(&r->w->net,
					 net_mac(mac + RIG_TARGETS * k)));
	}
}

bool rig_init(struct rig *r, struct world *w, const struct rig_options *opt)
{
	struct net_cable cable = opt->cable;

	*r = (struct rig){.w = w, .unchecked = opt->unchecked};
	r->disk = disk_new(w, opt->sectors ? opt->sectors : 8192);
	add_targets(r, opt);
	r->h = host_new(w, &opt->config);
	if (!cable.delay)
		cable.delay = RIG_DELAY;
	for (unsigned i = 0; i < (opt->ports ? opt->ports : 1); i++) {
		struct host_port *p = host_add_port(
		    r->h, net_mac(HOST_MAC + i), opt->mtu ? opt->mtu : 1500);

		net_both(p->net, &cable);
	}
	return opt->bare || rig_open(r);
}

bool rig_open(struct rig *r)
{
	r->dev = host_open(r->h, r->t[0]->opt.addr);
	if (!r->dev)
		return false;
	if (!r->unchecked)
		r->model = model_new(r->w, r->disk);
	rig_load(r, NULL);
	return true;
}

struct target *rig_rival(struct rig *r, struct disk *disk, const char *serial)
{
	struct target_options t = r->t[0]->opt;

	t.disk = disk;
	t.serial = serial;
	return target_new(r->w,
	    net_port_new(&r->w->net, net_mac(RIVAL_MAC + r->rivals++)), &t);
}

struct load *rig_load(struct rig *r, const struct load_options *opt)
{
	r->load = load_new(r->h, r->dev, r->model, opt);
	return r->load;
}

bool rig_run(struct rig *r, const struct load_options *opt)
{
	return load_run(rig_load(r, opt));
}

void rig_finish(struct rig *r)
{
	struct world *w = r->w;

	world_run(w, SETTLE);
	CHECK_EQ(w, engine_pending(r->h->e), 0);
	CHECK_EQ(w, engine_fences(r->h->e), 0);
	if (r->model)
		model_verify(r->model, r->disk);
	engine_close(r->h->e, r->dev, world_now(w));
	host_pump(r->h);
	world_run(w, NSEC_SEC);
	host_stop(r->h);
}

struct device_stats rig_stats(const struct rig *r)
{
	return *rig_info(r).stats;
}

struct engine_device_info rig_info(const struct rig *r)
{
	struct engine_device_info info;

	memset(&info, 0, sizeof(info));
	engine_device_info(r->dev, &info);
	return info;
}

bool rig_path(const struct rig *r, unsigned n, struct engine_path_info *out)
{
	for (unsigned i = 0; engine_path_info(r->dev, i, out); i++)
		if (out->port == r->h->port[0].id &&
		    mac_equal(out->mac, r->t[n]->port->mac))
			return true;
	return false;
}

struct state_wait {
	struct rig *r;
	enum engine_device_state state;
};

static bool in_state(void *ctx)
{
	struct state_wait *wait = ctx;

	return rig_info(wait->r).state == wait->state;
}

bool rig_wait_state(struct rig *r, enum engine_device_state state, nsec_t limit)
{
	struct state_wait wait = {r, state};

	if (world_until(r->w, in_state, &wait, limit))
		return true;
	world_fail(r->w, "device is %s, not %s",
	    engine_device_state_text(rig_info(r).state),
	    engine_device_state_text(state));
	return false;
}

bool rig_linger(void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	unsigned *left = ctx;
	struct msg m;

	if (*left && msg_get(&m, frame, len) &&
	    (msg_is_write(&m) || msg_is_setting(&m))) {
		(*left)--;
		*delay = 3 * RIG_DELAY;
	}
	return true;
}
