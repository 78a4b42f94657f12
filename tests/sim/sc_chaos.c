/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every fault at once, another mixture for every seed, and a load that is
 * checked byte by byte.
 *
 * Some things are left out, because nothing in AoE can survive them:
 *
 * A copy of a write that comes into effect long after everything that was sent
 * behind it on its path was answered. So requests to write are reordered by no
 * more than a round trip, and round trips grow and shrink in order; answers and
 * requests to read come as late as it pleases them.
 *
 * A target that holds writes for longer than late_copy and says nothing while
 * another one, with the same disk, works. So those that share a disk hang for
 * half a second at most; a target alone, with all of its MACs, for three.
 *
 * A disk that takes the place of another one unseen. So a MAC that shows
 * another disk was silent for a second, and nothing of what was sent to the
 * first is on its way then. That others answer for the address, with another
 * disk, and take and answer what a hub brings them, is no such thing.
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

/* Around the place where LBA28 ends, when the disk reaches beyond it. */
static const struct load_options FAR = {.ops = 1u << 30,
    .depth = 4,
    .from = ((1ull << 28) - 16) * 512,
    .to = ((1ull << 28) + 64) * 512,
    .max = 4096,
    .pause = 10 * NSEC_MS,
    .allow = {-ENOSPC, -EINVAL, -EIO}};

/* LBA28 commands reach 2^28-1, no sector beyond the end is served, and the
 * serial tells disks apart whatever their size is. */
static bool resizes(enum persona_kind kind)
{
	return kind == PERSONA_VBLADE || kind == PERSONA_GGAOED ||
	       kind == PERSONA_ETHERDRIVE;
}

/* Those of the kinds that need another rig than the random one. */
static void shape(struct chaos *c, struct rig_options *o)
{
	struct rng *rng = &c->w->rng;

	if (c->kinds & CHAOS_AWAKE) {
		o->target.awake = true;
		if (rng_chance(rng, 0.5)) {
			o->targets = 1;
			o->nics = (unsigned)rng_between(rng, 2, 3);
		}
	}
	if (c->kinds & CHAOS_SWAP && o->targets == 1)
		o->targets = 2;
	if (c->kinds & CHAOS_RESIZE && !resizes(o->target.kind))
		o->target.kind = PERSONA_VBLADE;
	if (c->kinds & CHAOS_RESIZE)
		o->sectors = CHAOS_LARGE;
	if (c->kinds & CHAOS_POOL) {
		o->config.copies = 16;
		c->kinds &= ~(unsigned)CHAOS_CROWD;
	}
	if (c->kinds & CHAOS_MTU)
		o->mtu = 9000;
}

