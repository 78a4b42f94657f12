/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Setting a config string: what arrives, what is told of it, and that an old
 * one never undoes a newer one.
 */
#include <errno.h>
#include <string.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

struct setting {
	struct aoe_request rq;
	bool over;
	int error;
	char text[WIRE_CONFIG_MAX + 1];
};

static void setting_done(struct aoe_request *rq, int error)
{
	struct setting *s = container_of(rq, struct setting, rq);

	s->over = true;
	s->error = error;
}

static bool setting_over(void *ctx)
{
	const struct setting *s = ctx;

	return s->over;
}

static int post(struct rig *r, struct setting *s, const char *text, size_t len)
{
	int error;

	memset(s, 0, sizeof(*s));
	memcpy(s->text, text, len);
	s->rq = (struct aoe_request){
	    .op = AOE_SET_CONFIG,
	    .buf = s->text,
	    .length = len,
	    .done = setting_done,
	};
	error = engine_submit(r->h->e, r->dev, &s->rq, world_now(r->w));
	host_pump(r->h);
	return error;
}

static int await(struct rig *r, struct setting *s)
{
	if (!world_until(r->w, setting_over, s, LOAD_LONG))
		world_fail(r->w, "a setting never ends");
	return s->error;
}

static int set(struct rig *r, const char *text, size_t len)
{
	struct setting s;
	int error = post(r, &s, text, len);

	return error ? error : await(r, &s);
}

static bool holds(const struct target *t, const char *text)
{
	return t->set && t->string_len == strlen(text) &&
	       !memcmp(t->string, text, t->string_len);
}

static bool shows(const struct rig *r, const char *text, size_t len)
{
	struct engine_device_info info = rig_info(r);

	return info.config_len == len && !memcmp(info.config, text, len);
}

/* Every length that a frame is made for in another way; none is a doubt. */
static void setting(struct world *w)
{
	static const size_t length[] = {5, 1, 28, 29, 1024, 0, 700};
	struct rig_options o = {.target.buffers = 16};
	char text[WIRE_CONFIG_MAX + 1] = {0};
	uint64_t identifies;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, 3 * NSEC_SEC);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 512), 0);
	identifies = r.t[0]->n.identifies;
	for (unsigned i = 0; i < ARRAY_SIZE(length); i++) {
		for (size_t k = 0; k < length[i]; k++)
			text[k] = (char)rng_u64(&w->rng);
		CHECK_EQ(w, set(&r, text, length[i]), 0);
		CHECK_EQ(w, r.t[0]->n.settings, i + 1);
		CHECK_EQ(w, r.t[0]->string_len, length[i]);
		CHECK(w, !memcmp(r.t[0]->string, text, length[i]));
		CHECK(w, shows(&r, text, length[i]));
		CHECK_EQ(w, load_one(r.load, AOE_WRITE, 512, 8192), 0);
	}
	CHECK_EQ(w, r.t[0]->n.identifies, identifies);
	CHECK_EQ(w, set(&r, text, WIRE_CONFIG_MAX + 1), -EINVAL);
	CHECK_EQ(w, r.t[0]->n.settings, ARRAY_SIZE(length));
	rig_finish(&r);
}

/* Lost, or answered by what cannot be believed: set again, and no error. */
static void setting_lost(struct world *w)
{
	static const enum script_act act[] = {
	    SCRIPT_SILENCE, SCRIPT_SOURCE, SCRIPT_TAG, SCRIPT_COMMAND};
	struct rig_options o = {.target.buffers = 16};
	struct setting s;
	struct rig r;

	for (unsigned i = 0; i < ARRAY_SIZE(act); i++) {
		if (!rig_init(&r, w, &o))
			return;
		script_add(&r.t[0]->script, SCRIPT_SETTING, act[i], 0, 3);
		CHECK_EQ(w, post(&r, &s, "blue", 4), 0);
		world_run(w, 100 * NSEC_MS);
		/* Slow, and no reason to give the path up. */
		CHECK_EQ(w, r.t[0]->n.settings, 1);
		CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 8192), 0);
		CHECK_EQ(w, await(&r, &s), 0);
		CHECK_EQ(w, r.t[0]->n.settings, 4);
		CHECK(w, holds(r.t[0], "blue") && shows(&r, "blue", 4));
		CHECK_EQ(w, rig_info(&r).state, ENGINE_DEVICE_UP);
		rig_finish(&r);
		target_kill(r.t[0]);
	}
}

