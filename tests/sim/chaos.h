/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Trouble: while it runs, something breaks, changes or heals every few
 * milliseconds in the network, the targets and the host of a rig.
 */
#ifndef SIM_CHAOS_H
#define SIM_CHAOS_H

#include "tests/sim/fleet.h"
#include "tests/sim/rig.h"

/* What a mixture may have beside losses, stalls, restarts and cut cables. */
enum chaos_kind {
	CHAOS_AWAKE = 1 << 0,  /* who hangs answers control, on several MACs */
	CHAOS_HUB = 1 << 1,    /* frames go to a rival for the address, too */
	CHAOS_MOVE = 1 << 2,   /* MACs die and others come for them */
	CHAOS_SWAP = 1 << 3,   /* MACs show another disk for a while */
	CHAOS_RESIZE = 1 << 4, /* over 2^28 sectors and back */
	CHAOS_RTT = 1 << 5,    /* round trips of ten times as long */
	CHAOS_PORT = 1 << 6,   /* ports are removed and made again */
	CHAOS_MTU = 1 << 7,    /* MTUs change all the time */
	CHAOS_POOL = 1 << 8,   /* 16 frames for all */
	CHAOS_CROWD = 1 << 9,  /* 47 more disks, and some of them hang */
	CHAOS_LIES = 1 << 10,  /* frames are forged and damaged */
};

#define CHAOS_SMALL (1u << 27)             /* sectors, in LBA28 form */
#define CHAOS_LARGE ((1ull << 28) + 4096u) /* and in LBA48 form */

struct chaos {
	struct world *w;
	struct rig r;
	struct rig_options opt;
	unsigned kinds; /* set of enum chaos_kind */
	struct event next;
	struct net_cable calm; /* a cable without trouble */
	nsec_t stall;          /* the longest that a target may do nothing */
	nsec_t stalled[RIG_TARGETS]; /* since when */
	struct fleet crowd;          /* CHAOS_CROWD */
	struct target *rival;        /* CHAOS_HUB */
	unsigned moves;  /* CHAOS_MOVE: MACs that targets left, ... */
	nsec_t moved_at; /* ... and when the last one was */
	/* CHAOS_SWAP: who is another disk just now, and how far that is. */
	struct event swap;
	struct target *swapped;
	struct disk *other;
	unsigned stage;
};

/* A mixture: each kind by its own chance, without lies. */
unsigned chaos_draw(struct rng *rng);
/* The kinds by name; returns buf. */
#define CHAOS_TEXT 128
char *chaos_text(unsigned kinds, char buf[CHAOS_TEXT]);
/* Of a rig that is up, made from `opt`; w, r and kinds are set. */
bool chaos_init(struct chaos *c, const struct rig_options *opt);
void chaos_start(struct chaos *c);
/* Everything is mended, and stays so. */
void chaos_stop(struct chaos *c);
/* Frames that the network lost. */
uint64_t chaos_dropped(const struct chaos *c);

#endif
