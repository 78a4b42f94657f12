/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/gone.h"
#include <assert.h>
#include "aoe-user/core/ask.h"
#include "aoe-user/core/flight.h"
#include "aoe-user/core/life.h"
#include "aoe-user/core/request_run.h"
#include "aoe-user/core/state.h"

#define GONE_FLUSH (60 * NSEC_SEC)  /* others pass a flush by far */
#define GONE_SETTING (3 * NSEC_SEC) /* one that nobody waits for */

static nsec_t gone_late(const struct path *p)
{
	return p->dev->e->cfg.late_copy;
}

nsec_t gone_after(struct path *p, nsec_t now)
{
	nsec_t rto = MIN(rtt_rto(&p->rtt), RTT_REORDER_MAX);

	if (!rtt_settled(&p->rtt))
		rto = MAX(rto, RTT_UNSETTLED);
	return 2 * MAX(rtt_reorder_window(&p->rtt, now), rto);
}

nsec_t gone_patience(struct path *p, nsec_t now)
{
	/* No less than touches, sent one after the other, can keep up. */
	nsec_t touches = MAX(p->rtt.srtt + p->rtt.srtt / 2, 4 * ASK_TOUCH_MIN);

	return MAX(gone_after(p, now) / 2, touches);
}

/* The other path that shows best whether the disk is at work; or NULL. */
static struct path *gone_witness(const struct path *p)
{
	struct path *q, *best = NULL;
	struct list *l;

	for (l = p->dev->paths.next; l != &p->dev->paths; l = l->next) {
		q = list_entry(l, struct path, dev_link);
		if (q == p || q->state != PATH_UP)
			continue;
		if (best == NULL || q->data_at > best->data_at)
			best = q;
	}
	return best;
}

/* When the path's answers to data show it gone; NSEC_NEVER if they do not. */
static nsec_t gone_by_order(struct path *p, const struct copy *c, nsec_t now)
{
	nsec_t after = gone_after(p, now), seen;

	if (c->overtaken_at == NSEC_NEVER)
		return NSEC_NEVER;
	seen = p->flow - c->overtaken_flow;
	/* The rest of the time has to pass without a hang, too. */
	if (seen < after / 2 || (seen < after && !list_empty(&p->out)))
		return NSEC_NEVER;
	return nsec_add(p->data_at, after - MIN(seen, after));
}

/* It says nothing when it is asked, or nothing that would be ours. */
static bool gone_is_silent(const struct path *p)
{
	return p->state == PATH_SILENT || p->state == PATH_REFUSED ||
	       p->state == PATH_DOWN || p->state == PATH_NEW;
}

/*
 * The path is silent, and other paths show the disk at work for late_copy. A
 * target that only hangs says who it is, and one that shares its disk with the
 * others hangs with them: no time counts in which nobody's data is answered.
 */
static nsec_t gone_by_silence(
    const struct path *p, struct copy *c, const struct path *w, nsec_t now)
{
	nsec_t late = gone_late(p), seen;

	if (!gone_is_silent(p) ||
	    (p->state != PATH_REFUSED && p->last_answer >= c->alone_at)) {
		c->alone_at = NSEC_NEVER;
		return NSEC_NEVER;
	}
	if (c->alone_at == NSEC_NEVER) {
		if (w == NULL || w->data_sent <= c->sent_at)
			return NSEC_NEVER;
		c->alone_at = now;
		c->alone_flow = p->dev->flow;
	}
	assert(p->dev->flow >= c->alone_flow);
	seen = p->dev->flow - c->alone_flow;
	return nsec_add(now, late - MIN(seen, late));
}

/*
 * Nobody uses the disk, or another one has its place there, and there is no
 * other path: no answer will tell. What a new process assumes has to do.
 */
static nsec_t gone_by_time(const struct path *p, const struct copy *c)
{
	nsec_t since = p->dev->opens == 0 ? p->dev->closed_at : p->refused_at;

	return nsec_add(MAX(since, c->lost_at), gone_late(p));
}

static nsec_t gone_write(
    struct path *p, struct copy *c, struct path *w, nsec_t now)
{
	nsec_t order = gone_by_order(p, c, now), silence, next;

	if (order != NSEC_NEVER)
		return order;
	if (p->dev->opens == 0 || (p->state == PATH_REFUSED && w == NULL))
		return gone_by_time(p, c);
	silence = gone_by_silence(p, c, w, now);
	if (silence <= now)
		return now;
	/* Nothing else makes a path show that its disk is at work. */
	next = nsec_add(now, LIFE_FLOW_GAP / 2);
	if (p->state == PATH_UP)
		next = nsec_min(next, ask_touch(p, c->lba, now));
	else if (w != NULL)
		ask_touch(w, c->lba, now);
	return nsec_min(silence, next);
}

/*
 * An old setting is no matter of the disk: any answer shows that it was
 * overtaken. Nothing else makes an idle path give one.
 */
static nsec_t gone_setting(
    struct path *p, struct copy *c, const struct path *w, nsec_t now)
{
	nsec_t slow =
	    nsec_add(c->sent_at, c->rq == NULL ? GONE_SETTING : GONE_FLUSH);
	nsec_t after = gone_after(p, now);

	if (c->overtaken_at != NSEC_NEVER &&
	    (p->last_answer >= nsec_add(c->overtaken_at, after / 2) ||
		(p->need == 0 && list_empty(&p->out))))
		return MAX(slow, nsec_add(c->overtaken_at, after));
	if (w != NULL && w->last_answer > c->sent_at)
		return MAX(slow, nsec_add(c->sent_at, gone_late(p)));
	if (c->rq == NULL && p->need == 0 && list_empty(&p->out))
		ask_start(p, PATH_NEED_IDENTIFY, now);
	return MAX(slow, nsec_add(now, gone_late(p)));
}

/* A read does no harm however late; its place is wanted. */
static nsec_t gone_read(struct path *p, const struct copy *c, nsec_t now)
{
	if (c->overtaken_at != NSEC_NEVER)
		return nsec_add(c->overtaken_at, gone_after(p, now));
	return nsec_add(c->lost_at, gone_late(p));
}

static nsec_t gone_at(
    struct path *p, struct copy *c, struct path *w, nsec_t now)
{
	switch ((enum copy_kind)c->kind) {
	case COPY_WRITE:
		return gone_write(p, c, w, now);
	case COPY_SETTING:
		return gone_setting(p, c, w, now);
	case COPY_FLUSH:
		/* It does no harm late; its place is wanted. */
		return c->rq == NULL ? now : nsec_add(c->sent_at, GONE_FLUSH);
	case COPY_READ:
	case COPY_TOUCH:
	case COPY_IDENTIFY:
	case COPY_CONFIG:
		break;
	}
	return gone_read(p, c, now);
}

nsec_t gone_tick(struct path *p, nsec_t now)
{
	struct path *w = list_empty(&p->lost) ? NULL : gone_witness(p);
	nsec_t at, next = NSEC_NEVER;
	struct aoe_request *rq;
	struct list *l, *tmp;
	struct copy *c;
	int error;

	list_each(l, tmp, &p->lost) {
		c = list_entry(l, struct copy, path_link);
		at = gone_at(p, c, w, now);
		if (at > now) {
			next = nsec_min(next, at);
			continue;
		}
		rq = c->rq;
		error = flight_gone(c);
		if (error != 0)
			request_finish(rq, error, now);
	}
	return next;
}
