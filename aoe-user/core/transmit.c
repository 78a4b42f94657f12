/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/transmit.h"
#include <assert.h>
#include <errno.h>
#include "aoe-user/core/ask.h"
#include "aoe-user/core/choice.h"
#include "aoe-user/core/flight.h"
#include "aoe-user/core/frame.h"
#include "aoe-user/core/life.h"
#include "aoe-user/core/query.h"
#include "aoe-user/core/request_run.h"
#include "aoe-user/core/setting.h"
#include "aoe-user/core/state.h"

#define TRANSMIT_FEED 8u /* hungry devices that are looked at */
/* A slice with all its copies unanswered looks for room again after that. */
#define TRANSMIT_FULL_WAIT (10 * NSEC_MS)

/* ---- control ---- */

/* True when it was: before it carries anything it has to say who it is. */
static bool transmit_asks_stale(struct path *p, nsec_t now)
{
	if (nsec_since(p->last_answer, now) < PATH_STALE)
		return false;
	ask_start(p, PATH_NEED_BOTH, now);
	return true;
}

static enum copy_kind transmit_asks(const struct path *p)
{
	if (p->offer & PATH_NEED_CONFIG)
		return COPY_CONFIG;
	return p->offer & PATH_NEED_IDENTIFY ? COPY_IDENTIFY : COPY_TOUCH;
}

/*
 * The next path that has something to ask. A touch is data: it is not for one
 * that is not verified any more.
 */
static struct path *transmit_asking(struct port *port, nsec_t now)
{
	struct path *p;

	while (!list_empty(&port->control)) {
		p = list_first(&port->control, struct path, control_link);
		if (p->offer != 0 ||
		    (p->state == PATH_UP && !transmit_asks_stale(p, now)))
			return p;
		p->touch = false;
		ask_settle(p);
	}
	return NULL;
}

static struct engine_frame *transmit_control(
    struct engine *e, struct port *port, nsec_t now)
{
	struct path *p;
	struct copy *c;

	p = transmit_asking(port, now);
	if (p == NULL)
		return NULL;
	/* Both or none: paths asked by half would wait for each other. */
	if (!copy_control_room(&e->copies, p->offer == PATH_NEED_BOTH ? 2 : 1,
		ask_can_wait(p)))
		return NULL;
	c = flight_ask(p, transmit_asks(p), now);
	if (c == NULL)
		return NULL;
	if (c->kind == COPY_CONFIG) {
		p->offer &= ~PATH_NEED_CONFIG;
		frame_put_config(c);
	} else if (c->kind == COPY_IDENTIFY) {
		p->offer &= ~PATH_NEED_IDENTIFY;
		frame_put_identify(c);
	} else {
		p->touch = false;
		frame_put_transfer(c, NULL);
	}
	ask_settle(p);
	return &c->frame;
}

/* The next query or control frame of the ports that have one. */
static struct engine_frame *transmit_asked(struct engine *e, nsec_t now)
{
	struct engine_frame *f;
	struct list *l, *tmp;
	struct port *port;

	list_each(l, tmp, &e->port_work) {
		port = list_entry(l, struct port, work_link);
		if (!port->up || port->blocked) {
			list_del(l); /* until it can send again */
			continue;
		}
		f = query_next(e, port);
		if (f == NULL)
			f = transmit_control(e, port, now);
		if (f != NULL)
			return f;
		if (list_empty(&port->control))
			list_del(l);
	}
	return NULL;
}

/* ---- data and errands ---- */

static struct copy *transmit_slice(struct path *p, struct slice *s, nsec_t now)
{
	enum copy_kind kind = request_kind(s->rq);
	struct copy *c = flight_offer(p, s, kind, now);

	if (c == NULL)
		return NULL;
	if (kind == COPY_FLUSH)
		frame_put_flush(c);
	else if (kind == COPY_SETTING)
		frame_put_setting(c);
	else
		frame_put_transfer(c, s->mem);
	return c;
}

/* Somebody wants to send: all paths that were quiet for too long are asked. */
static void transmit_refresh(struct device *dev, nsec_t now)
{
	while (!list_empty(&dev->fresh) &&
	       transmit_asks_stale(
		   list_first(&dev->fresh, struct path, fresh), now))
		;
}

/* Of the paths looked at: the quickest, and one to take if all are lame. */
struct transmit_way {
	struct path *best, *lame;
};

static void transmit_weigh(struct transmit_way *way, struct path *p)
{
	if (p->port->blocked)
		choice_block(p);
	else if (p->lame)
		way->lame = p;
	else if (way->best == NULL || choice_delay(p) < choice_delay(way->best))
		way->best = p;
}

/* The best way to one remote, whose windows an errand does not use. */
static struct path *transmit_to(struct remote *r, nsec_t now)
{
	struct transmit_way way = {NULL, NULL};
	bool sound = false;
	struct path *p;
	struct list *l;