static void setting_refused(struct world *w)
{
	static const struct {
		enum script_act act;
		uint64_t value;
		int error;
	} list[] = {
	    {SCRIPT_AOE, 1, -EOPNOTSUPP},
	    {SCRIPT_AOE, 2, -EINVAL},
	    {SCRIPT_AOE, 4, -EEXIST},
	    {SCRIPT_AOE, 6, -EBUSY},
	    {SCRIPT_AOE, 7, -EIO},
	    /* It says that it has another one now: "bl". */
	    {SCRIPT_SHORT, 2, -EIO},
	};
	struct rig_options o = {.target.buffers = 16};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(list); i++) {
		script_clear(&r.t[0]->script);
		script_add(&r.t[0]->script, SCRIPT_SETTING, list[i].act,
		    list[i].value, 1);
		CHECK_EQ(w, set(&r, "blue", 4), list[i].error);
	}
	CHECK(w, host_logged(r.h, "e1.0: config string at 02:"));
	script_clear(&r.t[0]->script);
	/* Suspended for a while. */
	script_add(&r.t[0]->script, SCRIPT_SETTING, SCRIPT_AOE, 3, 5);
	CHECK_EQ(w, set(&r, "green", 5), 0);
	CHECK(w, holds(r.t[0], "green") && shows(&r, "green", 5));
	rig_finish(&r);
}

/* Each MAC may be a process with a string of its own. One that has gone does
 * not hold up the others. */
static void setting_macs(struct world *w)
{
	struct rig_options o = {.targets = 2, .target.buffers = 16};
	struct rig r;
	nsec_t began;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC);
	CHECK_EQ(w, set(&r, "both", 4), 0);
	CHECK(w, holds(r.t[0], "both") && holds(r.t[1], "both"));
	target_kill(r.t[1]);
	for (unsigned i = 0; i < 20; i++) {
		CHECK_EQ(w, load_one(r.load, AOE_WRITE, i * 65536, 65536), 0);
		world_run(w, 500 * NSEC_MS);
	}
	began = world_now(w);
	CHECK_EQ(w, set(&r, "one", 3), 0);
	CHECK(w, world_now(w) - began < 10 * NSEC_MS);
	CHECK(w, holds(r.t[0], "one"));
	rig_finish(&r);
}

/* One is cancelled on its way; the next one follows, and stays. */
static void setting_order(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct setting s[3];
	unsigned hold = 0;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	w->net.filter = rig_linger;
	w->net.filter_ctx = &hold;
	for (unsigned i = 0; i < 50; i++) {
		hold = 1;
		CHECK_EQ(w, post(&r, &s[0], "old", 3), 0);
		world_run(w, rng_below(&w->rng, 50 * NSEC_US));
		engine_cancel(r.h->e, &s[0].rq, world_now(w));
		CHECK_EQ(w, post(&r, &s[1], "newer", 5), 0);
		CHECK_EQ(w, post(&r, &s[2], "newest", 6), 0);
		CHECK_EQ(w, await(&r, &s[0]), -ECANCELED);
		CHECK_EQ(w, await(&r, &s[1]), 0);
		CHECK_EQ(w, await(&r, &s[2]), 0);
		world_run(w, 2 * NSEC_MS);
		CHECK(w, holds(r.t[0], "newest"));
		CHECK(w, shows(&r, "newest", 6));
	}
	CHECK_EQ(w, hold, 0);
	w->net.filter = NULL;
	rig_finish(&r);
}

/* Nobody answers: an error at the deadline. Writes wait for no setting. */
static void setting_dead(struct world *w)
{
	struct rig_options o = {
	    .config.dead_time = 5 * NSEC_SEC, .target.buffers = 16};
	struct setting s;
	nsec_t began;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	script_add(
	    &r.t[0]->script, SCRIPT_SETTING, SCRIPT_SILENCE, 0, SCRIPT_ALWAYS);
	began = world_now(w);
	CHECK_EQ(w, post(&r, &s, "blue", 4), 0);
	for (unsigned i = 0; i < 4; i++) {
		CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 4096), 0);
		world_run(w, NSEC_SEC);
	}
	CHECK(w, !s.over);
	CHECK_EQ(w, await(&r, &s), -EIO);
	CHECK_EQ(w, world_now(w) - began, 5 * NSEC_SEC);
	CHECK(w, host_logged(r.h, "config string"));
	rig_finish(&r);
}

