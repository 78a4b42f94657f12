/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sector addresses at the places where they get another form or more bytes.
 */
#include <errno.h>
#include <string.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

#define LBA28_MOST 0x0fffffffull /* sectors that a disk without LBA48 has */
#define FAR (1ull << 28)         /* the first one that only LBA48 reaches */

/* Writes and reads at a sector, crossing it too. */
static void around(struct rig *r, uint64_t lba)
{
	uint64_t end = r->disk->sectors;
	uint64_t from = lba > 3 ? lba - 3 : 0;
	uint64_t to = end - lba > 3 ? lba + 3 : end;

	if (lba > end)
		return;
	for (uint64_t at = from; at < to; at++)
		CHECK_EQ(r->w, load_one(r->load, AOE_WRITE, at * 512, 512), 0);
	CHECK_EQ(r->w,
	    load_one(
		r->load, AOE_WRITE, from * 512 + 100, (to - from) * 512 - 200),
	    0);
	CHECK_EQ(r->w,
	    load_one(r->load, AOE_READ, from * 512, (to - from) * 512), 0);
}

static const uint64_t edges[] = {0, (1ull << 28) - 1, 1ull << 28,
    (1ull << 28) + 1, 1ull << 31, 1ull << 32, (1ull << 32) + 1, 1ull << 40,
    0x010203040506ull, (1ull << 48) - 1};

static void sizes(struct world *w, bool lba28, uint64_t most)
{
	struct rig r;

	for (unsigned i = 0; i < ARRAY_SIZE(edges); i++) {
		struct rig_options o = {.sectors = edges[i] ? edges[i] : 1,
		    .target.lba28 = lba28,
		    .target.buffers = 16};

		if (o.sectors > most)
			break;
		if (!rig_init(&r, w, &o))
			return;
		CHECK_EQ(w, rig_info(&r).sectors, o.sectors);
		CHECK_EQ(w, rig_info(&r).identity.lba48, !lba28);
		for (unsigned k = 0; k <= i; k++)
			around(&r, edges[k]);
		around(&r, o.sectors);
		CHECK_EQ(w, load_one(r.load, AOE_READ, o.sectors * 512, 512),
		    -EINVAL);
		CHECK_EQ(w, r.t[0]->n.out_of_range, 0);
		rig_finish(&r);
		target_kill(r.t[0]);
	}
}

static void lba48(struct world *w)
{
	sizes(w, false, UINT64_MAX);
}

static void lba28(struct world *w)
{
	sizes(w, true, LBA28_MOST);
}

/* Words 60 and 100 disagree. */
static void capacity(struct world *w)
{
	struct rig_options o = {.sectors = 5001, .target.no_w100 = true};
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	CHECK_EQ(w, rig_info(&r).sectors, 5001);
	CHECK_EQ(w, load_one(r.load, AOE_READ, 5000 * 512, 512), 0);
	rig_finish(&r);
}

/* The target restarts with a disk that grew, or shrank, and says so or not. */
static void resized(struct rig *r, uint64_t sectors, bool lba28, bool silent)
{
	target_kill(r->t[0]);
	r->disk->sectors = sectors;
	r->t[0]->opt.lba28 = lba28;
	world_run(r->w, 2 * NSEC_SEC);
	if (silent)
		r->t[0]->running = true;
	else
		target_start(r->t[0]);
	if (silent) /* asking is what makes it known */
		CHECK_EQ(r->w, load_one(r->load, AOE_READ, 0, 512), 0);
	world_run(r->w, 3 * NSEC_SEC);
	CHECK_EQ(r->w, rig_info(r).sectors,
	    lba28 ? MIN(sectors, LBA28_MOST) : sectors);
}

/*
 * Beyond 2^28 sectors a disk has LBA48, which it may not have had before it was
 * resized: nothing may go to the sector whose number is 2^28 less.
 */
static void appears(struct world *w, bool silent)
{
	uint64_t big = (1ull << 28) + 4096, far = (1ull << 28) + 5;
	struct rig_options o = {
	    .target.buffers = 16, .sectors = 1u << 27, .target.lba28 = true};
	uint8_t before[512], after[512];
	struct rig r;

	if (!rig_init(&r, w, &o))
		return;
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, 0, 8192), 0);
	resized(&r, big, false, silent);
	rig_load(&r, NULL);
	disk_read(r.disk, 5, before);
	CHECK_EQ(w, load_one(r.load, AOE_WRITE, far * 512, 512), 0);
	disk_read(r.disk, 5, after);
	CHECK(w, !memcmp(before, after, sizeof(before)));
	CHECK_EQ(w, load_one(r.load, AOE_READ, far * 512, 512), 0);
	around(&r, 1ull << 28);
	around(&r, 5);
	/* And back: the old form is all that it understands. */
	resized(&r, 1u << 27, true, silent);
	around(&r, 5);
	rig_finish(&r);
	target_kill(r.t[0]);
}

