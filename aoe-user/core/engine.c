/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/engine.h"
#include <assert.h>
#include <errno.h>
#include "aoe-user/core/ask.h"
#include "aoe-user/core/choice.h"
#include "aoe-user/core/flight.h"
#include "aoe-user/core/life.h"
#include "aoe-user/core/overdue.h"
#include "aoe-user/core/receive.h"
#include "aoe-user/core/request_run.h"
#include "aoe-user/core/restart.h"
#include "aoe-user/core/rival.h"
#include "aoe-user/core/state.h"
#include "aoe-user/core/swap.h"
#include "aoe-user/core/transmit.h"
#include "aoe-user/core/verify.h"

#define ENGINE_DEAD_TIME (180 * NSEC_SEC)
#define ENGINE_LATE_COPY NSEC_SEC
#define ENGINE_MAX_REQUESTS 4096u
#define ENGINE_EXPECT                                                          \
	(60 * NSEC_SEC)   /* how long an expected device is asked              \
			   */
#define ENGINE_SLICES 64u /* more of them than copies: those not sent yet */
#define ENGINE_MTU_MIN 68u
#define ENGINE_ASLEEP NSEC_SEC /* late by so much: nobody ran the process */

int engine_new(
    struct engine **out, const struct engine_config *config, nsec_t now)
{
	struct engine *e;

	if (config->alloc.get == NULL || config->alloc.put == NULL)
		return -EINVAL;
	e = config->alloc.get(config->alloc.ctx, sizeof(*e));
	if (e == NULL)
		return -ENOMEM;
	e->cfg = *config;
	if (e->cfg.dead_time == 0)
		e->cfg.dead_time = ENGINE_DEAD_TIME;
	if (e->cfg.late_copy == 0)
		e->cfg.late_copy = ENGINE_LATE_COPY;
	share_pool_init(&e->requests,
	    config->max_requests ? config->max_requests : ENGINE_MAX_REQUESTS);
	e->rng.state = config->seed;
	device_table_init(e);
	port_table_init(e);
	list_init(&e->port_work);
	list_init(&e->active);
	list_init(&e->hungry);
	list_init(&e->roomy);
	list_init(&e->early);
	list_init(&e->finished);
	list_init(&e->starved);
	list_init(&e->events);
	discover_init(e);
	roster_init(&e->roster);
	if (copy_table_init(&e->copies, config, rng_next(&e->rng)) < 0 ||
	    slice_pool_init(&e->slices, &e->cfg.alloc,
		e->copies.size + ENGINE_SLICES) < 0) {
		engine_free(e);
		return -ENOMEM;
	}
	discover_start(e, now);
	e->called_at = now;
	*out = e;
	return 0;
}

/*
 * It is that late. The process was stopped, or the machine slept: what nobody
 * could do in that time is not held against requests. Who a disk is and what
 * may be late still go by the clock.
 */
static void engine_wake(struct engine *e, nsec_t now)
{
	nsec_t due = MAX(e->called_at, timer_first(&e->timers));
	struct device *dev;

	if (nsec_since(due, now) >= ENGINE_ASLEEP) {
		for (dev = device_next(e, NULL); dev; dev = device_next(e, dev))
			request_extend(dev, nsec_since(due, now));
	}
	e->called_at = now;
}

static void engine_hold(struct engine *e, struct device *dev)
{
	share_hold(&e->copies.pool, &dev->frames);
	share_hold(&e->slices.pool, &dev->slices);
	share_hold(&e->requests, &dev->unfinished);
}

static void engine_release(struct engine *e, struct device *dev)
{
	share_release(&e->copies.pool, &dev->frames);
	share_release(&e->slices.pool, &dev->slices);
	share_release(&e->requests, &dev->unfinished);
}

static void engine_drop(struct engine *e, struct device *dev)
{
	struct list *l, *tmp;
	struct path *p;

	if (dev->opens > 0)
		engine_release(e, dev);
	list_each(l, tmp, &dev->paths) {
		p = list_entry(l, struct path, dev_link);
		flight_drop(p);
		path_free(e, p);
	}
	roster_remove(dev);
	device_remove(e, dev);
}

void engine_free(struct engine *e)
{
	struct engine_alloc alloc;
	struct device *dev;
	struct port *port;

	if (e == NULL)
		return;
	alloc = e->cfg.alloc;
	while ((dev = device_next(e, NULL)) != NULL)
		engine_drop(e, dev);
	while ((port = port_next(e, NULL)) != NULL)
		port_free(e, port);
	slice_pool_fini(&e->slices, &alloc);
	copy_table_fini(&e->copies, &alloc);
	alloc.put(alloc.ctx, e, sizeof(*e));
}

/* ---- ports ---- */

