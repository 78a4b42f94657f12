/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/ask.h"
#include <assert.h>
#include "aoe-user/core/choice.h"
#include "aoe-user/core/flight.h"
#include "aoe-user/core/state.h"

#define ASK_FIRST_MIN (20 * NSEC_MS) /* first resend of a control frame */
#define ASK_RESEND_MAX NSEC_SEC
#define ASK_DOUBT_FIRST (250 * NSEC_MS) /* between doubts of an idle path */
#define ASK_DOUBT_MAX (4 * NSEC_SEC)
#define ASK_REFUSED (20 * NSEC_MS) /* ... of a refused one that may help */
#define ASK_CALM (10 * NSEC_SEC)   /* without a doubt: all is forgotten */
#define ASK_RESTARTS 32u     /* of rounds under way, and no pause of ... */
#define ASK_RESTARTS_IDLE 2u /* ... at once, when nobody waits */
#define ASK_RESTART_CALM NSEC_SEC
#define ASK_VAIN 3u    /* rounds without an answer */
#define ASK_TOUCHES 4u /* unanswered, per path */
#define ASK_STEADY 16u /* ignored rounds, until there are pauses ... */
#define ASK_DOUBLE 5u  /* ... that double so often */

/* Control answers asked for before `now` do not count any more. */
void ask_drop(struct path *p)
{
	struct list *l, *tmp;
	struct copy *c;

	list_each(l, tmp, &p->slow) {
		c = list_entry(l, struct copy, path_link);
		if (copy_is_control(c))
			flight_gone(c);
	}
}

bool ask_can_wait(const struct path *p)
{
	const struct device *dev = p->dev;

	if (dev->opens == 0 && dev->expect_until == 0)
		return true;
	return p->tries >= ASK_VAIN && !path_is_alive(p);
}

/* It has something to send that goes before data. */
static void ask_enlist(struct path *p)
{
	if (p->port == NULL)
		return;
	list_del(&p->control_link);
	/* Those must not keep others from being asked. */
	if (ask_can_wait(p))
		list_append(&p->port->control, &p->control_link);
	else
		list_push(&p->port->control, &p->control_link);
	port_work(p->dev->e, p->port);
}

void ask_unsent(struct path *p, unsigned part)
{
	if (p->port == NULL || !p->port->up)
		return;
	p->offer |= part;
	ask_enlist(p);
}

void ask_settle(struct path *p)
{
	if (p->offer == 0 && !p->touch)
		list_del(&p->control_link);
}

void ask_again(struct path *p)
{
	p->offer = p->need;
	p->resting = false;
	p->control_at = NSEC_NEVER;
	ask_enlist(p);
}

/* Questions are out, on offer, or due again at a time that is set. */
static bool ask_under_way(const struct path *p)
{
	return p->need != 0 && !p->deferred && !p->resting &&
	       (p->offer != 0 || p->control_at != NSEC_NEVER);
}

/* No data until that was answered. */
static void ask_need(struct path *p, unsigned need)
{
	p->need |= need;
	if (p->state != PATH_UP)
		return;
	path_set(p, PATH_ASKED);
	p->touch = false;
	ask_settle(p);
}

/* More is wanted of a round: what was asked already need not be again. */
static void ask_more(struct path *p, unsigned need)
{
	unsigned more = need & ~p->need;

	ask_need(p, need);
	if (more == 0)
		return;
	p->offer |= more;
	p->round |= more;
	ask_enlist(p);
}

static void ask_begin(struct path *p, nsec_t now)
{
	p->deferred = p->resting = false;
	p->tries = p->ignored = 0;
	p->touch = false;
	p->round |= p->need;
	ask_drop(p);
	if (p->port == NULL || !p->port->up)
		return;
	if (p->state == PATH_DOWN)
		path_set(p, PATH_NEW);
	ask_again(p);
	timer_at_latest(&p->dev->e->timers, &p->timer, now);
}

void ask_anew(struct path *p, unsigned need, nsec_t now)
{
	ask_need(p, need);
	ask_begin(p, now);
}

void ask_start(struct path *p, unsigned need, nsec_t now)
{
	if (ask_under_way(p)) {
		ask_more(p, need);
		return;
	}
	ask_anew(p, need, now);
}

/*
 * Looks into a doubt. The next one has to wait longer, unless there was none
 * for a while.
 */
static void ask_look(struct path *p, nsec_t now)
{
	bool calm = nsec_since(p->doubt_at, now) > ASK_CALM;

	p->doubt_wait = calm || p->doubt_wait == 0
			    ? ASK_DOUBT_FIRST
			    : MIN(2 * p->doubt_wait, ASK_DOUBT_MAX);
	p->doubt_at = nsec_add(now, p->doubt_wait);
	p->doubted_at = now;
	ask_begin(p, now);
}

/* One more round is begun anew before it ended. */
static void ask_count_restart(struct path *p, nsec_t now)
{
	if (nsec_since(p->restart_at, now) > ASK_RESTART_CALM)
		p->restarts = 0;
	p->restart_at = now;
	p->restarts++;
}

/* Doubts come all the time. */
static bool ask_is_storm(const struct path *p, nsec_t now)
{
	return p->restarts > ASK_RESTARTS &&
	       nsec_since(p->restart_at, now) <= ASK_RESTART_CALM;
}

/*
 * It is to be asked at once: somebody waits for what it will answer, or a start
 * was announced twice. Who was refused is needed least, unless it is all there
 * is.
 */
static bool ask_is_urgent(const struct path *p, nsec_t now)
{
	const struct device *dev = p->dev;
	bool idle = dev->pending == 0 && dev->up;

	if (ask_under_way(p) &&
	    (dev->alive == 0 || p->restarts <= ASK_RESTARTS_IDLE))
		return true;
	if (p->state == PATH_REFUSED)
		return !idle && (dev->alive == 0 || nsec_since(p->doubted_at,
							now) >= ASK_REFUSED);
	return !idle;
}

