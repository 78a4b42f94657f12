/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/request_run.h"
#include <assert.h>
#include <errno.h>
#include "aoe-user/core/ask.h"
#include "aoe-user/core/fence.h"
#include "aoe-user/core/flight.h"
#include "aoe-user/core/flush.h"
#include "aoe-user/core/restart.h"
#include "aoe-user/core/setting.h"
#include "aoe-user/core/span.h"
#include "aoe-user/core/state.h"

enum copy_kind request_kind(const struct aoe_request *rq)
{
	if (rq->s.phase == REQUEST_FLUSH)
		return COPY_FLUSH;
	if (rq->op == AOE_SET_CONFIG)
		return COPY_SETTING;
	if (rq->s.phase == REQUEST_EDGES || rq->op == AOE_READ)
		return COPY_READ;
	return COPY_WRITE;
}

/* Nothing of it is under way. */
static bool request_waits(const struct aoe_request *rq)
{
	return rq->s.phase == REQUEST_WAITING ||
	       rq->s.phase == REQUEST_UNFLUSHED;
}

static const char *request_name(const struct aoe_request *rq)
{
	static const char *const name[] = {
	    [AOE_READ] = "read",
	    [AOE_WRITE] = "write",
	    [AOE_FLUSH] = "flush",
	    [AOE_SET_CONFIG] = "config string",
	};

	return name[rq->op];
}

static void request_count(struct device *dev, const struct aoe_request *rq)
{
	struct device_stats *st = &dev->stats;

	if (rq->s.error == -ECANCELED) {
		st->cancelled++;
	} else if (rq->s.error < 0) {
		st->errors++;
	} else if (rq->op == AOE_READ) {
		st->reads++;
		st->read_bytes += rq->length;
	} else if (rq->op == AOE_WRITE) {
		st->writes++;
		st->write_bytes += rq->length;
	} else if (rq->op == AOE_FLUSH) {
		st->flushes++;
	}
}

/*
 * One less. Who was refused has some unfinished, so that its turn comes with
 * the end of one of them, whatever the others do.
 */
static void request_give_room(struct device *dev)
{
	struct engine *e = dev->e;

	share_give(&e->requests, &dev->unfinished);
	if (!dev->want_room || !share_has_room(&e->requests, &dev->unfinished))
		return;
	dev->want_room = false;
	e->room = true;
}

void request_finish(struct aoe_request *rq, int error, nsec_t now)
{
	struct device *dev = rq->s.dev;
	struct list *l, *tmp;

	(void)now;
	if (rq->s.phase == REQUEST_DONE)
		return;
	assert(dev->pending > 0 && dev->e->pending >= dev->pending);
	list_each(l, tmp, &rq->s.slices)
		slice_put(&dev->e->slices, list_entry(l, struct slice, link));
	flight_orphan(rq);
	fence_leave(&dev->fence, rq, &dev->e->woken);
	heap_remove(&dev->e->woken, &rq->s.turn);
	list_del(&rq->s.wait);
	rq->s.phase = REQUEST_DONE;
	rq->s.error = error;
	request_count(dev, rq);
	list_del(&rq->s.link);
	list_del(&rq->s.ready);
	list_append(&dev->e->finished, &rq->s.ready);
	dev->pending--;
	request_give_room(dev);
}

void request_finish_all(struct device *dev, int error, nsec_t now)
{
	struct list *l, *tmp;

	list_each(l, tmp, &dev->requests)
		request_finish(
		    list_entry(l, struct aoe_request, s.link), error, now);
}

void request_cut_off(struct device *dev, nsec_t now)
{
	struct list *l, *tmp;
	struct aoe_request *rq;

	list_each(l, tmp, &dev->requests) {
		rq = list_entry(l, struct aoe_request, s.link);
		if ((rq->op != AOE_READ && rq->op != AOE_WRITE) ||
		    rq->s.lba + rq->s.count <= dev->sectors)
			continue;
		device_warn(dev, now,
		    "%s at %llu, %zu bytes: beyond the end, which moved",
		    request_name(rq), (unsigned long long)rq->offset,
		    rq->length);
		request_finish(rq, rq->op == AOE_WRITE ? -ENOSPC : -EIO, now);
	}
}

