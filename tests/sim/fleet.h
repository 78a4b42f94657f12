/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many disks behind one host, each with a target, a MAC (or all with one), a
 * model and a client of its own.
 */
#ifndef SIM_FLEET_H
#define SIM_FLEET_H

#include "tests/sim/rig.h"

#define FLEET_MAX 64u

struct fleet_options {
	unsigned disks;
	uint16_t shelf; /* 0 = 1 */
	bool one_mac;   /* each disk is a process of its own behind it */
	struct engine_config config;
	struct target_options target; /* disk, address and serial are set */
	struct load_options load;     /* of each disk */
};

struct fleet {
	struct world *w;
	struct host *h;
	unsigned n;
	struct disk *disk[FLEET_MAX];
	struct target *t[FLEET_MAX];
	struct device *dev[FLEET_MAX];
	struct model *model[FLEET_MAX];
	struct load *load[FLEET_MAX];
	char serial[FLEET_MAX][24];
};

/* All disks are open then; false: one did not come up. */
bool fleet_init(
    struct fleet *f, struct world *w, const struct fleet_options *opt);
/* The same with the disks of a host that has its ports already. */
bool fleet_join(
    struct fleet *f, struct host *h, const struct fleet_options *opt);
/* As rig_finish(), for all of them. */
void fleet_finish(struct fleet *f);

#endif
