/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 4: which answers are believed. A wrong one carries poison, and what it
 * answers was not executed: believing it is found out by the model.
 */
#include <errno.h>
#include <string.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

static const struct load_options L = {
    .ops = 300, .depth = 8, .max = 8192, .to = 128 << 10};

/* Every fifth data request gets this answer, and a good one later. */
static void spoil(
    struct world *w, enum script_act act, uint64_t value, struct rig *r)
{
	struct rig_options o = {.target.buffers = 16};

	if (!rig_init(r, w, &o))
		return;
	for (unsigned i = 0; i < 8; i++)
		script_add(&r->t[0]->script, SCRIPT_DATA, act, value, 10)
		    ->skip = 3 + 7 * i;
	rig_run(r, &L);
	CHECK_EQ(w, r->load->failed, 0);
	CHECK(w, r->t[0]->script.rule[7].hits == 10);
	rig_finish(r);
	target_kill(r->t[0]);
}

static void wrong_tag(struct world *w)
{
	struct rig r;

	spoil(w, SCRIPT_TAG, 0, &r);
}

static void wrong_address(struct world *w)
{
	struct rig r;

	spoil(w, SCRIPT_SHELF, 0, &r);
	spoil(w, SCRIPT_SLOT, 0, &r);
	spoil(w, SCRIPT_ADDRESS, 0xffffff, &r);
}

static void wrong_command(struct world *w)
{
	struct rig r;

	spoil(w, SCRIPT_COMMAND, 1, &r);
	spoil(w, SCRIPT_COMMAND, 2, &r);
	spoil(w, SCRIPT_COMMAND, 0xf1, &r);
}

static void wrong_form(struct world *w)
{
	struct rig r;

	spoil(w, SCRIPT_REQUEST, 0, &r);
	spoil(w, SCRIPT_VERSION, 0, &r);
	spoil(w, SCRIPT_VERSION, 2, &r);
}

static void wrong_source(struct world *w)
{
	struct rig r;

	spoil(w, SCRIPT_SOURCE, 0, &r);
	CHECK(w, host_logged(r.h, "answered by 02:bb:00:00:00:01, who was not "
				  "asked: ignored"));
}

/* Short by one byte, by a sector, and nothing but the header. */
static void short_read(struct world *w)
{
	static const uint64_t cut[] = {1, 512, 1024};
	struct rig_options o = {.target.buffers = 16};
	struct rig r;

	for (unsigned i = 0; i < ARRAY_SIZE(cut); i++) {
		if (!rig_init(&r, w, &o))
			return;
		script_add(
		    &r.t[0]->script, SCRIPT_READ, SCRIPT_SHORT, cut[i], 3);
		CHECK_EQ(w, load_one(r.load, AOE_READ, 0, 1024), 0);
		CHECK_EQ(w, r.t[0]->script.rule[0].left, 0);
		CHECK(w, rig_stats(&r).short_data >= 3);
		/* Always: an error in the end, never stale memory. */
		script_add(&r.t[0]->script, SCRIPT_READ, SCRIPT_SHORT, cut[i],
		    SCRIPT_ALWAYS);
		CHECK_EQ(w, load_one(r.load, AOE_READ, 4096, 1024), -EIO);
		CHECK(w, r.load->slowest < 200 * NSEC_SEC);
		script_clear(&r.t[0]->script);
		CHECK_EQ(w, load_one(r.load, AOE_READ, 4096, 1024), 0);
		rig_finish(&r);
		target_kill(r.t[0]);
	}
}

static void long_answer(struct world *w)
{
	static const uint64_t more[] = {1, 24, 28, 46, 512};
	struct rig_options o = {.target.buffers = 16};
	struct load_options l = {.ops = 200, .depth = 8, .max = 8192};
	struct rig r;

	for (unsigned i = 0; i < ARRAY_SIZE(more); i++) {
		o.bare = true;
		rig_init(&r, w, &o);
		script_add(&r.t[0]->script,
		    SCRIPT_DATA | SCRIPT_IDENTIFY | SCRIPT_FLUSH |
			SCRIPT_CONFIG,
		    SCRIPT_PAD, more[i], SCRIPT_ALWAYS);
		if (!rig_open(&r))
			return;
		rig_run(&r, &l);
		CHECK_EQ(w, load_one(r.load, AOE_FLUSH, 0, 0), 0);
		rig_finish(&r);
		target_kill(r.t[0]);
	}
}

