/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reasons to ask a target who it is that come faster than it can answer: two
 * processes behind one MAC, stray config answers, announcements. The disk keeps
 * half of its rate at least, nobody is asked without end, the log stays short,
 * and a disk that really is another one gets no data.
 */
#include <errno.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

#define PERIOD NSEC_MS /* of announcements; a round trip takes four */
#define MINUTE (60 * NSEC_SEC)

enum kind { STORM_TWINS, STORM_STRAY, STORM_ANNOUNCE };

struct storm {
	struct rig r;
	struct target *twin;
	struct event next;
	nsec_t period; /* of announcements */
};

static void storm_fire(struct event *ev)
{
	struct storm *s = container_of(ev, struct storm, next);

	target_announce(s->r.t[0]);
	event_at(&s->r.w->events, &s->next, world_now(s->r.w) + s->period);
}

static bool storm_init(struct storm *s, struct world *w, nsec_t service)
{
	struct rig_options o = {.target.buffers = 16,
	    .target.service = service,
	    .cable.delay = 2 * NSEC_MS,
	    .config.dead_time = 20 * NSEC_SEC};

	s->twin = NULL;
	s->period = PERIOD;
	event_init(&s->next, storm_fire);
	if (!rig_init(&s->r, w, &o))
		return false;
	world_run(w, 2 * NSEC_SEC);
	return true;
}

static void storm_begin(struct storm *s, enum kind kind)
{
	struct target *t = s->r.t[0];
	struct target_options twin = t->opt;

	switch (kind) {
	case STORM_TWINS:
		/* Started twice by mistake, with another -b. */
		twin.buffers = 8;
		twin.queue = t->opt.queue = 1000;
		s->twin = target_new(s->r.w, t->port, &twin);
		target_announce(s->twin);
		break;
	case STORM_STRAY:
		script_add(
		    &t->script, SCRIPT_READ, SCRIPT_STRAY, 64, SCRIPT_ALWAYS);
		break;
	case STORM_ANNOUNCE:
		event_at(
		    &s->r.w->events, &s->next, world_now(s->r.w) + s->period);
		break;
	}
}

static void storm_end(struct storm *s)
{
	event_cancel(&s->r.w->events, &s->next);
	script_clear(&s->r.t[0]->script);
	if (s->twin)
		target_kill(s->twin);
}

static nsec_t took(const struct load *l)
{
	return l->ended - l->started;
}

/*
 * The same load in calm and in storm. The target's queue has no place for a
 * question while it holds as much data as there are buffers; an announcement
 * may come when it has just been filled.
 */
static void storm_load(struct world *w, enum kind kind)
{
	struct load_options l = {
	    .ops = 4000, .depth = 32, .reads = 3, .writes = 1, .max = 1024};
	struct storm s;
	nsec_t calm;

	if (!storm_init(&s, w, 100 * NSEC_US))
		return;
	load_run(rig_load(&s.r, &l));
	calm = took(s.r.load);
	s.period = rng_between(&w->rng, 100, 1000) * NSEC_US;
	storm_begin(&s, kind);
	load_again(s.r.load, l.ops);
	load_start(s.r.load);
	load_wait(s.r.load, 10 * calm);
	load_stop(s.r.load);
	world_note(w, "calm %llu ms, storm %llu ms for %u",
	    (unsigned long long)(calm / NSEC_MS),
	    (unsigned long long)(took(s.r.load) / NSEC_MS), s.r.load->finished);
	CHECK_EQ(w, s.r.load->finished, l.ops);
	CHECK_EQ(w, s.r.load->failed, 0);
	CHECK(w, took(s.r.load) <= 2 * calm);
	CHECK(w, s.r.load->slowest < NSEC_SEC);
	storm_end(&s);
	load_wait(s.r.load, LOAD_LONG);
	rig_finish(&s.r);
}

static void storm_twins(struct world *w)
{
	storm_load(w, STORM_TWINS);
}

static void storm_stray(struct world *w)
{
	storm_load(w, STORM_STRAY);
}

static void storm_announce(struct world *w)
{
	storm_load(w, STORM_ANNOUNCE);
}

