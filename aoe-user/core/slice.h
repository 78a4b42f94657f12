/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Slices: the sector ranges that a request is cut into, no earlier than there
 * is room on a path for the next one, and cut again when they have to move to
 * a path that carries less. What goes to remotes instead, see errand.h.
 */
#ifndef CORE_SLICE_H
#define CORE_SLICE_H

#include "aoe-user/core/engine.h"
#include "aoe-user/core/share.h"

#define SLICE_COPIES_MAX 16u /* rule 1: so many are remembered */

struct slice {
	struct list link;  /* request's slices, by sector */
	struct list queue; /* device: resend or delayed */
	struct aoe_request *rq;
	struct remote *remote; /* an errand: to that MAC; else NULL */
	uint64_t lba;
	unsigned count; /* sectors; of an errand 1, and the LBA says nothing */
	uint8_t *mem;
	unsigned copies;   /* unanswered, and not gone */
	unsigned out;      /* of them, those not given up */
	unsigned tries;    /* copies sent so far */
	unsigned faults;   /* answers that were no use: short, E 2, UNC */
	bool single;       /* is being retried sector by sector */
	bool probe;        /* next copy is a probe: it may exceed the window */
	int error;         /* held back while another copy may answer */
	uint64_t covers;   /* a flush: the remote's last write before it */
	nsec_t not_before; /* on the delayed list: when to send again */
	nsec_t delay;      /* ... and how long it waited */
	nsec_t read_at;    /* a setting: when reading it back was begun */
	nsec_t later_at;   /* since when the target says "later" */
};

struct slice_pool {
	struct slice *all;
	unsigned size;
	struct list unused;
	struct share_pool pool;
};

int slice_pool_init(
    struct slice_pool *p, const struct engine_alloc *alloc, unsigned size);
void slice_pool_fini(struct slice_pool *p, const struct engine_alloc *alloc);
/* One for that request; NULL without room for its device. */
struct slice *slice_get(struct slice_pool *p, struct aoe_request *rq);
void slice_put(struct slice_pool *p, struct slice *s);

/*
 * Cuts the next slice of at most `max` sectors from what the request has not
 * cut yet, and appends it to the request's slices. NULL: nothing left, or no
 * room.
 */
struct slice *slice_cut(
    struct slice_pool *p, struct aoe_request *rq, unsigned max);
/* True when the request has sectors that were never cut. */
bool slice_uncut(const struct aoe_request *rq);
/*
 * Shortens a slice to `max` sectors; the rest becomes a new slice behind it,
 * with the same copies. 0 or -ENOMEM. A device that has nothing out gets room
 * for that beyond its share, or it could not go on.
 */
int slice_split(struct slice_pool *p, struct slice *s, unsigned max);

#endif