void ask_doubt(struct path *p, unsigned need, nsec_t now)
{
	bool under_way = ask_under_way(p), urgent;

	if (under_way)
		ask_count_restart(p, now);
	/*
	 * What was asked before says nothing of who it is now. In a storm that
	 * would never end: then an answer that is under way has to do, and
	 * nothing but IDENTIFY is asked twice in a round.
	 */
	if (under_way && ask_is_storm(p, now) &&
	    (p->tries == 0 || now < p->doubt_at)) {
		ask_more(p, need & (PATH_NEED_IDENTIFY | ~p->round));
		return;
	}
	urgent = ask_is_urgent(p, now);
	ask_need(p, need);
	if (urgent || now >= p->doubt_at) {
		ask_look(p, now);
		return;
	}
	ask_drop(p);
	ask_stop(p);
	assert(p->need != 0);
	p->deferred = true;
	timer_at_latest(&p->dev->e->timers, &p->timer, p->doubt_at);
}

void ask_verified(struct path *p, nsec_t now)
{
	struct remote *r = p->remote;

	r->wary = p->early = ask_is_storm(p, now);
	choice_remote_room(r);
	list_del(&p->early_link);
}

void ask_early(struct path *p, nsec_t now)
{
	struct remote *r = p->remote;

	p->early = false;
	if (p->state != PATH_UP || p->need != 0 ||
	    r->inflight + REMOTE_QUESTIONS > r->buffers)
		return;
	p->need = PATH_NEED_BOTH;
	ask_begin(p, now);
}

nsec_t ask_deferred(struct path *p, nsec_t now)
{
	if (!p->deferred)
		return NSEC_NEVER;
	if (now < p->doubt_at)
		return p->doubt_at;
	ask_look(p, now);
	return NSEC_NEVER;
}

void ask_kick(struct device *dev, nsec_t now)
{
	struct list *l;
	struct path *p;

	/* As it is at nearly every request. */
	if (dev->verified == dev->path_count)
		return;
	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		p = list_entry(l, struct path, dev_link);
		if (p->need != 0 && !ask_under_way(p) &&
		    !(p->deferred && p->state == PATH_REFUSED) &&
		    (!p->resting || dev->alive == 0))
			ask_begin(p, now);
	}
}

void ask_wake(struct path *p, nsec_t now)
{
	if (p->resting)
		ask_start(p, p->need, now);
}

bool ask_rest(struct path *p, nsec_t now)
{
	if (p->dev->alive == 0)
		p->ignored = 0;
	else if (p->ignored < ASK_STEADY + ASK_DOUBLE)
		p->ignored++;
	if (p->ignored <= ASK_STEADY)
		return false;
	assert(p->need != 0 && !p->deferred);
	p->resting = true;
	p->control_at =
	    nsec_add(now, ASK_RESEND_MAX << (p->ignored - ASK_STEADY));
	return true;
}

static nsec_t ask_interval(const struct path *p)
{
	nsec_t first = MAX(4 * rtt_rto(&p->rtt), ASK_FIRST_MIN);

	if (p->rtt.srtt == 0)
		first = RTT_INITIAL;
	if (first >= ASK_RESEND_MAX >> p->tries)
		return ASK_RESEND_MAX;
	return first << p->tries;
}

void ask_sent(struct path *p, nsec_t now)
{
	p->control_at = nsec_add(now, ask_interval(p));
	timer_at_latest(&p->dev->e->timers, &p->timer, p->control_at);
}

/* A target that hangs need not hold more than a few. */
static void ask_drop_touches(struct path *p)
{
	struct list *l, *prev;
	unsigned n = 0;
	struct copy *c;

	for (l = p->out.prev; l != &p->out; l = prev) {
		prev = l->prev;
		c = list_entry(l, struct copy, path_link);
		if (c->kind != COPY_TOUCH || ++n < ASK_TOUCHES)
			continue;
		window_on_drop(&p->peer->window, c->sent_at);
		flight_lost(c, c->sent_at);
		flight_gone(c);
	}
}

nsec_t ask_touch(struct path *p, uint64_t lba, nsec_t now)
{
	uint64_t sectors = p->dev->sectors;

	if (p->state != PATH_UP || p->touch || sectors == 0)
		return NSEC_NEVER;
	/* What is out may be answered yet, and would tell as much. */
	if (!list_empty(&p->out) &&
	    nsec_since(p->quiet_since, now) < rtt_pto(&p->rtt))
		return nsec_add(p->quiet_since, rtt_pto(&p->rtt));
	if (nsec_since(p->last_answer, now) >= PATH_STALE) {
		ask_start(p, PATH_NEED_BOTH, now);
		return NSEC_NEVER;
	}
	if (p->touch_at > now)
		return p->touch_at;
	ask_drop_touches(p);
	p->touch = true;
	p->touch_lba = MIN(lba, sectors - 1);
	p->touch_wait = p->touch_wait
			    ? MIN(2 * p->touch_wait, ASK_RESEND_MAX)
			    : MAX(rtt_pto(&p->rtt) / 2, ASK_TOUCH_MIN);
	p->touch_at = nsec_add(now, p->touch_wait);
	ask_enlist(p);
	return p->touch_at;
}

bool ask_answered(struct path *p, unsigned part)
{
	p->need &= ~part;
	p->offer &= ~part;
	ask_settle(p);
	return p->need == 0;
}

void ask_stop(struct path *p)
{
	p->offer = 0;
	p->touch = p->deferred = p->resting = false;
	p->control_at = NSEC_NEVER;
	list_del(&p->control_link);
}
