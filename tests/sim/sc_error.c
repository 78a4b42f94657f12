/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 6: what the target's errors become, and that they hit only the request
 * they belong to.
 */
#include <errno.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

/* A request after the error must work: the device is not down. */
static void after(struct rig *r)
{
	script_clear(&r->t[0]->script);
	CHECK_EQ(r->w, load_one(r->load, AOE_WRITE, 0, 1024), 0);
	CHECK_EQ(r->w, load_one(r->load, AOE_READ, 0, 8192), 0);
	CHECK_EQ(r->w, host_seen(r->h, ENGINE_DOWN), 0);
}

static void aoe_errors(struct world *w)
{
	static const struct {
		uint8_t code;
		int read, write;
	} list[] = {{1, -EOPNOTSUPP, -EOPNOTSUPP}, {2, -EIO, -EIO},
	    {4, -EEXIST, -EEXIST}, {5, -EPROTO, -EPROTO}, {6, -EBUSY, -EBUSY},
	    {7, -EIO, -EIO}, {0, -EIO, -EIO}, {255, -EIO, -EIO}};
	struct rig_options o = {.target.buffers = 16};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(list); i++) {
		uint64_t errors = rig_stats(&r).errors;

		script_add(&r.t[0]->script, SCRIPT_DATA, SCRIPT_AOE,
		    list[i].code, SCRIPT_ALWAYS);
		world_note(w, "E %u", list[i].code);
		CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 1024), list[i].read);
		CHECK_EQ(
		    w, load_one(r.load, AOE_WRITE, 0, 1024), list[i].write);
		CHECK(w, r.load->slowest < 5 * NSEC_SEC);
		CHECK_EQ(w, rig_stats(&r).errors - errors, 2);
		CHECK(w, rig_stats(&r).aoe_errors > 0);
		after(&r);
	}
	rig_finish(&r);
}

/* The same errors once only: those that may pass are tried again. */
static void error_once(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	script_add(&r.t[0]->script, SCRIPT_DATA, SCRIPT_AOE, 2, 1);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 1024), 0);
	script_add(&r.t[0]->script, SCRIPT_DATA, SCRIPT_AOE, 3, 1);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 1024), 0);
	after(&r);
	rig_finish(&r);
}

/* E 3 for 5 s, as a suspended LUN answers; then good. */
static void unavailable(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = {.ops = 64, .depth = 16, .max = 4096};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	script_add(&r.t[0]->script, SCRIPT_DATA, SCRIPT_AOE, 3, SCRIPT_ALWAYS);
	load_start(rig_load(&r, &l));
	world_run(w, 5 * NSEC_SEC);
	CHECK_EQ(w, r.load->finished, 0);
	/* Asked again, but not without end. */
	CHECK(w, r.t[0]->script.rule[0].hits > 16);
	CHECK(w, r.t[0]->script.rule[0].hits < 2000);
	script_clear(&r.t[0]->script);
	load_wait(r.load, 10 * NSEC_SEC);
	CHECK(w, r.load->slowest < 8 * NSEC_SEC);
	rig_finish(&r);
}

/* For ever: an error at the deadline. */
static void unavailable_long(struct world *w)
{
	struct rig_options o = {.config.dead_time = 10 * NSEC_SEC};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	script_add(&r.t[0]->script, SCRIPT_DATA, SCRIPT_AOE, 3, SCRIPT_ALWAYS);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 512), -EIO);
	CHECK_EQ(w, r.load->slowest, 10 * NSEC_SEC);
	after(&r);
	rig_finish(&r);
}

/*
 * One sector that is never available, on a path that answers all else: that is
 * an error of the request, long before the disk would count as dead.
 */
static void unavailable_lba(struct world *w)
{
	struct rig_options o = {.target.buffers = 16,
	    .target.bad_lba = 100,
	    .target.bad_sectors = 1,
	    .target.bad_as = PERSONA_AOE(3)};
	struct load_options l = {.ops = 1u << 30,
	    .depth = 4,
	    .from = 1 << 20,
	    .max = 8192,
	    .pause = 5 * NSEC_MS};
	struct load *others, *one;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	one = r.load;
	others = rig_load(&r, &l);
	load_start(others);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQ(w, load_one(one, i ? AOE_WRITE : AOE_READ, 51200, 512),
		    -EIO);
		CHECK(w, one->slowest >= 10 * NSEC_SEC);
		CHECK(w, one->slowest <= 20 * NSEC_SEC);
	}
	load_stop(others);
	load_wait(others, NSEC_SEC);
	CHECK(w, others->finished > 1000);
	CHECK_EQ(w, others->failed, 0);
	CHECK(w, others->slowest < NSEC_SEC);
	CHECK_EQ(w, host_seen(r.h, ENGINE_DOWN), 0);
	r.t[0]->opt.bad_sectors = 0;
	CHECK_EQ(w, load_one(one, AOE_WRITE, 51200, 512), 0);
	rig_finish(&r);
}

