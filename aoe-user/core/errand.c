/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/errand.h"
#include <assert.h>
#include <errno.h>
#include "aoe-user/core/state.h"

static void errand_drop(struct aoe_request *rq)
{
	struct list *l, *tmp;

	list_each(l, tmp, &rq->s.slices)
		slice_put(
		    &rq->s.dev->e->slices, list_entry(l, struct slice, link));
	rq->s.left = 0;
}

int errand_plan(struct aoe_request *rq,
    bool (*wants)(const struct device *dev, const struct remote *r))
{
	struct device *dev = rq->s.dev;
	struct list *l, *tmp;
	struct remote *r;
	struct slice *s;

	assert(list_empty(&rq->s.slices) && list_empty(&rq->s.copies));
	rq->s.left = 0;
	rq->s.parts = rq->s.cut_part = 0;
	for (l = dev->remotes.next; l != &dev->remotes; l = l->next) {
		r = list_entry(l, struct remote, link);
		if (!wants(dev, r))
			continue;
		s = slice_get(&dev->e->slices, rq);
		if (s == NULL) {
			errand_drop(rq);
			return -ENOMEM;
		}
		s->remote = r;
		s->count = 1;
		list_append(&rq->s.slices, &s->link);
		rq->s.left++;
	}
	list_each(l, tmp, &rq->s.slices)
		device_resend(dev, list_entry(l, struct slice, link));
	return 0;
}

struct slice *errand_slice(const struct aoe_request *rq, const struct remote *r)
{
	const struct list *l;
	struct slice *s;

	for (l = rq->s.slices.next; l != &rq->s.slices; l = l->next) {
		s = list_entry(l, struct slice, link);
		if (s->remote == r)
			return s;
	}
	return NULL;
}