static void lba48_appears(struct world *w)
{
	appears(w, false);
	appears(w, true);
}

/* Of a disk that is larger than LBA28 can say, with requests under way. */
static const struct load_options crossing = {.ops = 1u << 30,
    .depth = 16,
    .align = 512,
    .max = 8192,
    .from = (FAR - 32) * 512,
    .to = (FAR + 32) * 512,
    .allow = {-EIO, -ENOSPC}};

static bool crossing_init(
    struct rig *r, struct world *w, const struct rig_options *o)
{
	if (!rig_init(r, w, o))
		return false;
	world_run(w, NSEC_SEC);
	/* The model knows them from now on, and finds what changes them. */
	CHECK_EQ(w, load_one(r->load, AOE_WRITE, 0, 64 * 512), 0);
	around(r, FAR);
	return true;
}

/* The last of them are unanswered, and no new ones follow. */
static struct load *crossing_start(struct rig *r)
{
	struct load *l = rig_load(r, &crossing);

	load_start(l);
	world_run(r->w, 20 * NSEC_MS);
	load_stop(l);
	CHECK(r->w, l->running > 0);
	rig_load(r, NULL);
	return l;
}

/* What no address can say is an error at once; all else works. */
static void far_is_lost(struct rig *r)
{
	static const uint64_t lost[] = {FAR - 1, FAR, FAR + 5, FAR + 4095};
	uint64_t end = rig_info(r).sectors;

	for (unsigned i = 0; i < ARRAY_SIZE(lost); i++) {
		CHECK_EQ(r->w, load_one(r->load, AOE_WRITE, lost[i] * 512, 512),
		    -ENOSPC);
		CHECK_EQ(r->w, load_one(r->load, AOE_READ, lost[i] * 512, 512),
		    -EINVAL);
	}
	CHECK_EQ(
	    r->w, load_one(r->load, AOE_WRITE, (end - 1) * 512, 1024), -ENOSPC);
	around(r, 5);
	around(r, end - 3);
}

/*
 * The disk is resized and says no more that it has LBA48: what was asked beyond
 * the end, on its way or waiting, may go nowhere in the old form. `sectors` may
 * be more than it can say now.
 */
static void loses(struct world *w, uint64_t sectors, bool silent)
{
	struct rig_options o = {.target.buffers = 16, .sectors = FAR + 4096};
	struct load *busy;
	struct rig r;

	if (!crossing_init(&r, w, &o))
		return;
	busy = crossing_start(&r);
	resized(&r, sectors, true, silent);
	load_wait(busy, LOAD_LONG);
	CHECK(w, busy->failed > 0);
	far_is_lost(&r);
	CHECK_EQ(w, r.t[0]->n.out_of_range, 0);
	rig_finish(&r);
	target_kill(r.t[0]);
}

static void lba48_lost(struct world *w)
{
	static const uint64_t sectors[] = {FAR / 2, LBA28_MOST, FAR + 4096};

	for (unsigned i = 0; i < ARRAY_SIZE(sectors); i++) {
		loses(w, sectors[i], false);
		loses(w, sectors[i], true);
	}
}

static void kill_both(struct rig *r)
{
	target_kill(r->t[0]);
	target_kill(r->t[1]);
}

/* As large as LBA28 can say: each MAC gets the form that it understands. */
static void differs_alike(struct world *w, uint64_t sectors)
{
	struct rig_options o = {.targets = 2,
	    .target.buffers = 4,
	    .sectors = sectors,
	    .bare = true};
	struct load_options l = {.ops = 500,
	    .depth = 16,
	    .align = 512,
	    .max = 8192,
	    .from = (sectors - 64) * 512};
	struct rig r;

	rig_init(&r, w, &o);
	r.t[1]->opt.lba28 = true;
	if (!rig_open(&r))
		return;
	world_run(w, NSEC_SEC);
	CHECK_EQ(w, rig_info(&r).paths_up, 2);
	rig_run(&r, &l);
	CHECK(w, r.t[0]->n.writes > 50 && r.t[1]->n.writes > 50);
	rig_finish(&r);
	kill_both(&r);
}

/*
 * Larger than that, one of two MACs says that it has no LBA48. Whichever the
 * disk was opened by, the other gets no data, even when nobody else is there.
 */
