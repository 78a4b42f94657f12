/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/loss.h"
#include <assert.h>
#include "aoe-user/core/ask.h"
#include "aoe-user/core/flight.h"
#include "aoe-user/core/request_run.h"
#include "aoe-user/core/state.h"

/* Those sent before that one are overtaken. */
static void loss_overtake(
    const struct path *p, struct list *ahead, uint64_t seq, nsec_t now)
{
	struct copy *c;

	while (!list_empty(ahead)) {
		c = list_first(ahead, struct copy, ahead_link);
		if (c->seq >= seq)
			return;
		assert(c->overtaken_at == NSEC_NEVER);
		list_del(&c->ahead_link);
		c->overtaken_at = now;
		c->overtaken_flow = p->flow;
	}
}

/*
 * A frame is lost when one sent later was answered and the path's reordering
 * does not explain it any more: by its age, or by the time since (the answers
 * of a long queue are all old, but they come in order). Silence alone says
 * nothing. Who was sent first was overtaken first, and is due first. Returns
 * when the next of them will be.
 */
nsec_t loss_judge(struct path *p, nsec_t now)
{
	nsec_t age = rtt_lost_age(&p->rtt, now);
	nsec_t behind = rtt_lost_behind(&p->rtt);
	nsec_t due;
	struct list *l, *tmp;
	struct copy *c;

	if (!rtt_sure(&p->rtt, p->inflight)) {
		age = MAX(age, RTT_UNSURE);
		behind = MAX(behind, RTT_UNSURE);
	}
	/* Data by data only: a target says who it is while its disk hangs. */
	loss_overtake(p, &p->ahead, p->data_seq, now);
	loss_overtake(p, &p->ahead_lost, p->data_seq, now);
	loss_overtake(p, &p->ahead_errands, p->answered_seq, now);
	list_each(l, tmp, &p->out) {
		c = list_entry(l, struct copy, path_link);
		if (c->overtaken_at == NSEC_NEVER)
			break;
		due = nsec_min(nsec_add(c->sent_at, age),
		    nsec_add(c->overtaken_at, behind));
		if (due > now)
			return due;
		window_on_loss(&p->peer->window, now);
		path_news(p, payload_lost(path_payload_of(p, c->kind), c->count,
				 c->tag, c->sent_at, now));
		flight_lost(c, now);
	}
	return NSEC_NEVER;
}

/* Another path of the device answered a frame sent after `since`. */
static bool loss_others_answer(const struct path *p, nsec_t since)
{
	const struct list *l;
	const struct path *q;

	for (l = p->dev->paths.next; l != &p->dev->paths; l = l->next) {
		q = list_entry(l, struct path, dev_link);
		if (q != p && q->state == PATH_UP && q->data_sent > since)
			return true;
	}
	return false;
}

void loss_one(struct copy *c, nsec_t now)
{
	if (c->state != COPY_OUT)
		return;
	if (copy_is_data(c))
		window_on_drop(&c->path->peer->window, now);
	flight_lost(c, now);
}

void loss_all(struct path *p, nsec_t now)
{
	struct list *l, *tmp;
	struct copy *c;

	payload_drop_trial(&p->payload_in);
	payload_drop_trial(&p->payload_out);
	list_each(l, tmp, &p->out) {
		window_on_drop(&p->peer->window, now);
		flight_lost(list_entry(l, struct copy, path_link), now);
	}
	list_each(l, tmp, &p->slow) {
		c = list_entry(l, struct copy, path_link);
		if (copy_is_errand(c))
			flight_lost(c, now);
		else
			flight_gone(c);
	}
	timer_at_latest(&p->dev->e->timers, &p->timer, now);
}

/*
 * When the silence that begins now has lasted too long: the oldest frame that
 * is not judged by its successors should have been answered by then.
 */
