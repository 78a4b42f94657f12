/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 5: no data goes to a disk that is not known to be the right one.
 */
#include <errno.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

static const struct aoe_addr ADDR = {1, 0};

/* Until IDENTIFY was answered there is nothing to open; the referee watches. */
static void identify_first(struct world *w)
{
	struct rig_options o = {.bare = true};
	struct device *dev;
	struct rig r;

	rig_init(&r, w, &o);
	script_add(
	    &r.t[0]->script, SCRIPT_IDENTIFY, SCRIPT_SILENCE, 0, SCRIPT_ALWAYS);
	world_run(w, 10 * NSEC_SEC);
	dev = engine_find(r.h->e, ADDR);
	if (!CHECK(w, dev != NULL))
		return;
	CHECK_EQ(w, engine_open(r.h->e, dev), -EAGAIN);
	CHECK_EQ(w, host_seen(r.h, ENGINE_FOUND), 0);
	CHECK(w, r.t[0]->script.rule[0].hits > 2);
	/* Not so often that it is a burden. */
	CHECK(w, r.t[0]->script.rule[0].hits < 60);
	script_clear(&r.t[0]->script);
	/* Nobody has it open: the next periodic query will do. */
	if (!host_wait(r.h, ADDR, 90 * NSEC_SEC) || !rig_open(&r))
		return;
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 512), 0);
	rig_finish(&r);
}

static void bad_identify(struct world *w)
{
	static const struct {
		enum script_act act;
		uint64_t value;
	} list[] = {{SCRIPT_ZERO, 0}, {SCRIPT_SHORT, 1}, {SCRIPT_ATA, 0x4104},
	    {SCRIPT_AOE, 2}, {SCRIPT_SLOT, 0}, {SCRIPT_TAG, 0}};
	struct rig_options o = {.bare = true};
	struct rig r;

	for (unsigned i = 0; i < ARRAY_SIZE(list); i++) {
		rig_init(&r, w, &o);
		script_add(&r.t[0]->script, SCRIPT_IDENTIFY, list[i].act,
		    list[i].value, SCRIPT_ALWAYS);
		world_run(w, 5 * NSEC_SEC);
		CHECK_EQ(w, host_seen(r.h, ENGINE_FOUND), 0);
		CHECK_EQ(w, host_seen(r.h, ENGINE_UP), 0);
		host_stop(r.h);
		target_kill(r.t[0]);
	}
}

struct second {
	struct rig r;
	struct disk *other;
	struct target *t;
};

/* A second MAC for the same address, with a disk and serial of its own. */
static bool second_init(
    struct second *s, struct world *w, const char *serial, uint64_t sectors)
{
	struct rig_options o = {.target.buffers = 16};

	if (!rig_init(&s->r, w, &o))
		return false;
	s->other = disk_new(w, sectors);
	s->t = rig_rival(&s->r, s->other, serial);
	target_announce(s->t);
	world_run(w, 2 * NSEC_SEC);
	return true;
}

/* Who is refused is asked again now and then, not without end. */
static void calm(struct rig *r, struct target *t, nsec_t span, unsigned most)
{
	uint64_t before = t->n.received;

	world_run(r->w, span);
	CHECK(r->w, t->n.received - before <= most);
}

static void refused(struct world *w, const char *serial, uint64_t sectors)
{
	struct load_options l = {
	    .ops = 300, .depth = 16, .flushes = 1, .reads = 4, .writes = 4};
	struct second s;

	if (!second_init(&s, w, serial, sectors))
		return;
	CHECK_EQ(w, rig_info(&s.r).paths_up, 1);
	CHECK(w, s.r.h->warnings > 0);
	calm(&s.r, s.t, 5 * NSEC_SEC, 20);
	target_announce(s.t);
	calm(&s.r, s.t, 5 * NSEC_SEC, 20);
	rig_run(&s.r, &l);
	/* Not even when the right one is silent. */
	target_stall(s.r.t[0], true);
	load_post(rig_load(&s.r, &l), AOE_WRITE, 0, 4096);
	world_run(w, 20 * NSEC_SEC);
	target_stall(s.r.t[0], false);
	load_wait(s.r.load, LOAD_LONG);
	CHECK_EQ(w, s.t->n.reads + s.t->n.writes + s.t->n.flushes, 0);
	CHECK_EQ(w, s.other->writes, 0);
	rig_finish(&s.r);
	target_kill(s.t);
	target_kill(s.r.t[0]);
}

static void two_disks(struct world *w)
{
	refused(w, "1.0:other", 8192);
	refused(w, "1.0:other", 16384);
}

/*
 * It shows the model and serial of the first, as two exports of one host do
 * that were mixed up: the size alone tells, and no sector may go there.
 */
static void two_sizes(struct world *w)
{
	refused(w, "1.0:sim", 16384);
	refused(w, "1.0:sim", 4096);
}