/* A flush, by itself or behind a FUA write; without room it is tried again. */
static void request_begin_flush(struct aoe_request *rq, nsec_t now)
{
	struct device *dev = rq->s.dev;
	nsec_t next = NSEC_NEVER;

	assert(request_waits(rq));
	restart_decide(dev);
	flush_move(dev, now, &next);
	if (next != NSEC_NEVER)
		device_arm(dev, next);
	if (dev->lost_writes && dev->e->cfg.strict_flush) {
		dev->lost_writes = false;
		request_finish(rq, -EIO, now);
		return;
	}
	if (flush_plan(rq) < 0) {
		list_append(&dev->e->starved, &rq->s.wait);
		return;
	}
	rq->s.phase = REQUEST_FLUSH;
	list_append(&dev->errand_requests, &rq->s.ready);
	if (rq->s.left == 0)
		request_finish(rq, 0, now);
}

static void request_begin_setting(struct aoe_request *rq, nsec_t now)
{
	struct device *dev = rq->s.dev;

	assert(rq->s.phase == REQUEST_WAITING);
	if (setting_plan(rq) < 0) {
		list_append(&dev->e->starved, &rq->s.wait);
		return;
	}
	/* Without anybody to go to it waits until a path is identified. */
	if (rq->s.left == 0) {
		list_append(&dev->homeless, &rq->s.wait);
		return;
	}
	rq->s.phase = REQUEST_MAIN;
	rq->s.since = now;
	list_append(&dev->errand_requests, &rq->s.ready);
	device_arm(dev, now);
}

static void request_begin(struct aoe_request *rq, nsec_t now)
{
	struct device *dev = rq->s.dev;

	assert(list_empty(&rq->s.wait) && list_empty(&rq->s.ready));
	if (rq->op == AOE_FLUSH || rq->s.phase == REQUEST_UNFLUSHED) {
		request_begin_flush(rq, now);
		return;
	}
	if (rq->op == AOE_SET_CONFIG) {
		request_begin_setting(rq, now);
		return;
	}
	assert(rq->s.phase == REQUEST_WAITING);
	if (rq->op == AOE_WRITE && span_has_edges(rq)) {
		rq->s.phase = REQUEST_EDGES;
		span_plan_edges(rq);
	} else {
		rq->s.phase = REQUEST_MAIN;
		span_plan(rq);
	}
	list_append(&dev->ready, &rq->s.ready);
	device_activate(dev);
}

/* What still has to end before it may go on, or NULL. */
static struct range *request_obstacle(const struct aoe_request *rq)
{
	const struct fence *f = &rq->s.dev->fence;
	struct range *r;

	if (rq->s.phase == REQUEST_UNFLUSHED)
		return NULL;
	r = fence_earlier(f, rq);
	return r != NULL ? r : fence_late(f, rq);
}

static void request_admit_woken(struct engine *e, nsec_t now)
{
	struct aoe_request *rq;
	struct range *obstacle;

	while (e->woken.first != NULL) {
		rq = container_of(e->woken.first, struct aoe_request, s.turn);
		heap_remove(&e->woken, &rq->s.turn);
		obstacle = request_obstacle(rq);
		if (obstacle != NULL)
			fence_wait(rq, obstacle);
		else
			request_begin(rq, now);
	}
}

void request_admit(struct engine *e, nsec_t now)
{
	struct aoe_request *rq;

	request_admit_woken(e, now);
	while (!list_empty(&e->starved) && !list_empty(&e->slices.unused)) {
		rq = list_first(&e->starved, struct aoe_request, s.wait);
		list_del(&rq->s.wait);
		heap_set(&e->woken, &rq->s.turn, rq->s.range.arrival);
		request_admit_woken(e, now);
		if (!list_empty(&rq->s.wait)) /* it needs more of them */
			break;
	}
}

/* A setting is for all of its MACs; that is like one sector. */
static void request_bound(struct aoe_request *rq)
{
	rq->s.lba = 0;
	rq->s.count = 1;
	if (rq->op == AOE_READ || rq->op == AOE_WRITE)
		span_bound(rq);
	rq->s.range = (struct range){
	    .lba = rq->s.lba,
	    .end = rq->s.lba + rq->s.count,
	    .arrival = rq->s.dev->e->arrivals++,
	};
}