int engine_port_set(struct engine *e, unsigned id, struct mac mac, unsigned mtu,
    bool up, nsec_t now)
{
	struct port *p = port_find(e, id);
	struct device *dev;
	bool was_up, moved;

	if (p == NULL)
		p = port_new(e, id);
	if (p == NULL)
		return -ENOMEM;
	was_up = p->up;
	moved = p->mtu != mtu || !mac_equal(p->mac, mac);
	p->mac = mac;
	p->mtu = MAX(mtu, ENGINE_MTU_MIN);
	if (was_up && (!up || moved))
		transmit_port_down(p, now);
	p->up = up;
	if (up && (!was_up || moved)) {
		p->blocked = false;
		p->asked_at = NSEC_NEVER;
		choice_unblock(p);
		discover_start(e, now);
		for (dev = device_next(e, NULL); dev != NULL;
		     dev = device_next(e, dev))
			ask_kick(dev, now);
	}
	request_admit(e, now);
	return 0;
}

void engine_port_remove(struct engine *e, unsigned id, nsec_t now)
{
	struct port *port = port_find(e, id);
	struct list *l, *tmp;
	struct path *p;

	if (port == NULL)
		return;
	transmit_port_down(port, now);
	list_each(l, tmp, &port->paths) {
		p = list_entry(l, struct path, port_link);
		path_unport(e, p);
		timer_at_latest(&e->timers, &p->timer, now);
	}
	port_free(e, port);
	request_admit(e, now);
}

void engine_rx(
    struct engine *e, unsigned id, const void *frame, size_t len, nsec_t now)
{
	struct port *port = port_find(e, id);

	engine_wake(e, now);
	if (port != NULL)
		receive_frame(e, port, frame, len, now);
	request_admit(e, now);
}

void engine_discover(struct engine *e, nsec_t now)
{
	discover_start(e, now);
}

int engine_expect(struct engine *e, struct aoe_addr addr, nsec_t now)
{
	struct device *dev = device_find(e, addr);

	if (!addr_is_device(addr))
		return -EINVAL;
	if (dev == NULL)
		dev = roster_add(e, addr, true, now);
	if (dev == NULL)
		return -ENOMEM;
	roster_keep(dev);
	dev->expect_until = nsec_add(now, ENGINE_EXPECT);
	device_arm(dev, now);
	rival_ask(dev, now);
	ask_kick(dev, now);
	return 0;
}

/* ---- devices and requests ---- */

int engine_open(struct engine *e, struct device *dev)
{
	if (dev->swapped)
		return -ESTALE;
	if (!dev->known || !dev->settled)
		return -EAGAIN;
	if (dev->contested)
		return -ENOTUNIQ;
	if (addr_is_unset(dev->addr) && !e->cfg.allow_unset)
		return -EPERM;
	if (dev->opens++ == 0) {
		engine_hold(e, dev);
		roster_heard(dev);
	}
	return 0;
}

void engine_close(struct engine *e, struct device *dev, nsec_t now)
{
	if (dev->opens == 0 || --dev->opens > 0)
		return;
	dev->closed_at = now;
	engine_release(e, dev);
	roster_heard(dev);
	if (dev->swapped || dev->swap_at != NSEC_NEVER)
		verify_forget(dev, now);
	rival_look(dev, now);
	request_admit(e, now);
}

static int engine_check_request(
    const struct device *dev, const struct aoe_request *rq)
{
	uint64_t size = dev->sectors * WIRE_SECTOR;

	if (rq->op == AOE_FLUSH)
		return 0;
	if (rq->op == AOE_SET_CONFIG)
		return rq->length <= WIRE_CONFIG_MAX ? 0 : -EINVAL;
	if ((rq->op != AOE_READ && rq->op != AOE_WRITE) || rq->length == 0)
		return -EINVAL;
	if (rq->offset > size || rq->length > size - rq->offset)
		return rq->op == AOE_WRITE ? -ENOSPC : -EINVAL;
	return 0;
}

int engine_submit(
    struct engine *e, struct device *dev, struct aoe_request *rq, nsec_t now)
{
	int ret;

	engine_wake(e, now);
	if (e->stopped)
		return -ESHUTDOWN;
	if (dev->swapped)
		return -ESTALE;
	ret = engine_check_request(dev, rq);
	if (ret < 0)
		return ret;
	if (!share_has_room(&e->requests, &dev->unfinished)) {
		dev->want_room = true;
		return -EAGAIN;
	}
	request_start(dev, rq, now);
	request_admit(e, now);
	return 0;
}

void engine_cancel(struct engine *e, struct aoe_request *rq, nsec_t now)
{
	request_finish(rq, -ECANCELED, now);
	request_admit(e, now);
}

/* Slices that the target wanted later go back to the queue when it is time. */
static nsec_t engine_release_delayed(struct device *dev, nsec_t now)
{
	nsec_t next = NSEC_NEVER;
	struct list *l, *tmp;
	struct slice *s;

	list_each(l, tmp, &dev->delayed) {
		s = list_entry(l, struct slice, queue);
		if (s->not_before > now) {
			next = nsec_min(next, s->not_before);
			continue;
		}
		device_queue(dev, s);
	}
	return next;
}

