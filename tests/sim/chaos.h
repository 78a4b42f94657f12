/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Trouble: while it runs, something breaks, changes or heals every few
 * milliseconds in the network, the targets and the host of a rig.
 */
#ifndef SIM_CHAOS_H
#define SIM_CHAOS_H

#include "tests/sim/rig.h"

struct chaos {
	struct world *w;
	struct rig r;
	struct rig_options opt;
	bool lies;  /* frames are forged and damaged, too */
	bool moves; /* targets change their MAC; then nobody flushes */
	struct event next;
	struct net_cable calm; /* a cable without trouble */
	nsec_t stall;          /* the longest that a target may do nothing */
	nsec_t stalled[RIG_TARGETS]; /* since when */
};

void chaos_init(struct chaos *c, const struct rig_options *opt);
void chaos_start(struct chaos *c);
/* Everything is mended, and stays so. */
void chaos_stop(struct chaos *c);
/* Frames that the network lost. */
uint64_t chaos_dropped(const struct chaos *c);

#endif
