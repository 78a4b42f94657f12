/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 7: a flush goes to every remote MAC that executed a write since that
 * MAC's last good flush, with the command that the MAC has.
 */
#ifndef CORE_FLUSH_H
#define CORE_FLUSH_H

#include "aoe-user/core/device.h"

struct slice;

/* Queues an errand to each remote that needs it; as errand_plan(). */
int flush_plan(struct aoe_request *rq);
/*
 * The remote flushed what it had been sent up to that write. That ends all
 * flushes which ask for no more: were each to wait for an answer of its own, a
 * target that holds few requests would drop the same ones again and again.
 */
void flush_done(
    struct device *dev, struct remote *r, uint64_t covered, nsec_t now);
/*
 * Forgets the last of its copies that were given up, so that there is room for
 * another; false when there is none, or it is no flush. The older ones a slow
 * target may answer yet, and a flush that comes late does no harm.
 */
bool flush_forget(struct engine *e, struct slice *s);
/* The opcode for it now, or 0 when it has none. */
uint8_t flush_opcode(const struct remote *r);
/* It answered `opcode` with ABRT: falls back; true when another is left. */
bool flush_unsupported(struct device *dev, struct remote *r, uint8_t opcode);
/* A write was executed by the remote. */
void flush_mark(struct device *dev, struct remote *r);
/* The remote restarted: says so when writes were not flushed. */
void flush_restarted(struct device *dev, struct remote *r);

#endif