static void differs(struct world *w, unsigned first)
{
	struct rig_options o = {.targets = 2,
	    .target.buffers = 4,
	    .sectors = FAR + 4096,
	    .bare = true};
	struct target *second;
	struct load *busy;
	struct rig r;

	rig_init(&r, w, &o);
	r.t[1]->opt.lba28 = true;
	second = r.t[!first];
	target_kill(second);
	if (!rig_open(&r))
		return;
	busy = crossing_start(&r);
	target_start(second);
	world_run(w, 2 * NSEC_SEC);
	load_wait(busy, LOAD_LONG);
	CHECK_EQ(w, busy->failed, 0);
	target_kill(r.t[first]);
	load_post(r.load, AOE_WRITE, 0, 4096);
	load_stop(r.load);
	world_run(w, 20 * NSEC_SEC);
	CHECK_EQ(w, second->n.reads + second->n.writes, 0);
	target_start(r.t[first]);
	load_wait(r.load, LOAD_LONG);
	CHECK_EQ(w, r.load->failed, 0);
	CHECK_EQ(w, rig_info(&r).sectors, first ? LBA28_MOST : FAR + 4096);
	rig_finish(&r);
	kill_both(&r);
}

/*
 * One of two MACs loses LBA48 under load: the other carries all of it. When
 * that one dies, the disk is as large as the first can say.
 */
static void differs_later(struct world *w)
{
	struct rig_options o = {
	    .targets = 2, .target.buffers = 4, .sectors = FAR + 4096};
	struct load *busy;
	uint64_t before;
	struct rig r;

	if (!crossing_init(&r, w, &o))
		return;
	busy = crossing_start(&r);
	target_kill(r.t[1]);
	r.t[1]->opt.lba28 = true;
	world_run(w, NSEC_MS);
	before = r.t[1]->n.writes;
	target_start(r.t[1]);
	world_run(w, 2 * NSEC_SEC);
	load_wait(busy, LOAD_LONG);
	rig_run(&r, &(struct load_options){.ops = 500, .depth = 16});
	around(&r, FAR);
	CHECK_EQ(w, busy->failed + r.load->failed, 0);
	CHECK_EQ(w, r.t[1]->n.writes, before);
	CHECK_EQ(w, rig_info(&r).sectors, FAR + 4096);
	busy = crossing_start(&r);
	target_kill(r.t[0]);
	load_wait(busy, LOAD_LONG);
	CHECK(w, busy->failed > 0);
	far_is_lost(&r);
	CHECK(w, r.t[1]->n.writes > before);
	rig_finish(&r);
	kill_both(&r);
}

static void lba48_differs(struct world *w)
{
	differs_alike(w, 8192);
	differs_alike(w, LBA28_MOST);
	differs(w, 0);
	differs(w, 1);
	differs_later(w);
}

/*
 * Sectors of 4096 bytes are not what AoE counts in: such a disk is refused with
 * a word about it. One that only has them inside is as good as any.
 */
static void sectors_4k(struct world *w)
{
	static const struct {
		uint16_t w106;
		uint32_t w117;
		bool good;
	} list[] = {{0x5000, 2048, false}, {0x5000, 2080, false},
	    {0x7003, 2048, false}, {0x6003, 0, true}, {0x4000, 2048, true},
	    {0x9000, 2048, true}, {0xffff, 0xffffffff, true}, {0, 0, true}};
	struct engine_device_info info;
	struct device *dev;
	struct rig r;

	for (unsigned i = 0; i < ARRAY_SIZE(list); i++) {
		struct rig_options o = {.target.buffers = 16,
		    .target.w106 = list[i].w106,
		    .target.w117 = list[i].w117,
		    .bare = true};

		world_note(w, "words %04x %x", list[i].w106, list[i].w117);
		rig_init(&r, w, &o);
		world_run(w, 5 * NSEC_SEC);
		dev = engine_find(r.h->e, r.t[0]->opt.addr);
		if (list[i].good && CHECK(w, rig_open(&r))) {
			around(&r, 0);
			rig_finish(&r);
		} else if (dev) {
			engine_device_info(dev, &info);
			CHECK(w, info.state != ENGINE_DEVICE_UP);
			CHECK_EQ(w, info.paths_up, 0);
			CHECK(w, engine_open(r.h->e, dev) < 0);
			CHECK(w, r.h->warnings > 0);
			CHECK(w, host_logged(r.h, "sectors of"));
			host_stop(r.h);
		}
		target_kill(r.t[0]);
	}
}

const struct scenario sc_lba[] = {
    {"lba48", "disks up to 2^48-1 sectors, byte order", lba48},
    {"lba28", "disks without LBA48, up to 2^28-1", lba28},
    {"lba48_appears", "a disk that grows over 2^28, and shrinks",
	lba48_appears},
    {"lba48_lost", "... or is not said to have LBA48 any more", lba48_lost},
    {"lba48_differs", "... or only by one of its MACs", lba48_differs},
    {"sectors_4k", "disks with large sectors are refused", sectors_4k},
    {"capacity", "words 100-103 may be zero", capacity},
    {NULL, NULL, NULL},
};