void request_start(struct device *dev, struct aoe_request *rq, nsec_t now)
{
	struct engine *e = dev->e;
	struct range *obstacle;

	rq->s.dev = dev;
	rq->s.phase = REQUEST_WAITING;
	rq->s.error = 0;
	rq->s.left = 0;
	rq->s.parts = rq->s.cut_part = 0;
	rq->s.deadline = nsec_add(now, e->cfg.dead_time);
	list_init(&rq->s.ready);
	list_init(&rq->s.wait);
	rq->s.turn = (struct heap_node){0};
	list_init(&rq->s.slices);
	list_init(&rq->s.copies);
	list_append(&dev->requests, &rq->s.link);
	dev->pending++;
	e->pending++;
	share_take(&e->requests, &dev->unfinished);
	request_bound(rq);
	if (rq->s.deadline != NSEC_NEVER)
		device_arm(dev, rq->s.deadline);
	if (!dev->up)
		device_arm(dev, now);
	obstacle = fence_arrive(&dev->fence, rq);
	if (obstacle != NULL) {
		dev->stats.held++;
	} else {
		obstacle = fence_late(&dev->fence, rq);
		dev->stats.fenced += obstacle != NULL;
	}
	if (obstacle != NULL)
		fence_wait(rq, obstacle);
	else
		request_begin(rq, now);
	ask_kick(dev, now);
}

void request_extend(struct device *dev, nsec_t gap)
{
	struct list *l, *m;
	struct aoe_request *rq;
	struct slice *s;

	for (l = dev->requests.next; l != &dev->requests; l = l->next) {
		rq = list_entry(l, struct aoe_request, s.link);
		rq->s.deadline = nsec_add(rq->s.deadline, gap);
		rq->s.since = nsec_add(rq->s.since, gap);
		for (m = rq->s.slices.next; m != &rq->s.slices; m = m->next) {
			s = list_entry(m, struct slice, link);
			if (s->later_at != 0)
				s->later_at = nsec_add(s->later_at, gap);
		}
	}
}

nsec_t request_expire(struct device *dev, nsec_t now)
{
	struct list *l, *tmp;
	struct aoe_request *rq;

	list_each(l, tmp, &dev->requests) {
		rq = list_entry(l, struct aoe_request, s.link);
		if (rq->s.deadline > now)
			return rq->s.deadline;
		device_warn(dev, now,
		    "%s at %llu, %zu bytes: no answer in %llu s",
		    request_name(rq), (unsigned long long)rq->offset,
		    rq->length,
		    (unsigned long long)(dev->e->cfg.dead_time / NSEC_SEC));
		request_finish(rq, -EIO, now);
	}
	return NSEC_NEVER;
}

void request_replan(struct aoe_request *rq, nsec_t now)
{
	struct device *dev = rq->s.dev;
	bool fua = rq->op == AOE_WRITE;
	struct list *l, *tmp;

	assert(rq->s.phase == REQUEST_FLUSH ||
	       (rq->op == AOE_SET_CONFIG && rq->s.phase == REQUEST_MAIN));
	list_each(l, tmp, &rq->s.slices)
		slice_put(&dev->e->slices, list_entry(l, struct slice, link));
	flight_orphan(rq);
	list_del(&rq->s.ready);
	rq->s.phase = fua ? REQUEST_UNFLUSHED : REQUEST_WAITING;
	request_begin(rq, now);
}

static void request_advance(struct aoe_request *rq, nsec_t now)
{
	struct device *dev = rq->s.dev;

	assert(list_empty(&rq->s.slices) && !slice_uncut(rq));
	flight_orphan(rq);
	if (rq->s.phase == REQUEST_EDGES) {
		span_merge(rq);
		rq->s.phase = REQUEST_MAIN;
		span_plan(rq);
		list_append(&dev->ready, &rq->s.ready);
		device_activate(dev);
		return;
	}
	if (rq->s.phase == REQUEST_MAIN && rq->op == AOE_READ)
		span_deliver(rq);
	if (rq->s.phase == REQUEST_MAIN && rq->op == AOE_WRITE && rq->fua) {
		rq->s.phase = REQUEST_UNFLUSHED;
		request_begin_flush(rq, now);
		return;
	}
	request_finish(rq, 0, now);
}

void request_slice_done(struct slice *s, nsec_t now)
{
	struct aoe_request *rq = s->rq;

	assert(rq->s.left >= s->count);
	rq->s.left -= s->count;
	slice_put(&rq->s.dev->e->slices, s);
	if (rq->s.left == 0)
		request_advance(rq, now);
}