static void two_paths(struct world *w)
{
	struct rig_options o = {.targets = 2,
	    .target.buffers = 4,
	    .target.queue = 100,
	    .target.service = 50 * NSEC_US};
	struct load_options l = {.ops = 300, .depth = 16};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC);
	CHECK_EQ(w, rig_info(&r).paths, 2);
	CHECK_EQ(w, rig_info(&r).paths_up, 2);
	rig_run(&r, &l);
	/* Equal paths get about equal work. */
	for (unsigned i = 0; i < 2; i++) {
		uint64_t mine = r.t[i]->n.reads + r.t[i]->n.writes;
		uint64_t all = mine + r.t[!i]->n.reads + r.t[!i]->n.writes;

		CHECK(w, mine * 10 > all * 3);
		CHECK(w, r.t[i]->data_max <= 5);
	}
	rig_finish(&r);
}

/* The same MAC seen through two ports: two paths, one device. */
static void two_ports(struct world *w)
{
	struct rig_options o = {
	    .ports = 2, .target.buffers = 16, .target.queue = 100};
	struct load_options l = {.ops = 300, .depth = 16};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC);
	CHECK_EQ(w, rig_info(&r).paths, 2);
	rig_run(&r, &l);
	CHECK(w, r.h->port[0].net->out.passed > 200);
	CHECK(w, r.h->port[1].net->out.passed > 200);
	/* Buffer Count is the target's, not the path's. */
	CHECK(w, r.t[0]->data_max <= 18);
	rig_finish(&r);
}

/*
 * Another disk takes the address in an outage of more than a second: what was
 * asked fails, and not one sector of the other disk is written.
 */
static void swap(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = {
	    .ops = 1u << 30, .depth = 16, .writes = 1, .allow = {-ESTALE}};
	struct disk *other;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	other = disk_new(w, 8192);
	load_start(rig_load(&r, &l));
	world_run(w, 50 * NSEC_MS);
	target_kill(r.t[0]);
	world_run(w, rng_between(&w->rng, 1200 * NSEC_MS, 10 * NSEC_SEC));
	load_stop(r.load);
	r.t[0]->opt.disk = other;
	r.t[0]->opt.serial = "1.0:other";
	if (rng_chance(&w->rng, 0.5))
		target_start(r.t[0]);
	else
		r.t[0]->running = true; /* and it says nothing */
	load_wait(r.load, 10 * NSEC_SEC);
	CHECK(w, r.load->failed > 0);
	CHECK_EQ(w, host_seen(r.h, ENGINE_SWAPPED), 1);
	CHECK_EQ(w, rig_info(&r).state, ENGINE_DEVICE_SWAPPED);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 512), -ESTALE);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 512), -ESTALE);
	world_run(w, 5 * NSEC_SEC);
	CHECK_EQ(w, other->writes, 0);
	/* The right disk comes back. */
	r.t[0]->opt.disk = r.disk;
	r.t[0]->opt.serial = "1.0:sim";
	target_kill(r.t[0]);
	target_start(r.t[0]);
	calm(&r, r.t[0], 15 * NSEC_SEC, 60);
	CHECK_EQ(w, other->writes, 0);
	rig_finish(&r);
}

/* The same, so quick that no second of silence tells of it. */
static void quick_swap(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = {
	    .ops = 1u << 30, .depth = 16, .writes = 1, .allow = {-ESTALE}};
	struct disk *other;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	other = disk_new(w, 8192);
	load_start(rig_load(&r, &l));
	world_run(w, 50 * NSEC_MS);
	target_kill(r.t[0]);
	r.t[0]->opt.disk = other;
	r.t[0]->opt.serial = "1.0:other";
	/* Frames on the wire before the announcement arrives are not ours. */
	world_run(w, 5 * NSEC_MS);
	target_announce(r.t[0]);
	world_run(w, 5 * NSEC_MS);
	r.t[0]->running = true;
	load_stop(r.load);
	load_wait(r.load, 10 * NSEC_SEC);
	CHECK_EQ(w, host_seen(r.h, ENGINE_SWAPPED), 1);
	rig_finish(&r);
	CHECK_EQ(w, other->writes, 0);
}

/* While nothing is asked of it. Nobody tells, so the next use must ask. */
static void idle_swap(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct disk *other;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	other = disk_new(w, 8192);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 512), 0);
	world_run(w, rng_between(&w->rng, 1200 * NSEC_MS, 5 * NSEC_SEC));
	r.t[0]->opt.disk = other;
	r.t[0]->opt.serial = "1.0:other";
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 512), -ESTALE);
	rig_finish(&r);
	CHECK_EQ(w, other->writes, 0);
}

/*
 * With frames on the wire: those of the other disk's answers that come after
 * its announcement are not believed. (What it executes of them, nobody can
 * take back.)
 */
static void instant_swap(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .target.service = 20 * NSEC_US};
	struct load_options l = {.ops = 1u << 30,
	    .depth = 16,
	    .align = 512,
	    .max = 1024,
	    .allow = {-ESTALE}};
	struct disk *other;
	struct rig r;

	for (unsigned i = 0; i < 20; i++) {
		if (!rig_init(&r, w, &o))
			return;
		other = disk_new(w, 8192);
		load_start(rig_load(&r, &l));
		world_run(w, rng_between(&w->rng, NSEC_MS, 5 * NSEC_MS));
		target_kill(r.t[0]);
		r.t[0]->opt.disk = other;
		r.t[0]->opt.serial = "1.0:other";
		target_start(r.t[0]);
		load_stop(r.load);
		load_wait(r.load, 10 * NSEC_SEC);
		CHECK_EQ(w, host_seen(r.h, ENGINE_SWAPPED), 1);
		rig_finish(&r);
		target_kill(r.t[0]);
	}
}

