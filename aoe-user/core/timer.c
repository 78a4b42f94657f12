/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/timer.h"
#include "common/list.h"

void timer_clear(struct timers *ts, struct timer *t)
{
	heap_remove(&ts->heap, &t->node);
}

void timer_set(struct timers *ts, struct timer *t, nsec_t at)
{
	if (at == NSEC_NEVER)
		timer_clear(ts, t);
	else
		heap_set(&ts->heap, &t->node, at);
}

void timer_at_latest(struct timers *ts, struct timer *t, nsec_t at)
{
	if (!t->node.in || at < t->node.key)
		timer_set(ts, t, at);
}

nsec_t timer_first(const struct timers *ts)
{
	return ts->heap.first != NULL ? ts->heap.first->key : NSEC_NEVER;
}

struct timer *timer_expire(struct timers *ts, nsec_t now)
{
	struct timer *t;

	if (ts->heap.first == NULL || ts->heap.first->key > now)
		return NULL;
	t = container_of(ts->heap.first, struct timer, node);
	timer_clear(ts, t);
	return t;
}
