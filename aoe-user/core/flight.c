/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/flight.h"
#include <assert.h>
#include "aoe-user/core/choice.h"
#include "aoe-user/core/state.h"

static void flight_charge(struct path *p, const struct copy *c, nsec_t now)
{
	payload_sent(path_payload_of(p, c->kind), c->count, c->tag);
	p->inflight++;
	p->remote->inflight++;
	window_sent(&p->peer->window, now);
	choice_update(p);
	if (p->early && list_empty(&p->early_link))
		list_append(&p->dev->e->early, &p->early_link);
}

/* The caller says when the path's place among the others is to be seen. */
static void flight_leave(struct path *p)
{
	assert(p->inflight > 0 && p->remote->inflight > 0);
	p->inflight--;
	p->remote->inflight--;
	choice_remote_room(p->remote);
	if (p->peer != NULL)
		choice_peer_room(p->dev->e, p->peer);
}

/* Into the table again; a late write less lets held requests go on. */
static void flight_end(struct copy *c, enum copy_state state)
{
	assert(copy_is_live(c));
	fence_leave_late(&c->dev->fence, c, &c->dev->e->woken);
	list_del(&c->path_link);
	list_del(&c->owner_link);
	list_del(&c->held_link);
	c->held = NULL;
	copy_put(&c->dev->e->copies, c, state);
	device_fed(c->dev);
}

bool flight_covers(const struct copy *c, const struct slice *s)
{
	if (c->remote != NULL || s->remote != NULL)
		return c->remote == s->remote;
	return s->lba >= c->lba && s->lba + s->count <= c->lba + c->count;
}

/* The first slice of its request that the copy is for, then the next ones. */
static struct slice *flight_slice(const struct copy *c, const struct list *l)
{
	struct slice *s;

	if (c->rq == NULL)
		return NULL;
	for (l = l->next; l != &c->rq->s.slices; l = l->next) {
		s = list_entry(l, struct slice, link);
		if (flight_covers(c, s))
			return s;
	}
	return NULL;
}

struct slice *flight_first(const struct copy *c)
{
	return c->rq != NULL ? flight_slice(c, &c->rq->s.slices) : NULL;
}

struct copy *flight_offer(
    struct path *p, struct slice *s, enum copy_kind kind, nsec_t now)
{
	struct copy *c = copy_get(&p->dev->e->copies, p->dev, kind);

	if (c == NULL)
		return NULL;
	c->path = p;
	c->rq = s->rq;
	c->remote = s->remote;
	c->lba = s->lba;
	c->count = s->count;
	c->resend = s->tries > 0;
	c->probe = s->probe;
	list_append(&s->rq->s.copies, &c->owner_link);
	if (copy_is_data(c))
		flight_charge(p, c, now);
	s->probe = false;
	s->tries++;
	s->copies++;
	s->out++;
	list_del(&s->queue);
	return c;
}

struct copy *flight_ask(struct path *p, enum copy_kind kind, nsec_t now)
{
	struct copy *c = copy_get(&p->dev->e->copies, p->dev, kind);

	if (c == NULL)
		return NULL;
	c->path = p;
	c->probe = p->dev->known;
	if (kind == COPY_TOUCH) {
		c->lba = p->touch_lba;
		c->count = 1;
		flight_charge(p, c, now);
	}
	return c;
}

static void flight_sent_data(struct path *p, struct copy *c, nsec_t now)
{
	if (list_empty(&p->out)) {
		p->quiet_since = now;
		p->pto_count = 0;
		p->pto_at = nsec_add(now, rtt_pto(&p->rtt));
		timer_at_latest(&p->dev->e->timers, &p->timer, p->pto_at);
	}
	list_append(&p->out, &c->path_link);
	list_append(&p->ahead, &c->ahead_link);
}

void flight_sent(struct copy *c, nsec_t now)
{
	size_t bytes = c->frame.iov[0].iov_len + c->frame.iov[1].iov_len;
	struct path *p = c->path;

	assert(c->state == COPY_OFFERED);
	c->state = COPY_OUT;
	c->sent_at = now;
	c->seq = ++p->seq;
	p->stats.sent++;
	p->stats.tx_bytes += bytes;
	p->stats.resent += c->resend;
	p->stats.probes += c->probe;
	if (copy_is_data(c)) {
		flight_sent_data(p, c, now);
		return;
	}
	list_append(&p->slow, &c->path_link);
	if (copy_is_errand(c))
		timer_at_latest(&p->dev->e->timers, &p->timer,
		    nsec_add(now, FLIGHT_SLOW_RESEND));
}