/*
 * The old disk's answer to IDENTIFY comes when the new disk has announced
 * itself already: it identifies nobody.
 */
static void stale_identify(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct disk *other;
	struct rig r;

	for (unsigned i = 0; i < 20; i++) {
		if (!rig_init(&r, w, &o))
			return;
		other = disk_new(w, 8192);
		world_run(w, 2 * NSEC_SEC);
		script_add(&r.t[0]->script, SCRIPT_IDENTIFY, SCRIPT_LATE,
		    NSEC_MS + 20 * NSEC_US * i, 1);
		CHECK_EQ(w, load_post(r.load, AOE_WRITE, 0, 512), 0);
		world_run(w, NSEC_MS);
		CHECK_EQ(w, r.t[0]->script.rule[0].left, 0);
		r.t[0]->opt.disk = other;
		r.t[0]->opt.serial = "1.0:other";
		target_announce(r.t[0]);
		load_stop(r.load);
		load_wait(r.load, 10 * NSEC_SEC);
		CHECK_EQ(w, r.load->last_error, -ESTALE);
		rig_finish(&r);
		CHECK_EQ(w, other->writes, 0);
		target_kill(r.t[0]);
	}
}

static void ignore_serial(struct world *w)
{
	struct rig_options o = {
	    .config.ignore_serial = true, .target.buffers = 16};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	target_announce(rig_rival(&r, r.disk, "1.0:mirror"));
	world_run(w, 2 * NSEC_SEC);
	CHECK_EQ(w, rig_info(&r).paths_up, 2);
	rig_finish(&r);
}

/*
 * An idle path is used again just before a second has passed, and answers just
 * after: what follows must not be data before IDENTIFY.
 */
static void silence_edge(struct world *w)
{
	struct rig_options o = {0};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	for (unsigned i = 0; i < 40; i++) {
		uint64_t asked = r.t[0]->n.identifies;

		CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 512), 0);
		world_run(w, NSEC_SEC - 20 * NSEC_US - i * 5 * NSEC_US);
		CHECK_EQ(w, load_one(r.load, AOE_READ, 512, 512), 0);
		CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 512), 0);
		CHECK(w, r.t[0]->n.identifies <= asked + 2);
	}
	rig_finish(&r);
}

/* Only the first port hears answers to broadcast queries. */
static bool first_port_only(
    void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	struct rig *r = ctx;
	struct msg m;

	(void)delay;
	return !msg_get(&m, frame, len) || m.command != MSG_CONFIG ||
	       !m.response || mac_equal(m.dst, r->h->port[0].net->mac);
}

/*
 * A changed config answer that comes to one port is reason enough to ask the
 * target on all of them who it is: the referee sees any data before that.
 */
static void told_once(struct world *w)
{
	struct rig_options o = {
	    .target.buffers = 16, .target.service = 20 * NSEC_US, .ports = 2};
	struct load_options l = {.ops = 3000, .depth = 16, .max = 8192};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, 3 * NSEC_SEC);
	load_start(rig_load(&r, &l));
	world_run(w, 10 * NSEC_MS);
	w->net.filter = first_port_only;
	w->net.filter_ctx = &r;
	r.t[0]->opt.buffers = 8;
	engine_discover(r.h->e, world_now(w));
	host_pump(r.h);
	world_run(w, 10 * NSEC_MS);
	w->net.filter = NULL;
	CHECK_EQ(w, rig_info(&r).buffers, 8);
	load_wait(r.load, LOAD_LONG);
	CHECK_EQ(w, r.load->failed, 0);
	rig_finish(&r);
}

const struct scenario sc_identity[] = {
    {"told_once", "a change told to one port is a doubt for all", told_once},
    {"identify_first", "no use before IDENTIFY", identify_first},
    {"bad_identify", "IDENTIFY answers that say nothing", bad_identify},
    {"two_disks", "a second disk at one address is refused", two_disks},
    {"two_sizes", "... also when only its size is another", two_sizes},
    {"two_paths", "two MACs of one disk are two paths", two_paths},
    {"two_ports", "one MAC on two ports is two paths", two_ports},
    {"swap", "another disk after an outage is never touched", swap},
    {"quick_swap", "nor one that announces itself at once", quick_swap},
    {"idle_swap", "nor one that came while nobody asked", idle_swap},
    {"instant_swap", "nor are its answers believed", instant_swap},
    {"stale_identify", "old answers identify nobody", stale_identify},
    {"silence_edge", "nor after a silence that an answer just ended",
	silence_edge},
    {"ignore_serial", "mirrors are paths when told so", ignore_serial},
    {NULL, NULL, NULL},
};
