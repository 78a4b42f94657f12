/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sector addresses at the places where they get another form or more bytes.
 */
#include <errno.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

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
	sizes(w, true, 0x0fffffff);
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

const struct scenario sc_lba[] = {
    {"lba48", "disks up to 2^48-1 sectors, byte order", lba48},
    {"lba28", "disks without LBA48, up to 2^28-1", lba28},
    {"capacity", "words 100-103 may be zero", capacity},
    {NULL, NULL, NULL},
};