void flight_unsent(struct copy *c, nsec_t now)
{
	struct path *p = c->path;
	struct slice *s;

	assert(c->state == COPY_OFFERED);
	if (copy_is_data(c)) {
		payload_unsent(path_payload_of(p, c->kind), c->tag);
		flight_leave(p);
		window_on_drop(&p->peer->window, now);
		choice_update(p);
	}
	for (s = flight_first(c); s != NULL; s = flight_slice(c, &s->link)) {
		assert(s->copies > 0 && s->out > 0 && s->tries > 0);
		s->copies--;
		s->out--;
		s->tries--;
		device_resend(c->dev, s);
	}
	flight_end(c, COPY_UNUSED);
}

/* What is given up has its place among those of its kind. */
static void flight_await(struct path *p, struct copy *c)
{
	struct list *l = copy_is_errand(c) ? &p->ahead_errands : &p->ahead_lost;
	const struct list *head = l;

	list_del(&c->ahead_link);
	/* Nearly always the last one. */
	for (l = l->prev; l != head; l = l->prev) {
		if (list_entry(l, struct copy, ahead_link)->seq < c->seq)
			break;
	}
	list_insert(l, &c->ahead_link);
}

void flight_lost(struct copy *c, nsec_t now)
{
	struct path *p = c->path;
	struct slice *s;

	assert(c->state == COPY_OUT);
	list_del(&c->path_link);
	list_append(&p->lost, &c->path_link);
	c->state = COPY_LOST;
	c->lost_at = now;
	p->gone_at = 0;
	if (c->overtaken_at == NSEC_NEVER)
		flight_await(p, c);
	if (copy_is_data(c)) {
		p->stats.lost++;
		flight_leave(p);
		choice_update(p);
	}
	for (s = flight_first(c); s != NULL; s = flight_slice(c, &s->link)) {
		assert(s->out > 0);
		s->out--;
		if (s->out > 0 || s->error != 0 || !list_empty(&s->queue))
			continue;
		device_queue(c->dev, s);
	}
}

bool flight_answered(struct copy *c)
{
	bool was_out = c->state == COPY_OUT;
	struct slice *s;

	assert(was_out || c->state == COPY_LOST);
	if (copy_is_data(c) && was_out)
		flight_leave(c->path);
	for (s = flight_first(c); s != NULL; s = flight_slice(c, &s->link)) {
		assert(s->copies > 0 && s->out >= was_out);
		s->copies--;
		s->out -= was_out;
	}
	flight_end(c, COPY_ANSWERED);
	return was_out;
}

int flight_gone(struct copy *c)
{
	struct slice *s;
	int error = 0;

	/* What was out is given up first; nobody waits for a question. */
	assert(c->state == COPY_LOST ||
	       (c->state == COPY_OUT && copy_is_control(c)));
	for (s = flight_first(c); s != NULL; s = flight_slice(c, &s->link)) {
		assert(s->copies > 0);
		if (--s->copies == 0 && error == 0)
			error = s->error;
	}
	flight_end(c, COPY_GONE);
	return error;
}

void flight_late(struct copy *c)
{
	assert(c->state == COPY_GONE);
	c->state = COPY_ANSWERED;
}

void flight_orphan(struct aoe_request *rq)
{
	struct device *dev = rq->s.dev;
	struct list *l, *tmp;
	struct copy *c;

	list_each(l, tmp, &rq->s.copies) {
		c = list_entry(l, struct copy, owner_link);
		list_del(l);
		c->rq = NULL;
		if (c->kind == COPY_WRITE || c->kind == COPY_SETTING) {
			list_append(&dev->late, l);
			fence_add_late(&dev->fence, c, dev->e->arrivals++);
		}
		if (!copy_is_errand(c))
			continue;
		/* One that nobody waits for is gone sooner. */
		c->path->gone_at = 0;
		timer_at_latest(&dev->e->timers, &c->path->timer, 0);
	}
}

bool flight_forget(struct slice *s)
{
	struct list *l;
	struct copy *c;

	for (l = s->rq->s.copies.prev; l != &s->rq->s.copies; l = l->prev) {
		c = list_entry(l, struct copy, owner_link);
		if (c->state != COPY_LOST || !flight_covers(c, s))
			continue;
		assert(s->copies > 0);
		s->copies--;
		flight_end(c, COPY_GONE);
		return true;
	}
	return false;
}

static void flight_drop_list(struct list *copies)
{
	struct list *l, *tmp;

	list_each(l, tmp, copies)
		flight_end(list_entry(l, struct copy, path_link), COPY_GONE);
}

void flight_drop(struct path *p)
{
	struct list *l;

	/* Other slots behind the MAC go on with the window. */
	for (l = p->out.next; l != &p->out; l = l->next) {
		flight_leave(p);
		window_on_drop(&p->peer->window, p->last_answer);
	}
	flight_drop_list(&p->out);
	flight_drop_list(&p->slow);
	flight_drop_list(&p->lost);
}