static void junk_registers(struct world *w)
{
	struct rig_options o = {.bare = true, .target.buffers = 16};
	struct load_options l = {.ops = 200, .depth = 8, .max = 8192};
	struct rig r;

	rig_init(&r, w, &o);
	script_add(&r.t[0]->script, SCRIPT_DATA | SCRIPT_IDENTIFY,
	    SCRIPT_REGISTERS, 0, SCRIPT_ALWAYS);
	if (!rig_open(&r))
		return;
	rig_run(&r, &l);
	rig_finish(&r);
}

/* The answers of one of two targets are held back for a while, all of them. */
struct backlog {
	struct world *w;
	struct mac mac;
	nsec_t until;
	unsigned held;
};

static bool backlog_filter(
    void *ctx, const uint8_t *frame, size_t len, nsec_t *delay)
{
	struct backlog *b = ctx;
	nsec_t now = world_now(b->w);

	(void)len;
	if (now < b->until && !memcmp(frame + 6, b->mac.b, 6)) {
		b->held++;
		*delay = b->until - now;
	}
	return true;
}

/*
 * The tags come round many times before the answers to old copies arrive: they
 * must not be taken for answers to other requests. (One that comes when its
 * copy is held to be gone could be; that is what 24 bits are for.)
 */
static void tag_wrap(struct world *w)
{
	struct rig_options o = {.targets = 2,
	    .target.buffers = 16,
	    .config.tag_bits = 8,
	    .config.copies = 64};
	struct load_options l = {
	    .depth = 8, .align = 512, .max = 4096, .to = 256 << 10};
	struct backlog b = {.w = w};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	world_run(w, NSEC_SEC);
	w->net.filter = backlog_filter;
	w->net.filter_ctx = &b;
	rig_load(&r, &l);
	for (unsigned i = 0; i < 10; i++) {
		uint64_t frames = r.h->referee.frames;

		load_again(r.load, 400);
		load_start(r.load);
		world_run(w, rng_below(&w->rng, 3 * NSEC_MS));
		b.mac = r.t[i & 1]->port->mac;
		b.until = world_now(w) + 700 * NSEC_MS;
		load_wait(r.load, 10 * NSEC_SEC);
		CHECK_EQ(w, r.load->failed, 0);
		CHECK(w, r.h->referee.frames - frames > 2 * 256);
		world_run(w, 2 * NSEC_SEC);
	}
	CHECK(w, b.held > 20);
	w->net.filter = NULL;
	rig_finish(&r);
}

/* With loss, too: unanswered copies keep their tags. */
static void tag_wrap_loss(struct world *w)
{
	struct rig_options o = {.target.buffers = 16,
	    .config.tag_bits = 8,
	    .config.copies = 64,
	    .cable = {.delay = 200 * NSEC_US,
		.jitter = 300 * NSEC_US,
		.loss = 0.05,
		.dup = 0.05}};
	struct load_options l = {
	    .ops = 4000, .depth = 8, .max = 4096, .to = 256 << 10};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	rig_run(&r, &l);
	CHECK_EQ(w, r.load->failed, 0);
	net_both(r.h->port[0].net, &(struct net_cable){.delay = RIG_DELAY});
	rig_finish(&r);
}

const struct scenario sc_answer[] = {
    {"wrong_tag", "answers with another tag", wrong_tag},
    {"wrong_address", "answers from another shelf or slot", wrong_address},
    {"wrong_command", "answers with another AoE command", wrong_command},
    {"wrong_form", "R clear, versions other than 1", wrong_form},
    {"wrong_source", "answers from a stranger", wrong_source},
    {"short_read", "short reads are sent again, never shown", short_read},
    {"long_answer", "padding behind answers is ignored", long_answer},
    {"junk_registers", "count and LBA of answers mean nothing", junk_registers},
    {"tag_wrap", "very late answers after the tags came round", tag_wrap},
    {"tag_wrap_loss", "a tiny tag space with loss", tag_wrap_loss},
    {NULL, NULL, NULL},
};
