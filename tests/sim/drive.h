/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The disk side of a target: what the ATA commands do, in the manner of the
 * target's kind.
 */
#ifndef SIM_DRIVE_H
#define SIM_DRIVE_H

#include "tests/sim/target.h"

/* Sectors per request that the target advertises now. */
unsigned drive_sectors(const struct target *t);
/* Executes an ATA request and fills in the answer; false: there is none. */
bool drive_execute(struct target *t, const struct msg *q, struct msg *m);

#endif