	for (l = r->paths.next; l != &r->paths; l = l->next) {
		p = list_entry(l, struct path, remote_link);
		if (p->state != PATH_UP || transmit_asks_stale(p, now))
			continue;
		sound |= !p->lame;
		transmit_weigh(&way, p);
	}
	return sound ? way.best : way.lame;
}

/*
 * The path for a probe, which may exceed the window of one that has credit. It
 * is sent once in a silence: so all are looked at.
 */
static struct path *transmit_probed(struct device *dev)
{
	struct transmit_way way = {NULL, NULL};
	struct path *p;
	struct list *l;

	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		p = list_entry(l, struct path, dev_link);
		if (p->state != PATH_UP)
			continue;
		if (p->port->blocked || path_has_room(p) || p->probe_credit)
			transmit_weigh(&way, p);
	}
	return dev->sound > 0 ? way.best : way.lame;
}

/* The next errand to that remote, if it can be reached now. */
static struct copy *transmit_errand(struct remote *r, nsec_t now)
{
	struct path *p = transmit_to(r, now);
	struct list *l, *tmp;
	struct slice *s;

	if (p == NULL)
		return NULL;
	list_each(l, tmp, &r->errands) {
		s = list_entry(l, struct slice, queue);
		/* A flush is sent without end: it gives up an older copy. */
		if (s->copies >= SLICE_COPIES_MAX &&
		    !(request_kind(s->rq) == COPY_FLUSH && flight_forget(s)))
			continue;
		if (s->rq->op == AOE_SET_CONFIG &&
		    !setting_fits(s->rq, p->port->mtu)) {
			request_finish(s->rq, -EMSGSIZE, now);
			return NULL;
		}
		return transmit_slice(p, s, now);
	}
	return NULL;
}

static struct copy *transmit_errands(struct device *dev, nsec_t now)
{
	struct list *l, *tmp;
	struct remote *r;
	struct copy *c;

	list_each(l, tmp, &dev->errands) {
		r = list_entry(l, struct remote, errand_link);
		if (list_empty(&r->errands)) {
			list_del(l);
			continue;
		}
		c = transmit_errand(r, now);
		if (c != NULL)
			return c;
	}
	return NULL;
}

/* The slice that waits longest; cut smaller when the path carries less. */
static struct copy *transmit_queued(struct device *dev, nsec_t now)
{
	struct slice *s, *rest;
	struct path *p;
	unsigned most;

	while (!list_empty(&dev->resend)) {
		s = list_first(&dev->resend, struct slice, queue);
		p = s->probe ? transmit_probed(dev) : choice_best(dev);
		if (p == NULL)
			return NULL;
		if (s->copies >= SLICE_COPIES_MAX) {
			device_delay(dev, s, nsec_add(now, TRANSMIT_FULL_WAIT));
			continue;
		}
		most = path_payload(p, request_kind(s->rq), now);
		if (s->count > most) {
			if (slice_split(&dev->e->slices, s, most) < 0)
				return NULL;
			rest = list_entry(s->link.next, struct slice, link);
			list_insert(&s->queue, &rest->queue);
		}
		if (s->probe)
			p->probe_credit = false;
		return transmit_slice(p, s, now);
	}
	return NULL;
}

static struct copy *transmit_new(struct device *dev, nsec_t now)
{
	struct path *p = choice_best(dev);
	struct aoe_request *rq;
	struct slice *s;
	struct copy *c;

	if (p == NULL)
		return NULL;
	rq = list_first(&dev->ready, struct aoe_request, s.ready);
	s = slice_cut(
	    &dev->e->slices, rq, path_payload(p, request_kind(rq), now));
	if (s == NULL)
		return NULL;
	if (!slice_uncut(rq))
		list_del(&rq->s.ready);
	c = transmit_slice(p, s, now);
	if (c == NULL) /* no frame free: it keeps its turn */
		device_resend(dev, s);
	return c;
}

static struct copy *transmit_device(struct device *dev, nsec_t now)
{
	struct copy *c = NULL;

	if (!list_empty(&dev->errands))
		c = transmit_errands(dev, now);
	if (c == NULL)
		transmit_refresh(dev, now);
	if (c == NULL && !list_empty(&dev->resend))
		c = transmit_queued(dev, now);
	if (c == NULL && !list_empty(&dev->ready))
		c = transmit_new(dev, now);
	return c;
}

/*
 * A device that cannot send waits until something tells it that it may be able
 * to: a path, a place on one, or a place among the copies. A dead disk with a
 * long queue must not slow the others.
 */
static struct copy *transmit_turn(struct device *dev, nsec_t now)
{
	struct engine *e = dev->e;
	struct copy *c;

