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
/* Notes which MACs are there, and since when others are not. */
void flush_look(struct device *dev, nsec_t now);
/*
 * MACs that are gone for late_copy with writes that they never flushed: when
 * another MAC of the disk is up, all that live owe the flush instead, with one
 * sent from now on, and a word is said about it. True when there was one; when
 * to try again goes to `next`.
 */
bool flush_move(struct device *dev, nsec_t now, nsec_t *next);
/* A flush need not wait for that MAC: it is gone, and owes nothing. */
bool flush_is_vain(const struct device *dev, const struct remote *r);
/* The disk is another one now: what was written to it is not its own. */
void flush_forget(struct remote *r);
/* A write was executed by the remote. */
void flush_mark(struct device *dev, struct remote *r);
/* The remote restarted: says so when writes were not flushed. */
void flush_restarted(struct device *dev, struct remote *r, nsec_t now);

#endif
