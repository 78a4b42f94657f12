/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every fault at once, another mixture for every seed, and a load that is
 * checked byte by byte.
 *
 * One thing is left out, because nothing in AoE can survive it: a copy of a
 * write that comes into effect long after everything that was sent behind it
 * on its path was answered. So requests to write are reordered by no more than
 * a round trip and never wait for a second in a target that shares its disk;
 * answers and requests to read come as late as it pleases them.
 *
 * Nothing is gone for so long that a request may fail.
 */
#include <errno.h>
#include <string.h>
#include "tests/sim/chaos.h"
#include "tests/sim/scenario.h"

#define OPS 5000u
#define PORTS 3u
#define TARGETS 3u
#define DEAD (30 * NSEC_SEC)
#define MEMORY ((size_t)64 << 20)

static nsec_t up_to(struct world *w, nsec_t most)
{
	return rng_below(&w->rng, most + 1);
}

static const struct load_options LOAD = {.ops = OPS,
    .reads = 10,
    .writes = 10,
    .flushes = 1,
    .fua = 0.02,
    .cancel = 0.01,
    .max = 16384,
    .to = 512 << 10};

/*
 * A flush goes to every address that executed writes, and would wait for one
 * that shows itself for moments only.
 */
static void choose_load(struct chaos *c, struct load_options *l)
{
	*l = LOAD;
	l->depth = (unsigned)rng_between(&c->w->rng, 1, 32);
	c->moves = rng_chance(&c->w->rng, 0.3);
	if (!c->moves)
		return;
	l->flushes = 0;
	l->fua = 0;
}

static void choose(struct chaos *c, struct rig_options *o)
{
	struct rng *rng = &c->w->rng;
	enum persona_kind kind =
	    (enum persona_kind)rng_below(rng, PERSONA_KINDS);
	unsigned most = persona_get(kind)->buffers;

	*o = (struct rig_options){
	    .config.dead_time = DEAD,
	    .mtu = rng_chance(rng, 0.5) ? 9000 : 1500,
	    .ports = (unsigned)rng_between(rng, 1, PORTS),
	    .targets = (unsigned)rng_between(rng, 1, TARGETS),
	    .target = {.kind = kind,
		.buffers = (uint16_t)rng_between(rng, 2, MIN(most, 64u)),
		.service = up_to(c->w, 50 * NSEC_US),
		.per_sector = up_to(c->w, 2 * NSEC_US),
		.order = (enum service)rng_below(rng, SERVICE_FIFO + 1),
		.padded = rng_chance(rng, 0.5)},
	    .cable = {.delay = NSEC_US * rng_between(rng, 20, 500)},
	};
	/* Less room than it says, sometimes. */
	if (rng_chance(rng, 0.3))
		o->target.queue = (unsigned)rng_between(rng, 2, 16);
}

static void account(struct chaos *c)
{
	struct tally *t = &c->w->tally;
	struct engine_path_info p;

	t->requests += c->r.load->finished;
	t->frames += c->r.h->referee.frames;
	t->lost += chaos_dropped(c);
	for (unsigned i = 0; engine_path_info(c->r.dev, i, &p); i++)
		t->resent += p.stats->resent;
	t->late += c->r.load->slowest > DEAD;
	t->failed += c->r.load->failed;
}

static void run(struct chaos *c, const struct load_options *l)
{
	struct world *w = c->w;

	load_start(rig_load(&c->r, l));
	chaos_start(c);
	load_wait(c->r.load, LOAD_LONG);
	chaos_stop(c);
	CHECK_EQ(w, c->r.load->finished, l->ops);
	CHECK(w, c->r.load->slowest <= DEAD);
	CHECK(w, c->r.h->peak < MEMORY);
	account(c);
}

static void chaos(struct world *w)
{
	struct chaos c = {.w = w};
	struct load_options l;
	struct rig_options o;

	choose(&c, &o);
	choose_load(&c, &l);
	world_note(w, "%s, MTU %u, %u ports, %u targets, order %u, depth %u",
	    persona_get(o.target.kind)->name, o.mtu, o.ports, o.targets,
	    o.target.order, l.depth);
	if (!rig_init(&c.r, w, &o))
		return;
	chaos_init(&c, &o);
	run(&c, &l);
	CHECK(w, c.r.model->blind * 20 < c.r.model->checked);
	rig_finish(&c.r);
	w->tally.wrong += w->damage;
}

/*
 * The same with frames that are forged or damaged on the way. AoE cannot tell,
 * so nothing is said of the data.
 */
static void chaos_lies(struct world *w)
{
	struct chaos c = {.w = w, .lies = true};
	struct load_options l;
	struct rig_options o;

	choose(&c, &o);
	choose_load(&c, &l);
	l.any_error = true;
	if (!rig_init(&c.r, w, &o))
		return;
	chaos_init(&c, &o);
	run(&c, &l);
	world_run(w, DEAD);
	CHECK_EQ(w, engine_pending(c.r.h->e), 0);
	host_stop(c.r.h);
}

const struct scenario sc_chaos[] = {
    {"chaos", "1,000,000 requests with every fault at once", chaos},
    {"chaos_lies", "... and survival among forged frames", chaos_lies},
    {NULL, NULL, NULL},
};