static void choose(struct chaos *c, struct rig_options *o)
{
	struct rng *rng = &c->w->rng;
	enum persona_kind kind =
	    (enum persona_kind)rng_below(rng, PERSONA_KINDS);
	unsigned most = persona_get(kind)->buffers;
	char text[CHAOS_TEXT];

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
	shape(c, o);
	world_note(c->w, "%s, MTU %u, %u ports, %u targets, %u MACs, order %u",
	    persona_get(o->target.kind)->name, o->mtu, o->ports, o->targets,
	    o->nics ? o->nics : 1, o->target.order);
	world_note(c->w, "with: %s", chaos_text(c->kinds, text));
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

/* The main load decides how long it takes; the others go along. */
static void run(struct chaos *c, const struct load_options *l)
{
	struct world *w = c->w;
	struct load *far = NULL;

	if (c->kinds & CHAOS_RESIZE) {
		far = rig_load(&c->r, &FAR);
		load_start(far);
	}
	load_start(rig_load(&c->r, l));
	chaos_start(c);
	load_wait(c->r.load, LOAD_LONG);
	chaos_stop(c);
	CHECK_EQ(w, c->r.load->finished, l->ops);
	CHECK(w, c->r.load->slowest <= DEAD);
	CHECK(w, c->r.h->peak < MEMORY);
	account(c);
	if (far) {
		load_stop(far);
		load_wait(far, 2 * DEAD);
	}
}

static void finish_crowd(struct fleet *f)
{
	for (unsigned i = 0; i < f->n; i++) {
		load_wait(f->load[i], 2 * DEAD);
		CHECK(f->w, f->load[i]->slowest <= DEAD);
		CHECK(f->w, f->load[i]->finished > 0);
		model_verify(f->model[i], f->disk[i]);
	}
}

static void chaos_with(struct world *w, unsigned kinds)
{
	struct chaos c = {.w = w, .kinds = kinds};
	struct load_options l = LOAD;
	struct rig_options o;

	choose(&c, &o);
	l.depth = (unsigned)rng_between(&w->rng, 1, 32);
	if (!rig_init(&c.r, w, &o) || !chaos_init(&c, &o))
		return;
	run(&c, &l);
	finish_crowd(&c.crowd);
	CHECK(w, c.r.model->blind * 20 < c.r.model->checked);
	rig_finish(&c.r);
	CHECK_EQ(w, c.other->writes, 0);
	w->tally.wrong += w->damage;
}

static void chaos(struct world *w)
{
	chaos_with(w, chaos_draw(&w->rng));
}

/* The same with one kind of trouble only, to tell where a fault comes from. */
#define CHAOS_ONLY(name, kinds)                                                \
	static void name(struct world *w)                                      \
	{                                                                      \
		chaos_with(w, kinds);                                          \
	}

CHAOS_ONLY(chaos_plain, 0)
CHAOS_ONLY(chaos_awake, CHAOS_AWAKE)
CHAOS_ONLY(chaos_hub, CHAOS_HUB)
CHAOS_ONLY(chaos_move, CHAOS_MOVE)
CHAOS_ONLY(chaos_swap, CHAOS_SWAP)
CHAOS_ONLY(chaos_resize, CHAOS_RESIZE)
CHAOS_ONLY(chaos_rtt, CHAOS_RTT)
CHAOS_ONLY(chaos_port, CHAOS_PORT)
CHAOS_ONLY(chaos_mtu, CHAOS_MTU)
CHAOS_ONLY(chaos_pool, CHAOS_POOL)
CHAOS_ONLY(chaos_crowd, CHAOS_CROWD)

/*
 * With frames that are forged or damaged on the way. AoE cannot tell, so
 * nothing is said of the data.
 */
static void chaos_lies(struct world *w)
{
	struct chaos c = {.w = w, .kinds = CHAOS_LIES};
	struct load_options l = LOAD;
	struct rig_options o;

	choose(&c, &o);
	l.depth = (unsigned)rng_between(&w->rng, 1, 32);
	l.any_error = true;
	if (!rig_init(&c.r, w, &o) || !chaos_init(&c, &o))
		return;
	run(&c, &l);
	world_run(w, DEAD);
	CHECK_EQ(w, engine_pending(c.r.h->e), 0);
	host_stop(c.r.h);
}

const struct scenario sc_chaos[] = {
    {"chaos", "1,000,000 requests with every fault at once", chaos},
    {"chaos_plain", "... losses, stalls, restarts, cut cables only",
	chaos_plain},
    {"chaos_awake", "... and targets that hang but talk", chaos_awake},
    {"chaos_hub", "... and a rival on a hub", chaos_hub},
    {"chaos_move", "... and MACs that are gone for good", chaos_move},
    {"chaos_swap", "... and MACs that show another disk", chaos_swap},
    {"chaos_resize", "... and a disk that grows over 2^28", chaos_resize},
    {"chaos_rtt", "... and round trips ten times as long", chaos_rtt},
    {"chaos_port", "... and ports that are made again", chaos_port},
    {"chaos_mtu", "... and MTUs that flap", chaos_mtu},
    {"chaos_pool", "... and a pool of 16 frames", chaos_pool},
    {"chaos_crowd", "... and 47 more disks, some of them dead", chaos_crowd},
    {"chaos_lies", "... and survival among forged frames", chaos_lies},
    {NULL, NULL, NULL},
};
