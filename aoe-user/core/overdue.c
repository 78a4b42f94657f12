/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/overdue.h"
#include <errno.h>
#include "aoe-user/core/flush.h"
#include "aoe-user/core/request_run.h"
#include "aoe-user/core/state.h"

#define OVERDUE_SETTING (10 * NSEC_SEC) /* so long it may be ignored */
#define OVERDUE_LOOK NSEC_SEC           /* ... by whom that does not answer */

/* The first slice that waits for a MAC which is gone and owes nothing. */
static bool overdue_is_vain(const struct aoe_request *rq)
{
	const struct list *l;
	const struct slice *s;

	for (l = rq->s.slices.next; l != &rq->s.slices; l = l->next) {
		s = list_entry(l, struct slice, link);
		if (flush_is_vain(rq->s.dev, s->remote))
			return true;
	}
	return false;
}

/*
 * Those that waited for the MAC are begun anew: all that live are asked once
 * more, as what they flushed before says nothing of what was written there.
 * With strict_flush they fail, and that was it.
 */
static void overdue_replan(struct device *dev, bool moved, nsec_t now)
{
	bool strict = moved && dev->e->cfg.strict_flush;
	struct aoe_request *rq;
	struct list *l, *tmp;

	list_each(l, tmp, &dev->errand_requests) {
		rq = list_entry(l, struct aoe_request, s.ready);
		if (rq->s.phase != REQUEST_FLUSH || !overdue_is_vain(rq))
			continue;
		if (!strict) {
			request_replan(rq, now);
			continue;
		}
		dev->lost_writes = false;
		request_finish(rq, -EIO, now);
	}
}

static bool overdue_is_flushing(const struct device *dev)
{
	const struct list *l = dev->errand_requests.next;

	for (; l != &dev->errand_requests; l = l->next) {
		if (list_entry(l, struct aoe_request, s.ready)->s.phase ==
		    REQUEST_FLUSH)
			return true;
	}
	return false;
}

/* It is well, and has answered other things since the setting was begun. */
static bool overdue_answers(const struct aoe_request *rq, const struct slice *s)
{
	const struct list *head = &s->remote->paths, *l;
	const struct path *p;

	for (l = head->next; l != head; l = l->next) {
		p = list_entry(l, struct path, remote_link);
		if (p->state == PATH_UP && p->last_answer > rq->s.since)
			return true;
	}
	return false;
}

static void overdue_ignored(
    struct aoe_request *rq, const struct slice *s, nsec_t now)
{
	char mac[MAC_TEXT];

	device_warn(rq->s.dev, now,
	    "config string at %s: not answered, though all else is",
	    mac_format(s->remote->mac, mac));
	request_finish(rq, -EIO, now);
}

/* When to look at the setting again; it may be over. */
static nsec_t overdue_setting(struct aoe_request *rq, nsec_t now)
{
	nsec_t late = rq->s.dev->e->cfg.late_copy;
	nsec_t ignored = nsec_add(rq->s.since, OVERDUE_SETTING);
	nsec_t next = NSEC_NEVER, due;
	const struct list *l;
	struct slice *s;

	for (l = rq->s.slices.next; l != &rq->s.slices; l = l->next) {
		s = list_entry(l, struct slice, link);
		due = s->remote->alive > 0
			  ? ignored
			  : nsec_add(s->remote->away_since, late);
		if (due > now) {
			next = nsec_min(next, due);
			continue;
		}
		if (s->remote->alive == 0 &&
		    device_has_other(rq->s.dev, s->remote)) {
			request_replan(rq, now);
			return now;
		}
		if (s->remote->alive > 0 && overdue_answers(rq, s)) {
			overdue_ignored(rq, s, now);
			return NSEC_NEVER;
		}
		next = nsec_min(next, nsec_add(now, OVERDUE_LOOK));
	}
	return next;
}

nsec_t overdue_tick(struct device *dev, nsec_t now)
{
	nsec_t next = NSEC_NEVER;
	struct aoe_request *rq;
	struct list *l, *tmp;
	bool moved;

	flush_look(dev, now);
	if (overdue_is_flushing(dev)) {
		moved = flush_move(dev, now, &next);
		overdue_replan(dev, moved, now);
	}
	list_each(l, tmp, &dev->errand_requests) {
		rq = list_entry(l, struct aoe_request, s.ready);
		if (rq->s.phase == REQUEST_MAIN)
			next = nsec_min(next, overdue_setting(rq, now));
	}
	return next;
}
