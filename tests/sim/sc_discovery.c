/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How devices are found: announcements, config answers with odd contents,
 * addresses that are none, and waiting for one that is not there yet.
 */
#include <errno.h>
#include <string.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

static const struct aoe_addr ADDR = {1, 0};

static unsigned devices(const struct host *h)
{
	const struct device *dev = NULL;
	unsigned n = 0;

	while ((dev = engine_next(h->e, dev)))
		n++;
	return n;
}

/* vblade's boot announcement: version nibble 0, tag 0, broadcast. */
static void announcement(struct world *w)
{
	struct rig_options o = {.bare = true};
	struct rig r;

	rig_init(&r, w, &o);
	target_kill(r.t[0]);
	world_run(w, 5 * NSEC_SEC);
	CHECK_EQ(w, devices(r.h), 0);
	target_start(r.t[0]);
	CHECK(w, host_wait(r.h, ADDR, 500 * NSEC_MS) != NULL);
	CHECK_EQ(w, host_seen(r.h, ENGINE_FOUND), 1);
	CHECK_EQ(w, host_seen(r.h, ENGINE_UP), 1);
	if (!rig_open(&r))
		return;
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 4096), 0);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 8192), 0);
	rig_finish(&r);
}

/* Silence first, answers to a query later: no announcement is needed. */
static void query(struct world *w)
{
	struct rig_options o = {.bare = true};
	struct rig r;

	rig_init(&r, w, &o);
	CHECK(w, host_wait(r.h, ADDR, 200 * NSEC_MS) != NULL);
	/* The first queries get lost: the quick repeats find it. */
	o.cable.cut = true;
	rig_init(&r, w, &o);
	world_run(w, 100 * NSEC_MS);
	net_cut(r.h->port[0].net, false);
	CHECK(w, host_wait(r.h, ADDR, 5 * NSEC_SEC) != NULL);
}

static void wildcard(struct world *w)
{
	static const uint64_t address[] = {0xffff00, 0x1ff, 0xffffff, 0xff01ff};
	struct rig_options o = {.bare = true};
	struct rig r;

	for (unsigned i = 0; i < ARRAY_SIZE(address); i++) {
		o.target.addr = (struct aoe_addr){
		    (uint16_t)(address[i] >> 8), (uint8_t)address[i]};
		rig_init(&r, w, &o);
		world_run(w, NSEC_SEC);
		target_announce(r.t[0]);
		world_run(w, 5 * NSEC_SEC);
		CHECK_EQ(w, devices(r.h), 0);
		CHECK_EQ(w, r.t[0]->n.identifies, 0);
		CHECK(w, engine_stats(r.h->e)->ignored > 0);
		host_stop(r.h);
		target_kill(r.t[0]);
	}
}

static void unset_shelf(struct world *w)
{
	struct rig_options o = {.bare = true, .target.addr = {4095, 3}};
	struct device *dev;
	struct rig r;

	rig_init(&r, w, &o);
	world_run(w, 5 * NSEC_SEC);
	CHECK(w, r.h->warnings > 0);
	CHECK(w, host_logged(r.h, "4095"));
	/* It may be shown; but not used. */
	dev = engine_find(r.h->e, o.target.addr);
	if (dev)
		CHECK(w, engine_open(r.h->e, dev) < 0);
	host_stop(r.h);
	target_kill(r.t[0]);
	o.config.allow_unset = true;
	o.bare = false;
	if (!rig_init(&r, w, &o))
		return;
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 4096), 0);
	rig_finish(&r);
}

/*
 * Never more frames out than the target said, but for one: a silent path is
 * probed.
 */
static void buffers(struct world *w)
{
	static const uint16_t count[] = {0, 1, 2, 16, 1024, 65535};
	struct load_options l = {.ops = 150, .depth = 32};
	struct rig r;

	for (unsigned i = 0; i < ARRAY_SIZE(count); i++) {
		struct rig_options o = {.target.buffers = count[i],
		    .target.queue = 100000,
		    .target.service = 20 * NSEC_US};
		unsigned most = count[i] ? count[i] : 1;

		if (!rig_init(&r, w, &o))
			return;
		CHECK_EQ(w, rig_info(&r).buffers, count[i]);
		rig_run(&r, &l);
		CHECK(w, r.t[0]->data_max <= most + 1);
		/* A window is used when there is work for it. */
		CHECK(w, most > 16 || r.t[0]->data_max >= most);
		rig_finish(&r);
		target_kill(r.t[0]);
	}
}

static void max_window(struct world *w)
{
	struct rig_options o = {.target.buffers = 64,
	    .target.queue = 100,
	    .target.service = 20 * NSEC_US,
	    .config.max_window = 5};
	struct load_options l = {.ops = 100, .depth = 32};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	rig_run(&r, &l);
	CHECK(w, r.t[0]->data_max <= 6);
	CHECK(w, r.t[0]->data_max >= 5);
	rig_finish(&r);
}

