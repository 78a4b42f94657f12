/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The roster: devices that nobody has open, by when they were heard last, and
 * who of them leaves when the table is full. Those that never answered IDENTIFY
 * go first: whoever makes addresses up does not answer for them.
 */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

#include "aoe-user/core/engine.h"

struct roster {
	struct list strangers; /* not identified; the one heard last at the end
				*/
	struct list known;     /* the same of those that were */
	unsigned count;        /* strangers */
	unsigned leaving;      /* they have ENGINE_GONE to come */
};

void roster_init(struct roster *r);
/*
 * Makes a device. In a full table one that is not in use leaves at the next
 * reap, for a few steps however many there are. `wanted`: there is room for it
 * in any case. NULL without memory or room.
 */
struct device *roster_add(
    struct engine *e, struct aoe_addr addr, bool wanted, nsec_t now);
/* It was heard, or is not in use any more: the last to leave. */
void roster_heard(struct device *dev);
/* It is opened, or dropped. */
void roster_remove(struct device *dev);
/* It was to leave, and somebody wants it now. */
void roster_keep(struct device *dev);

#endif
