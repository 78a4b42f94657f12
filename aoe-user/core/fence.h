/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fence: what may be on the wire together. Requests that overlap, one of
 * them writing, go one after the other in order of arrival; and a write waits
 * until no copy of an older write to its sectors can still be executed. The
 * same holds for settings, as if they were all for one sector of their own.
 *
 * A request that has to wait waits for one range that is in its way. When that
 * one leaves, it has to look for another. A write that waits for what it covers
 * hides it: whoever has to wait for that one has to wait for the write as well.
 * So a hot set is no larger than it is on the disk, however many wait.
 */
#ifndef CORE_FENCE_H
#define CORE_FENCE_H

#include "aoe-user/core/heap.h"
#include "aoe-user/core/range.h"
#include "aoe-user/core/request.h"

struct copy;

struct fence {
	/* Of unfinished requests. */
	struct ranges reads, writes, settings;
	/* Of copies that nobody waits for and that may still be executed. */
	struct ranges late_writes, late_settings;
};

void fence_init(struct fence *f, uint64_t seed);
/*
 * A request arrives, with its number and sectors; flushes do not. Returns the
 * last of the earlier ones that must end first, or NULL.
 */
struct range *fence_arrive(struct fence *f, struct aoe_request *rq);
/*
 * The first of those that arrived earlier and must end first, or NULL; asked
 * when what it waited for has left.
 */
struct range *fence_earlier(
    const struct fence *f, const struct aoe_request *rq);
/* A copy that nobody waits for and that must be gone first, or NULL. */
struct range *fence_late(const struct fence *f, const struct aoe_request *rq);
/* A copy of a write or a setting is late; when that was. */
void fence_add_late(struct fence *f, struct copy *c, uint64_t arrival);

/* It is to wait until that range leaves. */
void fence_wait(struct aoe_request *rq, struct range *obstacle);
/* Ends the waiting of all in a list: they have their turn by arrival. */
void fence_wake(struct list *waiters, struct heap *woken);
/* They leave, if they are there, and wake who waited for them. */
void fence_leave(struct fence *f, struct aoe_request *rq, struct heap *woken);
void fence_leave_late(struct fence *f, struct copy *c, struct heap *woken);

#endif
