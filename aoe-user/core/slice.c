/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/slice.h"
#include <assert.h>
#include <errno.h>
#include "aoe-user/core/device.h"

int slice_pool_init(
    struct slice_pool *p, const struct engine_alloc *alloc, unsigned size)
{
	unsigned i;

	list_init(&p->unused);
	p->size = size;
	/* The rest is for parts that became smaller while in use. */
	share_pool_init(&p->pool, size - size / 4);
	p->all = alloc->get(alloc->ctx, size * sizeof(*p->all));
	if (p->all == NULL)
		return -ENOMEM;
	for (i = 0; i < size; i++)
		list_append(&p->unused, &p->all[i].link);
	return 0;
}

void slice_pool_fini(struct slice_pool *p, const struct engine_alloc *alloc)
{
	if (p->all != NULL)
		alloc->put(alloc->ctx, p->all, p->size * sizeof(*p->all));
	p->all = NULL;
}

static struct slice *slice_take(struct slice_pool *p, struct aoe_request *rq)
{
	struct slice *s;

	if (list_empty(&p->unused))
		return NULL;
	s = list_first(&p->unused, struct slice, link);
	list_del(&s->link);
	*s = (struct slice){.rq = rq};
	list_init(&s->link);
	list_init(&s->queue);
	share_take(&p->pool, &rq->s.dev->slices);
	return s;
}

struct slice *slice_get(struct slice_pool *p, struct aoe_request *rq)
{
	if (!share_has_room(&p->pool, &rq->s.dev->slices))
		return NULL;
	return slice_take(p, rq);
}

void slice_put(struct slice_pool *p, struct slice *s)
{
	assert(s->rq != NULL);
	list_del(&s->link);
	list_del(&s->queue);
	list_push(&p->unused, &s->link);
	share_give(&p->pool, &s->rq->s.dev->slices);
	s->rq = NULL; /* it is nobody's */
}

bool slice_uncut(const struct aoe_request *rq)
{
	return rq->s.cut_part < rq->s.parts;
}

struct slice *slice_cut(
    struct slice_pool *p, struct aoe_request *rq, unsigned max)
{
	const struct span_part *part = &rq->s.part[rq->s.cut_part];
	uint64_t left;
	struct slice *s;

	if (!slice_uncut(rq) || max == 0)
		return NULL;
	assert(rq->s.cut_done < part->count);
	s = slice_get(p, rq);
	if (s == NULL)
		return NULL;
	left = part->count - rq->s.cut_done;
	s->lba = part->lba + rq->s.cut_done;
	s->mem = part->mem + rq->s.cut_done * WIRE_SECTOR;
	s->count = (unsigned)MIN((uint64_t)max, left);
	list_append(&rq->s.slices, &s->link);
	rq->s.cut_done += s->count;
	if (rq->s.cut_done == part->count) {
		rq->s.cut_part++;
		rq->s.cut_done = 0;
	}
	return s;
}

int slice_split(struct slice_pool *p, struct slice *s, unsigned max)
{
	bool alone = s->rq->s.dev->frames.used == 0;
	struct slice *rest = alone ? slice_take(p, s->rq) : slice_get(p, s->rq);

	assert(max > 0 && max < s->count);
	if (rest == NULL)
		return -ENOMEM;
	rest->remote = s->remote;
	rest->lba = s->lba + max;
	rest->count = s->count - max;
	rest->mem = s->mem + (size_t)max * WIRE_SECTOR;
	rest->copies = s->copies;
	rest->out = s->out;
	rest->tries = s->tries;
	rest->faults = s->faults;
	rest->single = s->single;
	rest->error = s->error;
	rest->later_at = s->later_at;
	s->count = max;
	list_insert(&s->link, &rest->link);
	return 0;
}
