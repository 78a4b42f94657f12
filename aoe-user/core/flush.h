/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 7: a flush goes to every remote MAC that executed a write since that
 * MAC's last good flush, with the command that the MAC has.
 */
#ifndef CORE_FLUSH_H
#define CORE_FLUSH_H

#include "aoe-user/core/device.h"

/* Queues an errand to each remote that needs it; as errand_plan(). */
int flush_plan(struct aoe_request *rq);
/* The opcode for it now, or 0 when it has none. */
uint8_t flush_opcode(const struct remote *r);
/* It answered `opcode` with ABRT: falls back; true when another is left. */
bool flush_unsupported(struct device *dev, struct remote *r, uint8_t opcode);
/* A write was executed by the remote. */
void flush_mark(struct device *dev, struct remote *r);
/* The remote restarted: says so when writes were not flushed. */
void flush_restarted(struct device *dev, struct remote *r, nsec_t now);

#endif