static void engine_device_tick(struct device *dev, nsec_t now)
{
	nsec_t next = request_expire(dev, now);

	next = nsec_min(next, engine_release_delayed(dev, now));
	next = nsec_min(next, overdue_tick(dev, now));
	next = nsec_min(next, restart_tick(dev, now));
	next = nsec_min(next, rival_tick(dev, now));
	next = nsec_min(next, swap_tick(dev, now));
	next = nsec_min(next, discover_expected(dev, now));
	timer_set(&dev->e->timers, &dev->timer, next);
}

void engine_tick(struct engine *e, nsec_t now)
{
	struct timer *t;

	engine_wake(e, now);
	while ((t = timer_expire(&e->timers, now)) != NULL) {
		switch (t->kind) {
		case TIMER_PATH:
			life_tick(container_of(t, struct path, timer), now);
			break;
		case TIMER_DEVICE:
			engine_device_tick(
			    container_of(t, struct device, timer), now);
			break;
		case TIMER_DISCOVER:
			discover_tick(e, now);
			break;
		}
	}
	request_admit(e, now);
}

/* ---- out ---- */

void engine_port_writable(struct engine *e, unsigned id, bool writable)
{
	struct port *port = port_find(e, id);

	if (port == NULL)
		return;
	port->blocked = !writable;
	if (!writable)
		return;
	choice_unblock(port);
	port_work(e, port);
}

bool engine_tx(struct engine *e, struct engine_frame **out, nsec_t now)
{
	*out = transmit_next(e, now);
	return *out != NULL;
}

void engine_tx_result(struct engine *e, struct engine_frame *frame,
    enum engine_tx_result result, nsec_t now)
{
	transmit_result(e, frame, result, now);
	request_admit(e, now);
}

nsec_t engine_deadline(const struct engine *e)
{
	/*
	 * Some end inside submit, a flush of a clean disk: reap them now. Or in
	 * a pull, a setting that fits no frame: others may follow it.
	 */
	if (!list_empty(&e->finished) || !list_empty(&e->events) ||
	    e->woken.first != NULL)
		return 0;
	return timer_first(&e->timers);
}

static unsigned engine_reap_events(struct engine *e)
{
	struct device *dev;
	unsigned events, n = 0;

	while (!list_empty(&e->events)) {
		dev = list_first(&e->events, struct device, event_link);
		list_del(&dev->event_link);
		events = dev->events;
		dev->events = 0;
		/* Whoever opened it since it was to go keeps it. */
		if (dev->opens > 0 || dev->pending > 0) {
			events &= ~(unsigned)ENGINE_GONE;
			roster_keep(dev);
		}
		if (events != 0 && e->cfg.on_device != NULL)
			e->cfg.on_device(e->cfg.ctx, dev, events);
		n++;
		if (events & ENGINE_GONE)
			engine_drop(e, dev);
	}
	return n;
}

unsigned engine_reap(struct engine *e)
{
	struct list finished;
	struct aoe_request *rq;
	unsigned n = 0;

	list_init(&finished);
	list_splice(&finished, &e->finished);
	while (!list_empty(&finished)) {
		rq = list_first(&finished, struct aoe_request, s.ready);
		list_del(&rq->s.ready);
		assert(e->pending > 0 && rq->s.phase == REQUEST_DONE);
		e->pending--;
		n++;
		rq->done(rq, rq->s.error);
	}
	n += engine_reap_events(e);
	if (e->room) {
		e->room = false;
		n++;
		if (e->cfg.on_room != NULL)
			e->cfg.on_room(e->cfg.ctx);
	}
	return n;
}

void engine_quiesce(struct engine *e, nsec_t now)
{
	struct device *dev;

	e->stopped = true;
	for (dev = device_next(e, NULL); dev; dev = device_next(e, dev))
		request_finish_all(dev, -ESHUTDOWN, now);
}

unsigned engine_fences(const struct engine *e)
{
	const struct device *dev;
	const struct list *l;
	unsigned n = 0;

	for (dev = device_next(e, NULL); dev; dev = device_next(e, dev)) {
		for (l = dev->late.next; l != &dev->late; l = l->next)
			n++;
	}
	return n;
}

unsigned engine_pending(const struct engine *e)
{
	return e->pending;
}

struct device *engine_find(const struct engine *e, struct aoe_addr addr)
{
	return device_find(e, addr);
}

int engine_forget(struct engine *e, struct device *dev)
{
	(void)e;
	if (dev->opens > 0 || dev->pending > 0 || !list_empty(&dev->late))
		return -EBUSY;
	device_event(dev, ENGINE_GONE);
	return 0;
}

const struct engine_stats *engine_stats(const struct engine *e)
{
	return &e->stats;
}
