/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Timers, in a heap by time. Owners may let a timer fire too early and re-arm
 * it then, which is cheaper than moving it at every event.
 */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include "aoe-user/core/heap.h"
#include "common/nsec.h"

enum timer_kind { TIMER_PATH, TIMER_DEVICE, TIMER_DISCOVER };

struct timer {
	struct heap_node node; /* its key is the time */
	enum timer_kind kind;  /* whose it is */
};

struct timers {
	struct heap heap;
};

/* Arms or moves; NSEC_NEVER disarms. */
void timer_set(struct timers *ts, struct timer *t, nsec_t at);
/* Arms only if that is earlier than what is set. */
void timer_at_latest(struct timers *ts, struct timer *t, nsec_t at);
void timer_clear(struct timers *ts, struct timer *t);
nsec_t timer_first(const struct timers *ts);
/* Takes out and returns the earliest that is due, or NULL. */
struct timer *timer_expire(struct timers *ts, nsec_t now);

#endif
