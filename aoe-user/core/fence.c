/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/fence.h"
#include <assert.h>
#include "aoe-user/core/copy.h"

void fence_init(struct fence *f, uint64_t seed)
{
	ranges_init(&f->reads, seed);
	ranges_init(&f->writes, seed);
	ranges_init(&f->settings, seed);
	ranges_init(&f->late_writes, seed);
	ranges_init(&f->late_settings, seed);
}

/* NULL for a flush, which goes beside everything. */
static struct ranges *fence_ranges(
    struct fence *f, const struct aoe_request *rq)
{
	switch (rq->op) {
	case AOE_READ:
		return &f->reads;
	case AOE_WRITE:
		return &f->writes;
	case AOE_SET_CONFIG:
		return &f->settings;
	case AOE_FLUSH:
		break;
	}
	return NULL;
}

static struct ranges *fence_ranges_of(struct fence *f, struct range *r)
{
	return fence_ranges(f, container_of(r, struct aoe_request, s.range));
}

static struct range *fence_later(struct range *a, struct range *b)
{
	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	return a->arrival > b->arrival ? a : b;
}

struct range *fence_arrive(struct fence *f, struct aoe_request *rq)
{
	struct range *r = &rq->s.range, *last = NULL;

	list_init(&r->waiters);
	rq->s.hides = NULL;
	switch (rq->op) {
	case AOE_READ:
		last = range_last(&f->writes, r->lba, r->end);
		break;
	case AOE_WRITE:
		last = fence_later(range_last(&f->writes, r->lba, r->end),
		    range_last(&f->reads, r->lba, r->end));
		break;
	case AOE_SET_CONFIG:
		last = range_last(&f->settings, r->lba, r->end);
		break;
	case AOE_FLUSH:
		return NULL;
	}
	if (last != NULL && rq->op == AOE_WRITE && r->lba <= last->lba &&
	    last->end <= r->end) {
		range_remove(fence_ranges_of(f, last), last);
		rq->s.hides = last;
	}
	range_add(fence_ranges(f, rq), r);
	return last;
}

/* The first one, if it is earlier than what asks. */
static struct range *fence_first(const struct ranges *rs, const struct range *r)
{
	struct range *first = range_first(rs, r->lba, r->end);

	return first != NULL && first->arrival < r->arrival ? first : NULL;
}

struct range *fence_earlier(const struct fence *f, const struct aoe_request *rq)
{
	const struct range *r = &rq->s.range;
	struct range *first;

	switch (rq->op) {
	case AOE_READ:
		return fence_first(&f->writes, r);
	case AOE_WRITE:
		first = fence_first(&f->writes, r);
		return first != NULL ? first : fence_first(&f->reads, r);
	case AOE_SET_CONFIG:
		return fence_first(&f->settings, r);
	case AOE_FLUSH:
		break;
	}
	return NULL;
}

struct range *fence_late(const struct fence *f, const struct aoe_request *rq)
{
	const struct range *r = &rq->s.range;

	switch (rq->op) {
	case AOE_WRITE:
		return range_last(&f->late_writes, r->lba, r->end);
	case AOE_SET_CONFIG:
		return range_last(&f->late_settings, r->lba, r->end);
	case AOE_READ:
	case AOE_FLUSH:
		break;
	}
	return NULL;
}

static struct ranges *fence_late_ranges(struct fence *f, const struct copy *c)
{
	return c->kind == COPY_SETTING ? &f->late_settings : &f->late_writes;
}

void fence_add_late(struct fence *f, struct copy *c, uint64_t arrival)
{
	assert(!c->range.node.in);
	c->range = (struct range){
	    .lba = c->lba, .end = c->lba + c->count, .arrival = arrival};
	list_init(&c->range.waiters);
	range_add(fence_late_ranges(f, c), &c->range);
}

void fence_wait(struct aoe_request *rq, struct range *obstacle)
{
	assert(list_empty(&rq->s.wait) && !rq->s.turn.in);
	/* What it hides is in the fence no more, but under way. */
	assert(obstacle->node.in || rq->s.hides == obstacle);
	list_append(&obstacle->waiters, &rq->s.wait);
}

void fence_wake(struct list *waiters, struct heap *woken)
{
	struct aoe_request *rq;

	while (!list_empty(waiters)) {
		rq = list_first(waiters, struct aoe_request, s.wait);
		list_del(&rq->s.wait);
		rq->s.hides = NULL;
		heap_set(woken, &rq->s.turn, rq->s.range.arrival);
	}
}

void fence_leave(struct fence *f, struct aoe_request *rq, struct heap *woken)
{
	struct range *hidden = rq->s.hides;

	if (rq->op == AOE_FLUSH)
		return;
	/* It leaves before its turn. */
	if (hidden != NULL)
		range_add(fence_ranges_of(f, hidden), hidden);
	rq->s.hides = NULL;
	range_remove(fence_ranges(f, rq), &rq->s.range);
	fence_wake(&rq->s.range.waiters, woken);
}

void fence_leave_late(struct fence *f, struct copy *c, struct heap *woken)
{
	if (!c->range.node.in)
		return;
	range_remove(fence_late_ranges(f, c), &c->range);
	fence_wake(&c->range.waiters, woken);
}