/* Sector Count: 0 of old firmware means 2; never more than the MTU takes. */
static void sectors(struct world *w)
{
	static const struct {
		unsigned mtu, said, largest;
	} list[] = {{1500, 0, 2}, {1500, 1, 1}, {1500, 2, 2}, {1500, 255, 2},
	    {9000, 0, 2}, {9000, 2, 2}, {9000, 17, 17}, {9000, 255, 17},
	    {4200, 255, 8}, {576, 255, 1}};
	struct load_options l = {.ops = 60, .depth = 8, .min = 16384};
	struct rig r;

	for (unsigned i = 0; i < ARRAY_SIZE(list); i++) {
		struct rig_options o = {.mtu = list[i].mtu,
		    .target.old_sectors = true,
		    .target.sectors = (uint8_t)list[i].said,
		    .target.buffers = 16};

		if (!rig_init(&r, w, &o))
			return;
		/* Larger frames may first have to be tried. */
		world_run(w, 5 * NSEC_SEC);
		rig_run(&r, &l);
		CHECK_EQ(w, r.t[0]->largest, list[i].largest);
		CHECK_EQ(w, r.t[0]->n.refused, 0);
		CHECK_EQ(w, rig_info(&r).sectors_max, list[i].said);
		rig_finish(&r);
		target_kill(r.t[0]);
	}
}

static void config_string(struct world *w)
{
	static const struct {
		size_t len, claim, want;
	} list[] = {{0, 0, 0}, {1, 0, 1}, {1024, 0, 1024}, {10, 1024, 10},
	    {28, 0xffff, 28}, {1024, 0xffff, 1024}};
	uint8_t text[1024];
	struct rig r;

	rng_fill(&w->rng, text, sizeof(text));
	for (unsigned i = 0; i < ARRAY_SIZE(list); i++) {
		struct rig_options o = {.target.config = text,
		    .target.config_len = list[i].len,
		    .target.config_claim = list[i].claim};
		struct engine_device_info info;

		if (!rig_init(&r, w, &o))
			return;
		info = rig_info(&r);
		CHECK_EQ(w, info.config_len, list[i].want);
		CHECK(w, info.config_len != list[i].want || !list[i].want ||
			     !memcmp(info.config, text, list[i].want));
		CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 512), 0);
		rig_finish(&r);
		target_kill(r.t[0]);
	}
}

/* Asked for by name before it exists; it starts without a word. */
static void expect(struct world *w)
{
	struct rig_options o = {.bare = true};
	struct rig r;

	rig_init(&r, w, &o);
	target_kill(r.t[0]);
	CHECK_EQ(w, engine_expect(r.h->e, ADDR, world_now(w)), 0);
	host_pump(r.h);
	world_run(w, 20 * NSEC_SEC);
	r.t[0]->running = true;
	CHECK(w, host_wait(r.h, ADDR, 5 * NSEC_SEC) != NULL);
}

static bool want_other(void *ctx, struct aoe_addr addr)
{
	(void)ctx;
	return addr.shelf == 7;
}

static void unwanted(struct world *w)
{
	struct rig_options o = {.bare = true, .config.want = want_other};
	struct rig r;

	rig_init(&r, w, &o);
	world_run(w, 5 * NSEC_SEC);
	CHECK_EQ(w, devices(r.h), 0);
	CHECK_EQ(w, r.t[0]->n.identifies, 0);
	CHECK(w, engine_stats(r.h->e)->ignored > 0);
}

/* A closed device may be forgotten, and be found again. */
static void forget(struct world *w)
{
	struct rig_options o = {.bare = true};
	struct device *dev;
	struct rig r;

	rig_init(&r, w, &o);
	dev = host_open(r.h, ADDR);
	if (!dev)
		return;
	CHECK_EQ(w, engine_forget(r.h->e, dev), -EBUSY);
	engine_close(r.h->e, dev, world_now(w));
	CHECK_EQ(w, engine_forget(r.h->e, dev), 0);
	host_pump(r.h);
	CHECK_EQ(w, host_seen(r.h, ENGINE_GONE), 1);
	CHECK_EQ(w, devices(r.h), 0);
	engine_discover(r.h->e, world_now(w));
	host_pump(r.h);
	CHECK(w, host_wait(r.h, ADDR, NSEC_SEC) != NULL);
	CHECK_EQ(w, host_seen(r.h, ENGINE_FOUND), 2);
}

const struct scenario sc_discovery[] = {
    {"announcement", "version 0 and tag 0 announce a device", announcement},
    {"query", "devices answer queries, lost ones are repeated", query},
    {"wildcard", "wildcard addresses are no devices", wildcard},
    {"unset_shelf", "shelf 4095 is warned of and used on demand", unset_shelf},
    {"buffers", "Buffer Count bounds what is in flight", buffers},
    {"max_window", "so does the user's own cap", max_window},
    {"sectors", "Sector Count and MTU bound a frame", sectors},
    {"config_string", "config strings of all lengths", config_string},
    {"expect", "open by name before the target is there", expect},
    {"unwanted", "unwanted addresses are left alone", unwanted},
    {"forget", "closed devices can be forgotten and found", forget},
    {NULL, NULL, NULL},
};
