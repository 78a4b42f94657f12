/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 7: a flush goes to every remote MAC that executed a write since that
 * MAC's last good flush, with the command that the MAC has.
 */
#ifndef CORE_FLUSH_H
#define CORE_FLUSH_H

#include "aoe-user/core/copy.h"
#include "aoe-user/core/device.h"

/* Queues an errand to each remote that needs it; as errand_plan(). */
int flush_plan(struct aoe_request *rq);
/* The opcode for it now, or 0 when it has none. */
uint8_t flush_opcode(const struct remote *r);
/*
 * IDENTIFY says what it has. What it refused stays refused, unless it says
 * something else now or was away (`anew`): it may be another program then.
 */
void flush_learn(struct remote *r, const struct ata_identity *id, bool anew);
/*
 * It refused a flush: with ABRT, or (`by_aoe`) the whole frame, perhaps because
 * of its count. Falls back; true when something is left to be tried.
 */
bool flush_refused(struct device *dev, const struct copy *c, bool by_aoe);
/* A write was executed by the remote. */
void flush_mark(struct device *dev, struct remote *r);
/* The remote restarted: says so when writes were not flushed. */
void flush_restarted(struct device *dev, struct remote *r, nsec_t now);

#endif