/* A target that has just told that it is there is one that answers. */
static void setting_announced(struct world *w)
{
	struct rig_options o = {.targets = 2, .target.buffers = 16};
	struct rig r;
	nsec_t began;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC / 2);
	for (unsigned i = 0; i < 20; i++) {
		target_announce(r.t[1]);
		world_run(w, rng_below(&w->rng, 400 * NSEC_US));
		CHECK_EQ(w, set(&r, "both", 4), 0);
		CHECK(w, holds(r.t[0], "both") && holds(r.t[1], "both"));
		r.t[0]->set = r.t[1]->set = false;
	}
	/* While the only one that is left is asked who it is. */
	target_kill(r.t[1]);
	for (unsigned i = 0; i < 20; i++) {
		CHECK_EQ(w, load_one(r.load, AOE_WRITE, i * 65536, 65536), 0);
		world_run(w, 500 * NSEC_MS);
	}
	target_announce(r.t[0]);
	world_run(w, 150 * NSEC_US);
	began = world_now(w);
	CHECK_EQ(w, set(&r, "one", 3), 0);
	CHECK(w, world_now(w) - began < 50 * NSEC_MS);
	CHECK(w, holds(r.t[0], "one"));
	rig_finish(&r);
}

static bool opens(void *ctx)
{
	struct rig *r = ctx;

	r->dev = engine_find(r->h->e, (struct aoe_addr){.shelf = 1});
	return r->dev && !engine_open(r->h->e, r->dev);
}

/* The disk is known, and not a path of it has been identified to the end. */
static void setting_early(struct world *w)
{
	struct rig_options o = {.target.buffers = 16, .bare = true};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	script_add(&r.t[0]->script, SCRIPT_CONFIG, SCRIPT_SILENCE, 0, 4);
	target_announce(r.t[0]);
	CHECK(w, world_until(w, opens, &r, 10 * NSEC_SEC));
	CHECK_EQ(w, set(&r, "blue", 4), 0);
	CHECK_EQ(w, r.t[0]->n.settings, 1);
	/* With nobody there it waits. */
	target_kill(r.t[0]);
	world_run(w, 200 * NSEC_SEC);
	CHECK_EQ(w, rig_info(&r).state, ENGINE_DEVICE_DOWN);
	target_start(r.t[0]);
	CHECK_EQ(w, set(&r, "green", 5), 0);
	CHECK(w, holds(r.t[0], "green"));
}

/* The first comes late and is refused, the second is lost. */
static bool refusal_filter(
    void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	unsigned *n = ctx;
	struct msg m;

	if (!msg_get(&m, frame, len) || !msg_is_setting(&m) || m.response)
		return true;
	if (++*n == 1)
		*delay = 1300 * NSEC_MS;
	return *n != 2;
}

static void setting_late(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	unsigned n = 0;
	nsec_t began;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	script_add(&r.t[0]->script, SCRIPT_SETTING, SCRIPT_AOE, 2, 1);
	w->net.filter = refusal_filter;
	w->net.filter_ctx = &n;
	began = world_now(w);
	CHECK_EQ(w, set(&r, "blue", 4), -EINVAL);
	CHECK(w, world_now(w) - began < 1500 * NSEC_MS);
	w->net.filter = NULL;
	script_clear(&r.t[0]->script);
	rig_finish(&r);
}

/* It takes the target longer than a copy of it is waited for. */
static void setting_slow(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = {.depth = 4};
	struct setting s;
	nsec_t began;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	script_add(&r.t[0]->script, SCRIPT_SETTING, SCRIPT_LATE, 1200 * NSEC_MS,
	    SCRIPT_ALWAYS);
	rig_load(&r, &l);
	for (unsigned i = 0; i < 2; i++) {
		began = world_now(w);
		CHECK_EQ(w, post(&r, &s, "slow", 4), 0);
		while (!s.over && world_now(w) - began < 10 * NSEC_SEC) {
			/* Beside much that is answered, and beside nothing. */
			if (!i)
				load_one(r.load, AOE_WRITE, 0, 65536);
			world_run(w, NSEC_MS);
		}
		CHECK_EQ(w, await(&r, &s), 0);
		CHECK(w, world_now(w) - began < 1300 * NSEC_MS);
		world_run(w, 4 * NSEC_SEC);
	}
	CHECK_EQ(w, rig_stats(&r).errors, 0);
	rig_finish(&r);
}