	list_del(&dev->active_link);
	if (device_is_idle(dev) || !dev->up)
		return NULL;
	if (!copy_has_room(&e->copies, dev)) {
		dev->hungry = true;
		list_append(&e->hungry, &dev->active_link);
		return NULL;
	}
	c = transmit_device(dev, now);
	/* Without free slices nobody knows who will be able to next. */
	if (c != NULL || list_empty(&e->slices.unused))
		device_activate(dev);
	return c;
}

/*
 * Who has waited longest for a place among the copies comes first. Some that
 * hold many have none where others have: only a few are looked at each time.
 * False when none of them has one.
 */
static bool transmit_feed(struct engine *e)
{
	struct device *dev;
	unsigned i;

	for (i = 0; i < TRANSMIT_FEED && !list_empty(&e->hungry); i++) {
		dev = list_first(&e->hungry, struct device, active_link);
		list_del(&dev->active_link);
		if (copy_has_room(&e->copies, dev)) {
			dev->hungry = false;
			list_push(&e->active, &dev->active_link);
			return true;
		}
		list_append(&e->hungry, &dev->active_link);
	}
	return false;
}

static struct engine_frame *transmit_data(struct engine *e, nsec_t now)
{
	struct device *dev;
	struct list turn;
	struct copy *c;

	transmit_feed(e);
	do {
		list_init(&turn);
		list_splice(&turn, &e->active);
		while (!list_empty(&turn)) {
			dev = list_first(&turn, struct device, active_link);
			c = transmit_turn(dev, now);
			if (c == NULL)
				continue;
			list_splice(&turn, &e->active);
			list_splice(&e->active, &turn);
			return &c->frame;
		}
	} while (transmit_feed(e) || choice_next(e));
	return NULL;
}

/* No data can leave now: what is asked behind it may. False without any. */
static bool transmit_early(struct engine *e, nsec_t now)
{
	bool any = !list_empty(&e->early);
	struct path *p;

	while (!list_empty(&e->early)) {
		p = list_first(&e->early, struct path, early_link);
		list_del(&p->early_link);
		ask_early(p, now);
	}
	return any;
}

struct engine_frame *transmit_next(struct engine *e, nsec_t now)
{
	struct engine_frame *f = transmit_asked(e, now);

	if (f == NULL)
		f = transmit_data(e, now);
	if (f == NULL && transmit_early(e, now))
		f = transmit_asked(e, now);
	return f;
}

/* ---- results ---- */

static void transmit_undo(struct copy *c, nsec_t now)
{
	struct path *p = c->path;

	if (copy_is_control(c))
		ask_unsent(p, c->kind == COPY_CONFIG ? PATH_NEED_CONFIG
						     : PATH_NEED_IDENTIFY);
	flight_unsent(c, now);
}

void transmit_port_down(struct port *port, nsec_t now)
{
	struct list *l;

	port->up = false;
	for (l = port->paths.next; l != &port->paths; l = l->next)
		life_down(list_entry(l, struct path, port_link), now);
}

static void transmit_too_big(struct path *p, const struct copy *c)
{
	p->limit = MAX(c->count / 2, 1u);
	path_log(
	    p, LOG_LEVEL_WARN, "frames do not fit the port's MTU; smaller");
}

void transmit_result(struct engine *e, struct engine_frame *frame,
    enum engine_tx_result result, nsec_t now)
{
	struct aoe_request *rq;
	struct port *port;
	struct copy *c;
	struct path *p;
	bool setting;

	if (result == ENGINE_TX_AGAIN)
		e->stats.tx_again++;
	if (frame->query) {
		port = container_of(frame, struct port, query);
		query_result(e, port, result, now);
		if (result != ENGINE_TX_SENT && result != ENGINE_TX_AGAIN)
			transmit_port_down(port, now);
		return;
	}
	c = container_of(frame, struct copy, frame);
	p = c->path;
	if (result == ENGINE_TX_SENT) {
		flight_sent(c, now);
		if (copy_is_control(c))
			ask_sent(p, now);
		/* The port went down with one that was sent before it. */
		if (!p->port->up)
			life_down(p, now);
		return;
	}
	if (result == ENGINE_TX_AGAIN)
		p->port->blocked = true;
	rq = c->rq;
	setting = c->kind == COPY_SETTING;
	if (result == ENGINE_TX_TOO_BIG && c->count > 1)
		transmit_too_big(p, c);
	else if (result == ENGINE_TX_TOO_BIG && !setting)
		result = ENGINE_TX_PORT_DOWN;
	transmit_undo(c, now);
	if (result == ENGINE_TX_TOO_BIG && setting)
		request_finish(rq, -EMSGSIZE, now);
	/* Those that share its fate come back one by one. */
	if (result == ENGINE_TX_PORT_DOWN && p->port->up)
		transmit_port_down(p->port, now);
}
