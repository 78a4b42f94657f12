/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What most scenarios begin with: a host with one port, one disk behind one or
 * more targets (each with its own MAC), a model of the disk and a client.
 */
#ifndef SIM_RIG_H
#define SIM_RIG_H

#include "tests/sim/host.h"
#include "tests/sim/load.h"
#include "tests/sim/model.h"
#include "tests/sim/target.h"

#define RIG_TARGETS 16
#define RIG_DELAY (100 * NSEC_US) /* each way, on the host's cable */

struct rig_options {
	struct engine_config config;
	struct target_options target; /* address 0.0 means 1.0 */
	uint64_t sectors;             /* 0 = 8192 */
	unsigned mtu;                 /* of host and targets; 0 = 1500 */
	struct net_cable cable;       /* of the host, both ways */
	unsigned targets;             /* 0 = 1 */
	unsigned nics;                /* of each of them; 0 = 1 */
	unsigned ports;               /* of the host; 0 = 1 */
	bool bare;                    /* do not wait for the device */
	bool unchecked;               /* no model: only speed matters */
};

struct rig {
	struct world *w;
	struct host *h;
	struct disk *disk;
	struct target *t[RIG_TARGETS];
	struct device *dev; /* open, unless bare */
	bool unchecked;
	struct model *model; /* NULL when unchecked */
	struct load *load;   /* the last one made */
	unsigned rivals;
};

/* False when the device did not come up (a failure was recorded). */
bool rig_init(struct rig *r, struct world *w, const struct rig_options *opt);
/* Opens the device and makes model and one-request client; after `bare`. */
bool rig_open(struct rig *r);
/*
 * One more target at the same address, with another disk and behind a MAC of
 * its own. It has announced nothing.
 */
struct target *rig_rival(struct rig *r, struct disk *disk, const char *serial);
struct load *rig_load(struct rig *r, const struct load_options *opt);
/* Makes a load, runs it to its end. */
bool rig_run(struct rig *r, const struct load_options *opt);
/*
 * Waits until no old copy can be anywhere, compares the disk with the model and
 * checks that the engine holds nothing.
 */
void rig_finish(struct rig *r);

struct device_stats rig_stats(const struct rig *r);
struct engine_device_info rig_info(const struct rig *r);
/* The path to the n-th target on the first port; false when there is none. */
bool rig_path(const struct rig *r, unsigned n, struct engine_path_info *out);
/* Waits until the device is in this state; a failure after `limit`. */
bool rig_wait_state(
    struct rig *r, enum engine_device_state state, nsec_t limit);
/*
 * A filter of the net: holds frames that change something back by a little more
 * than a round trip, the next `ctx` (unsigned *) of them.
 */
bool rig_linger(void *ctx, const uint8_t *frame, size_t len, nsec_t *delay);

#endif