/* Too long for the port: an error, and the port goes on. */
static void setting_long(struct world *w)
{
	struct rig_options o = {.target.buffers = 16, .mtu = 1000};
	char text[WIRE_CONFIG_MAX] = {0};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	CHECK_EQ(w, set(&r, text, 982), 0);
	CHECK_EQ(w, set(&r, text, 983), -EMSGSIZE);
	r.h->port[0].too_big = true;
	r.h->port[0].real_mtu = 800;
	CHECK_EQ(w, set(&r, text, 900), -EMSGSIZE);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 512), 0);
	CHECK_EQ(w, set(&r, text, 500), 0);
	CHECK_EQ(w, rig_info(&r).state, ENGINE_DEVICE_UP);
	rig_finish(&r);
}

/* The target is well and ignores it: nobody waits until it counts as dead. */
static void setting_ignored(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	struct setting s;
	nsec_t began;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	script_add(
	    &r.t[0]->script, SCRIPT_SETTING, SCRIPT_SILENCE, 0, SCRIPT_ALWAYS);
	for (unsigned i = 0; i < 2; i++) {
		began = world_now(w);
		CHECK_EQ(w, post(&r, &s, "blue", 4), 0);
		for (unsigned k = 0; i && k < 7; k++) {
			load_one(r.load, AOE_WRITE, 0, 4096);
			world_run(w, NSEC_SEC);
		}
		CHECK(w, await(&r, &s) < 0);
		CHECK(w, world_now(w) - began >= 7 * NSEC_SEC);
		CHECK(w, world_now(w) - began <= 13 * NSEC_SEC);
		CHECK_EQ(w, rig_info(&r).state, ENGINE_DEVICE_UP);
		world_run(w, 4 * NSEC_SEC);
	}
	rig_finish(&r);
}

/* Answered with an empty string: asked what it is now, which decides. */
static void setting_empty(struct world *w)
{
	struct rig_options o = {.target.buffers = 16};
	nsec_t began;
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	script_add(
	    &r.t[0]->script, SCRIPT_SETTING, SCRIPT_EMPTY, 0, SCRIPT_ALWAYS);
	began = world_now(w);
	CHECK_EQ(w, set(&r, "blue", 4), 0);
	CHECK(w, world_now(w) - began < NSEC_SEC);
	CHECK(w, holds(r.t[0], "blue") && shows(&r, "blue", 4));
	CHECK_EQ(w, set(&r, "", 0), 0);
	CHECK(w, holds(r.t[0], "") && shows(&r, "", 0));
	script_clear(&r.t[0]->script);
	script_add(
	    &r.t[0]->script, SCRIPT_SETTING, SCRIPT_EMPTY, 1, SCRIPT_ALWAYS);
	began = world_now(w);
	CHECK_EQ(w, set(&r, "green", 5), -EIO);
	CHECK(w, world_now(w) - began < 13 * NSEC_SEC);
	CHECK(w, holds(r.t[0], "") && shows(&r, "", 0));
	rig_finish(&r);
}

const struct scenario sc_setting[] = {
    {"setting_announced", "while paths are identified anew", setting_announced},
    {"setting_early", "before and without any path", setting_early},
    {"setting_late", "a late refusal ends it", setting_late},
    {"setting_slow", "a target that is slow at it", setting_slow},
    {"setting_long", "longer than the MTU", setting_long},
    {"setting", "config strings of every length", setting},
    {"setting_lost", "lost settings are sent again", setting_lost},
    {"setting_refused", "what a refused setting says", setting_refused},
    {"setting_macs", "each MAC that answers is set", setting_macs},
    {"setting_order", "an old setting undoes no newer one", setting_order},
    {"setting_ignored", "a healthy target that ignores it", setting_ignored},
    {"setting_empty", "an empty answer is not believed", setting_empty},
    {"setting_dead", "a setting without answer ends in time", setting_dead},
    {NULL, NULL, NULL},
};