static void ata_errors(struct world *w)
{
	static const struct {
		uint16_t registers; /* status, error */
		int read, write;
	} list[] = {{0x4140, -EIO, -EROFS}, {0x4110, -EIO, -ENOSPC},
	    {0x4104, -EIO, -EROFS}, {0x4180, -EIO, -EIO},
	    {0x0110, -EIO, -ENOSPC}, {0x6104, -EIO, -EIO}, {0x8000, -EIO, -EIO},
	    {0x2100, -EIO, -EIO}, {0x4100, -EIO, -EIO}, {0x4141, -EIO, -EROFS},
	    {0x4101, -EIO, -EIO}, {0x4102, -EIO, -EIO}, {0x4108, -EIO, -EIO},
	    {0x4120, -EIO, -EIO}};
	struct rig_options o = {.target.buffers = 16};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(list); i++) {
		script_add(&r.t[0]->script, SCRIPT_DATA, SCRIPT_ATA,
		    list[i].registers, SCRIPT_ALWAYS);
		world_note(w, "status %04x", list[i].registers);
		CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 1024), list[i].read);
		CHECK_EQ(
		    w, load_one(r.load, AOE_WRITE, 0, 1024), list[i].write);
		CHECK(w, r.load->slowest < NSEC_SEC);
		CHECK(w, rig_stats(&r).ata_errors > 0);
		after(&r);
	}
	rig_finish(&r);
}

/* What is logged names the disk, the operation, the place and both errors. */
static void error_log(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	script_add(&r.t[0]->script, SCRIPT_READ, SCRIPT_AOE, 7, 1);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 5 * 512, 512), -EIO);
	CHECK(w, host_logged(r.h, "e1.0: read of 1 sectors at 5: "));
	CHECK(w, host_logged(r.h, "(AoE error 7, ATA status 24 error 00)"));
	script_add(&r.t[0]->script, SCRIPT_WRITE, SCRIPT_ATA, 0x4110, 1);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 40 * 512, 1024), -ENOSPC);
	CHECK(
	    w, host_logged(r.h, "e1.0: write of 2 sectors at 40: sector not "
				"found (AoE error 0, ATA status 41 error 10)"));
	script_add(&r.t[0]->script, SCRIPT_FLUSH, SCRIPT_ATA, 0x6100, 1);
	CHECK_EQ(w, load_one(r.load, AOE_FLUSH, 0, 0), -EIO);
	CHECK(w, host_logged(r.h, "e1.0: FLUSH CACHE at 02:"));
	after(&r);
	rig_finish(&r);
}

/* Another host reserves the disk in mid-stream, and lets go of it. */
static void reserved(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = {
	    .ops = 1000, .depth = 16, .max = 4096, .allow = {-EBUSY}};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	script_add(&r.t[0]->script, SCRIPT_DATA, SCRIPT_AOE, 6, 200)->skip =
	    300;
	rig_run(&r, &l);
	CHECK_EQ(w, r.t[0]->script.rule[0].left, 0);
	CHECK(w, r.load->failed > 50);
	CHECK_EQ(w, r.load->first_error, -EBUSY);
	CHECK(w, r.load->slowest < NSEC_SEC);
	CHECK(w, host_logged(r.h, "reserved by another initiator"));
	after(&r);
	l.allow[0] = 0;
	rig_run(&r, &l);
	rig_finish(&r);
}

/* One bad request among many: the others do not notice. */
static void error_alone(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = {
	    .ops = 400, .depth = 16, .max = 4096, .allow = {-EIO, -ENOSPC}};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	script_add(&r.t[0]->script, SCRIPT_DATA, SCRIPT_ATA, 0x4110, 1)->skip =
	    40;
	script_add(&r.t[0]->script, SCRIPT_DATA, SCRIPT_AOE, 7, 1)->skip = 60;
	rig_run(&r, &l);
	CHECK_EQ(w, r.load->failed, 2);
	CHECK_EQ(w, rig_stats(&r).errors, 2);
	rig_finish(&r);
}

/* ggaoed fails merged neighbours together: sector by sector it is one only. */
static void bad_sector(struct world *w)
{
	struct rig_options o = {.target.buffers = 16, .mtu = 9000};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, 2 * NSEC_SEC);
	script_add(&r.t[0]->script, SCRIPT_READ, SCRIPT_ATA, 0x4140, 1);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 4096), 0);
	CHECK(w, r.t[0]->n.reads >= 8);
	after(&r);
	rig_finish(&r);
}

/* Several copies are out when one of them is answered by an error. */
static void error_races(struct world *w)
{
	struct rig_options o = {.target.buffers = 16,
	    .cable = {.delay = 200 * NSEC_US,
		.jitter = 300 * NSEC_US,
		.loss = 0.1,
		.dup = 0.1}};
	struct load_options l = {.ops = 3000,
	    .depth = 16,
	    .max = 4096,
	    .to = 256 << 10,
	    .allow = {-EIO, -ENOSPC}};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	for (unsigned i = 0; i < 12; i++)
		script_add(&r.t[0]->script, SCRIPT_DATA,
		    i & 1 ? SCRIPT_ATA : SCRIPT_AOE, i & 1 ? 0x4110 : 7, 10)
		    ->skip = 50 * i;
	rig_run(&r, &l);
	CHECK(w, r.load->failed > 20);
	net_both(r.h->port[0].net, &(struct net_cable){.delay = RIG_DELAY});
	rig_finish(&r);
}

const struct scenario sc_error[] = {
    {"aoe_errors", "AoE error codes become errnos", aoe_errors},
    {"error_once", "transient errors are tried again", error_once},
    {"unavailable", "E 3 for 5 s, then good", unavailable},
    {"unavailable_long", "E 3 for ever ends at the deadline", unavailable_long},
    {"unavailable_lba", "... sooner if all else is available", unavailable_lba},
    {"ata_errors", "ATA status and error become errnos", ata_errors},
    {"error_log", "errors are logged in full", error_log},
    {"reserved", "E 6 in mid-stream, then good", reserved},
    {"error_alone", "an error fails one request only", error_alone},
    {"bad_sector", "UNC is believed sector by sector", bad_sector},
    {"error_races", "errors among retransmissions", error_races},
    {NULL, NULL, NULL},
};
