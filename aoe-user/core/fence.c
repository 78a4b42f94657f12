/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/fence.h"
#include "aoe-user/core/copy.h"
#include "aoe-user/core/device.h"

static bool fence_conflict(
    const struct aoe_request *a, const struct aoe_request *b)
{
	if (a->op == AOE_FLUSH || b->op == AOE_FLUSH)
		return false;
	if (a->op == AOE_READ && b->op == AOE_READ)
		return false;
	/* One setting at a time, and no sector is touched by it. */
	if (a->op == AOE_SET_CONFIG || b->op == AOE_SET_CONFIG)
		return a->op == b->op;
	return a->s.lba < b->s.lba + b->s.count &&
	       b->s.lba < a->s.lba + a->s.count;
}

bool fence_overlapped(const struct device *dev, const struct aoe_request *rq)
{
	const struct list *l;

	for (l = dev->requests.next; l != &rq->s.link; l = l->next) {
		if (fence_conflict(
			list_entry(l, struct aoe_request, s.link), rq))
			return true;
	}
	return false;
}

bool fence_late(const struct device *dev, const struct aoe_request *rq)
{
	bool setting = rq->op == AOE_SET_CONFIG;
	const struct list *l;
	const struct copy *c;

	for (l = dev->late.next; l != &dev->late; l = l->next) {
		c = list_entry(l, struct copy, owner_link);
		if (setting ? c->kind == COPY_SETTING
			    : c->kind == COPY_WRITE &&
				  copy_overlaps(c, rq->s.lba, rq->s.count))
			return true;
	}
	return false;
}