nsec_t loss_pto(const struct path *p, nsec_t now)
{
	nsec_t due = now, spent;
	const struct copy *c;

	if (!list_empty(&p->ahead)) {
		c = list_first(&p->ahead, struct copy, ahead_link);
		spent = nsec_since(c->sent_at, now);
		due = nsec_add(now, nsec_since(spent, rtt_usual(&p->rtt)));
	}
	/* With others to move to, more follows from it than a probe. */
	return nsec_add(due, p->dev->path_count > 1 ? rtt_margin(&p->rtt)
						    : rtt_pto_margin(&p->rtt));
}

/* Something is out that no later answer has overtaken: it is worth a probe. */
static bool loss_awaits(const struct path *p)
{
	return !list_empty(&p->out) &&
	       list_first(&p->out, struct copy, path_link)->overtaken_at ==
		   NSEC_NEVER;
}

/*
 * The oldest frame that somebody still waits for, sent once more as a probe: a
 * small part of it, as perhaps only large frames vanish.
 */
static bool loss_probe(struct path *p)
{
	struct list *l;
	struct copy *c;
	struct slice *s;

	for (l = p->out.next; l != &p->out; l = l->next) {
		c = list_entry(l, struct copy, path_link);
		s = flight_first(c);
		if (s == NULL || s->copies >= SLICE_COPIES_MAX)
			continue;
		if (s->count > PAYLOAD_SMALL &&
		    slice_split(&p->dev->e->slices, s, PAYLOAD_SMALL) < 0)
			return false;
		s->probe = true;
		p->probe_credit = true;
		device_resend(p->dev, s);
		return true;
	}
	return false;
}

/*
 * Nothing was answered for longer than usual. Another path that answers frames
 * sent later makes this one suspect: its slices move. Else the target may just
 * be slow: one probe, at growing distances. A path that is quiet for too long
 * is asked who it is before it gets data again; the probe is then for another.
 */
static void loss_silence(struct path *p, nsec_t now)
{
	struct copy *oldest = list_first(&p->out, struct copy, path_link);
	nsec_t wait = rtt_pto(&p->rtt);
	nsec_t heard = MAX(p->quiet_since, p->last_answer);
	bool stale = nsec_since(heard, now) >= PATH_STALE, probed;

	assert(!list_empty(&p->out) && path_is_alive(p));
	if (p->pto_count < 20)
		p->pto_count++;
	p->pto_at = nsec_add(now, wait >= RTT_PTO_MAX >> p->pto_count
				      ? RTT_PTO_MAX
				      : wait << p->pto_count);
	if (loss_others_answer(p, oldest->sent_at)) {
		if (p->state != PATH_SUSPECT)
			path_log(p, LOG_LEVEL_INFO,
			    "silent while another path answers");
		path_set(p, PATH_SUSPECT);
		p->lame = true;
		loss_all(p, now);
		ask_start(p, PATH_NEED_BOTH, now);
		return;
	}
	probed = loss_probe(p);
	if (p->need == 0 && stale)
		ask_start(p, PATH_NEED_BOTH, now);
	else if (!probed)
		ask_touch(p, oldest->lba, now);
}

/* Errands take long; they are sent again slowly and judge no path. */
nsec_t loss_slow(struct path *p, nsec_t now)
{
	struct list *l, *tmp;
	nsec_t next = NSEC_NEVER, due;
	struct copy *c;

	list_each(l, tmp, &p->slow) {
		c = list_entry(l, struct copy, path_link);
		if (!copy_is_errand(c))
			continue;
		due = nsec_add(
		    c->sent_at, MAX(FLIGHT_SLOW_RESEND, rtt_rto(&p->rtt)));
		if (due > now) {
			next = nsec_min(next, due);
			continue;
		}
		flight_lost(c, now);
	}
	return next;
}

nsec_t loss_silence_tick(struct path *p, nsec_t now)
{
	if (loss_awaits(p) && now >= p->pto_at)
		loss_silence(p, now);
	return loss_awaits(p) ? p->pto_at : NSEC_NEVER;
}
