/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 1: every transmission counts. One request is sent twice because its
 * first answer is late; what then decides is which answer comes when.
 */
#include <errno.h>
#include <string.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

#define AT 64u /* the sector that is read */

/*
 * The first answer about the sector comes late, or never. Whoever looks on
 * knows when each answer arrives.
 */
struct lag {
	struct world *w;
	nsec_t late; /* NSEC_NEVER: lost */
	unsigned asked, answered;
	nsec_t first; /* when the first one to arrive does */
};

static bool lag_filter(
    void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	struct lag *g = ctx;
	struct msg m;
	nsec_t at;

	if (!msg_get(&m, frame, len) || m.command != MSG_ATA ||
	    (m.lba & 0xffff) != AT)
		return true;
	if (!m.response) {
		g->asked++;
		return true;
	}
	if (!g->answered++) {
		if (g->late == NSEC_NEVER)
			return false;
		*delay = g->late;
	}
	at = world_now(g->w) + *delay + RIG_DELAY;
	g->first = at < g->first ? at : g->first;
	return true;
}

/* A rig that has seen some traffic, so that it knows its round trip. */
static bool lag_init(struct rig *r, struct lag *g, struct world *w, nsec_t late)
{
	struct rig_options o = {.target.buffers = 16};
	struct load_options warm = {.ops = 100, .depth = 4, .max = 4096};
	struct load_options two = {.depth = 2};

	w->net.filter = NULL;
	if (!rig_init(r, w, &o))
		return false;
	rig_run(r, &warm);
	rig_load(r, &two);
	*g = (struct lag){.w = w, .late = late, .first = NSEC_NEVER};
	w->net.filter = lag_filter;
	w->net.filter_ctx = g;
	return true;
}

/* The read, and a later one whose answer shows that the first is overdue. */
static void lag_read(struct rig *r)
{
	CHECK_EQ(r->w, load_post(r->load, AOE_READ, AT * 512, 512), 0);
	CHECK_EQ(r->w, load_post(r->load, AOE_READ, 0, 512), 0);
	load_stop(r->load);
	load_wait(r->load, 10 * NSEC_SEC);
}

/* Done by the answer that comes first, whichever copy it is for. */
static void first_copy(struct world *w)
{
	unsigned twice = 0, spurious = 0;

	for (unsigned i = 0; i < 40; i++) {
		struct engine_path_info p;
		struct rig r;
		struct lag g;

		if (!lag_init(&r, &g, w, i * 10 * NSEC_US))
			return;
		lag_read(&r);
		CHECK_EQ(w, r.load->failed, 0);
		CHECK_EQ(w, r.load->ended, g.first);
		world_run(w, NSEC_SEC);
		CHECK_EQ(w, g.answered, g.asked);
		CHECK(w, rig_path(&r, 0, &p));
		/* Nothing was lost: the second copy was for nothing. */
		CHECK_EQ(w, p.stats->spurious, g.asked - 1);
		twice += g.asked > 1;
		spurious += p.stats->spurious;
		w->net.filter = NULL;
		rig_finish(&r);
		target_kill(r.t[0]);
	}
	world_note(w, "%u sent twice, %u for nothing", twice, spurious);
	CHECK(w, twice > 5);
}

/*
 * The second copy is refused. The first may still be answered: until it is, or
 * cannot be any more, the request is not failed.
 */
static void error_waits(struct world *w)
{
	static const nsec_t late[] = {350 * NSEC_US, NSEC_NEVER};

	for (unsigned i = 0; i < ARRAY_SIZE(late); i++) {
		struct rig r;
		struct lag g;

		if (!lag_init(&r, &g, w, late[i]))
			return;
		/* The read, the other read, and then the read once more. */
		script_add(&r.t[0]->script, SCRIPT_READ, SCRIPT_AOE, 7, 1)
		    ->skip = 2;
		lag_read(&r);
		CHECK_EQ(w, r.t[0]->script.rule[0].left, 0);
		CHECK_EQ(w, g.asked, 2);
		CHECK_EQ(w, r.load->failed, i);
		CHECK_EQ(w, r.load->last_error, i ? -EIO : 0);
		CHECK(w, r.load->slowest < 10 * NSEC_MS);
		w->net.filter = NULL;
		rig_finish(&r);
		target_kill(r.t[0]);
	}
}

/* The answers of one of two targets, for longer than a fence holds. */
struct mail {
	struct world *w;
	struct mac mac;
	nsec_t until;
	unsigned held;
};

static bool mail_filter(
    void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	struct mail *m = ctx;

	(void)len;
	if (world_now(m->w) < m->until && !memcmp(frame + 6, m->mac.b, 6)) {
		m->held++;
		*delay = 3 * NSEC_SEC;
	}
	return true;
}

/*
 * Their copies are held to be gone, and their places in a small table are
 * taken: by the tags they are told from the answers that are waited for.
 */
static void tag_late(struct world *w)
{
	struct rig_options o = {
	    .targets = 2, .target.buffers = 16, .config.copies = 16};
	struct load_options l = {.ops = 1u << 30,
	    .depth = 8,
	    .align = 512,
	    .max = 4096,
	    .to = 256 << 10,
	    .reads = 1};
	struct mail m = {.w = w};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC);
	w->net.filter = mail_filter;
	w->net.filter_ctx = &m;
	rig_load(&r, &l);
	for (unsigned i = 0; i < 8; i++) {
		load_start(r.load);
		world_run(w, rng_below(&w->rng, 3 * NSEC_MS));
		m.mac = r.t[i & 1]->port->mac;
		m.until = world_now(w) + 5 * NSEC_MS;
		world_run(w, 5 * NSEC_MS);
		load_stop(r.load);
		world_run(w, 2980 * NSEC_MS);
		load_start(r.load);
		world_run(w, 50 * NSEC_MS);
	}
	load_stop(r.load);
	load_wait(r.load, 10 * NSEC_SEC);
	CHECK_EQ(w, r.load->failed, 0);
	CHECK(w, m.held > 20);
	CHECK(w,
	    engine_stats(r.h->e)->late + engine_stats(r.h->e)->unexpected > 20);
	w->net.filter = NULL;
	rig_finish(&r);
}

const struct scenario sc_copy[] = {
    {"first_copy", "any copy's answer ends a request", first_copy},
    {"error_waits", "an error waits for other copies", error_waits},
    {"tag_late", "answers come after their places were taken", tag_late},
    {NULL, NULL, NULL},
};