/* Nobody asks for anything: nearly nothing is sent, and then it works. */
static void idle(struct world *w, enum kind kind)
{
	struct storm s;
	uint64_t before;

	if (!storm_init(&s, w, 50 * NSEC_US))
		return;
	storm_begin(&s, kind);
	world_run(w, 2 * NSEC_SEC);
	before = s.r.h->referee.frames;
	world_run(w, MINUTE);
	CHECK(w, s.r.h->referee.frames - before < 20 * 60);
	CHECK_EQ(w, load_one(s.r.load, AOE_READ, 0, 4096), 0);
	CHECK(w, s.r.load->slowest < NSEC_SEC);
	storm_end(&s);
	rig_finish(&s.r);
	target_kill(s.r.t[0]);
}

static void storm_idle(struct world *w)
{
	idle(w, STORM_TWINS);
	idle(w, STORM_ANNOUNCE);
}

/* One warning a minute says what goes on, with little beside it. */
static void logged(struct world *w, enum kind kind)
{
	struct load_options l = {
	    .ops = 1u << 30, .depth = 4, .max = 512, .pause = 10 * NSEC_MS};
	unsigned warnings, said;
	struct storm s;

	if (!storm_init(&s, w, 50 * NSEC_US))
		return;
	warnings = s.r.h->warnings;
	said = s.r.h->said;
	storm_begin(&s, kind);
	load_start(rig_load(&s.r, &l));
	world_run(w, 3 * MINUTE);
	CHECK(w, s.r.h->warnings > warnings);
	CHECK(w, s.r.h->warnings - warnings <= 3 + 1);
	CHECK(w, s.r.h->said - said <= 3 * 10);
	storm_end(&s);
	load_stop(s.r.load);
	load_wait(s.r.load, LOAD_LONG);
	CHECK_EQ(w, s.r.load->failed, 0);
	rig_finish(&s.r);
	target_kill(s.r.t[0]);
}

static void storm_log(struct world *w)
{
	logged(w, STORM_STRAY);
	logged(w, STORM_ANNOUNCE);
}

/*
 * In the midst of it the target stops, and another disk takes its place. What
 * was on the wire has ended; the new one says so before it takes a request.
 */
static void swapped(struct world *w, enum kind kind)
{
	struct load_options l = {.ops = 1u << 30,
	    .depth = 16,
	    .writes = 2,
	    .reads = 1,
	    .max = 1024,
	    .pause = NSEC_MS,
	    .allow = {-ESTALE}};
	struct disk *other;
	struct target *t;
	struct storm s;

	if (!storm_init(&s, w, 200 * NSEC_US))
		return;
	t = s.r.t[0];
	other = disk_new(w, 8192);
	storm_begin(&s, kind);
	load_start(rig_load(&s.r, &l));
	world_run(w, rng_between(&w->rng, 100, 1000) * NSEC_MS);
	target_kill(t);
	t->opt.disk = other;
	t->opt.serial = "1.0:other";
	world_run(w, rng_between(&w->rng, 5, 30) * NSEC_MS);
	target_announce(t);
	world_run(w, 5 * NSEC_MS);
	t->running = true;
	world_run(w, 3 * NSEC_SEC);
	load_stop(s.r.load);
	load_wait(s.r.load, 10 * NSEC_SEC);
	CHECK_EQ(w, other->writes, 0);
	CHECK_EQ(w, host_seen(s.r.h, ENGINE_SWAPPED), 1);
	storm_end(&s);
	rig_finish(&s.r);
	CHECK_EQ(w, other->writes, 0);
	target_kill(t);
}

static void storm_swap(struct world *w)
{
	for (unsigned i = 0; i < 10 && !w->failures; i++) {
		swapped(w, STORM_STRAY);
		swapped(w, STORM_ANNOUNCE);
	}
}

const struct scenario sc_storm[] = {
    {"storm_twins", "two processes behind one MAC", storm_twins},
    {"storm_stray", "a stray config answer behind each read", storm_stray},
    {"storm_announce", "announcements faster than the round trip",
	storm_announce},
    {"storm_idle", "an idle process stays idle", storm_idle},
    {"storm_log", "one warning a minute", storm_log},
    {"storm_swap", "another disk in a storm gets no data", storm_swap},
    {NULL, NULL, NULL},
};
