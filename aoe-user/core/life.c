/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/life.h"
#include "aoe-user/core/ask.h"
#include "aoe-user/core/choice.h"
#include "aoe-user/core/flight.h"
#include "aoe-user/core/gone.h"
#include "aoe-user/core/loss.h"
#include "aoe-user/core/restart.h"
#include "aoe-user/core/state.h"

#define LIFE_SILENT_TRIES 3u /* rounds without answer: the path is dead */
#define LIFE_IDLE_TRIES 8u   /* ... and nobody needs it: stop asking */
#define LIFE_FLUSH_MAX (30 * NSEC_SEC) /* a flush excuses silence so long */

/* What a data copy's answer says of window, payload and order. */
static void life_data_answered(
    struct path *p, const struct copy *c, bool was_out, nsec_t now)
{
	if (was_out)
		window_on_answer(&p->peer->window, now);
	else if (p->peer != NULL)
		window_on_spurious(&p->peer->window, now);
	path_news(p, payload_answered(
			 path_payload_of(p, c->kind), c->count, c->tag, now));
	/* Never overtaken: not behind at all. */
	rtt_overtaken(&p->rtt, nsec_since(c->overtaken_at, now));
}

/* The way of data through the target is open, perhaps again. */
static void life_data_flows(
    struct path *p, const struct copy *c, nsec_t patience, nsec_t now)
{
	nsec_t gap = nsec_since(p->data_at, now);

	/* In a longer one the target may have held all it had. */
	if (gap <= patience)
		p->flow += gap;
	if (c->seq > p->data_seq) {
		p->data_seq = c->seq;
		p->data_sent = c->sent_at;
	}
	p->dev->flow += MIN(nsec_since(p->dev->flow_at, now), LIFE_FLOW_GAP);
	p->dev->flow_at = now;
	p->data_at = p->quiet_since = now;
	p->touch_at = p->touch_wait = 0;
	p->lame = p->probe_credit = false;
	p->pto_count = 0;
}

/* What its time says; of an answer that was held it says nothing. */
static void life_time(
    struct path *p, const struct copy *c, bool was_out, nsec_t now)
{
	nsec_t age = nsec_since(c->sent_at, now);

	/* Only what was judged by order says something of order. */
	if (!was_out && c->overtaken_at != NSEC_NEVER && !copy_is_errand(c))
		rtt_spurious(&p->rtt, age, now);
	if (!copy_is_errand(c))
		rtt_sample(&p->rtt, age);
}

bool life_answered(struct copy *c, nsec_t now)
{
	bool held = c->held != NULL, was_out = flight_answered(c);
	struct path *p = c->path;
	/* As it was before this answer, which may show a new slowness. */
	nsec_t patience = gone_patience(p, now), next;

	p->stats.answered++;
	restart_answered(p);
	if (copy_is_data(c))
		life_data_answered(p, c, was_out, now);
	p->stats.spurious += !was_out;
	if (!held)
		life_time(p, c, was_out, now);
	p->answered_seq = MAX(p->answered_seq, c->seq);
	p->last_answer = now;
	choice_fresh(p);
	if (copy_is_data(c))
		life_data_flows(p, c, patience, now);
	choice_update(p);
	next = loss_judge(p, now);
	p->pto_at = loss_pto(p, now);
	if (!list_empty(&p->lost)) {
		/* A touch follows at once, or what is out is answered. */
		nsec_t look =
		    list_empty(&p->out) ? ASK_TOUCH_MIN : gone_after(p, now);

		p->gone_at = nsec_min(p->gone_at, nsec_add(now, look));
		next = nsec_min(next, p->gone_at);
	}
	if (next != NSEC_NEVER)
		timer_at_latest(&p->dev->e->timers, &p->timer, next);
	return was_out;
}

static bool life_flushing(const struct list *copies, nsec_t limit, nsec_t now)
{
	const struct list *l;
	const struct copy *c;

	for (l = copies->next; l != copies; l = l->next) {
		c = list_entry(l, struct copy, path_link);
		if (c->kind == COPY_FLUSH && c->rq != NULL &&
		    nsec_since(c->sent_at, now) < limit)
			return true;
	}
	return false;
}

/*
 * A target that is flushing may answer nothing else until it is done. Where
 * another can flush for it, it has as long as all that is late.
 */
static bool life_excused(const struct path *p, nsec_t now)
{
	nsec_t limit = device_has_other(p->dev, p->remote)
			   ? p->dev->e->cfg.late_copy
			   : LIFE_FLUSH_MAX;

	return life_flushing(&p->slow, limit, now) ||
	       life_flushing(&p->lost, limit, now);
}

/* When it was the last one, the device's line says so. */
static void life_miss(struct path *p)
{
	if (p->dev->up)
		path_log(
		    p, LOG_LEVEL_WARN, "answers nothing; going on without it");
}

static nsec_t life_ask_tick(struct path *p, nsec_t now)
{
	bool needed = p->dev->opens > 0 || p->dev->expect_until > now;

	if (p->deferred)
		return ask_deferred(p, now);
	if (p->need == 0 || p->control_at == NSEC_NEVER)
		return NSEC_NEVER;
	if (p->control_at > now)
		return p->control_at;
	if (p->resting) {
		ask_again(p);
		return NSEC_NEVER;
	}
	ask_drop(p);
	/* A round that did not leave in full says nothing of the target. */
	if (p->offer == 0 && p->tries < LIFE_IDLE_TRIES)
		p->tries++;
	if (p->tries >= LIFE_SILENT_TRIES && p->state == PATH_REFUSED)
		path_set(p, PATH_SILENT);
	if (p->tries >= LIFE_SILENT_TRIES && path_is_alive(p) &&
	    !life_excused(p, now)) {
		path_set(p, PATH_SILENT);
		loss_all(p, now);
		life_miss(p);
		if (p->dev->alive == 0)
			ask_kick(p->dev, now);
	}
	if (p->tries >= LIFE_IDLE_TRIES && !needed) {
		p->control_at = NSEC_NEVER;
		return NSEC_NEVER;
	}
	if (ask_rest(p, now))
		return p->control_at;
	ask_again(p);
	return NSEC_NEVER;
}

void life_down(struct path *p, nsec_t now)
{
	loss_all(p, now);
	path_set(p, PATH_DOWN);
	p->need = PATH_NEED_BOTH;
	p->limit = 0;
	payload_init(&p->payload_in);
	payload_init(&p->payload_out);
	ask_stop(p);
}

void life_tick(struct path *p, nsec_t now)
{
	struct engine *e = p->dev->e;
	nsec_t next = loss_judge(p, now);

	next = nsec_min(next, loss_silence_tick(p, now));
	next = nsec_min(next, loss_slow(p, now));
	next = nsec_min(next, life_ask_tick(p, now));
	/* All that is lost is looked at: no sooner than that may matter. */
	if (now >= p->gone_at)
		p->gone_at = gone_tick(p, now);
	next = nsec_min(next, p->gone_at);
	if (p->lame)
		next = nsec_min(next, ask_touch(p, 0, now));
	if (p->port == NULL && list_empty(&p->lost) && list_empty(&p->out) &&
	    list_empty(&p->slow)) {
		path_free(e, p);
		return;
	}
	timer_set(&e->timers, &p->timer, next);
	device_wake(p->dev);
}
