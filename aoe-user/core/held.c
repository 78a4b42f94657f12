/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/held.h"
#include <assert.h>
#include "aoe-user/core/flush.h"
#include "aoe-user/core/life.h"
#include "aoe-user/core/outcome.h"

/* Another answer for some of its sectors is kept already. */
static bool held_clash(const struct copy *c)
{
	const struct list *l;
	const struct copy *d;

	for (l = c->dev->held.next; l != &c->dev->held; l = l->next) {
		d = list_entry(l, struct copy, held_link);
		if (d->rq == c->rq && d->remote == c->remote &&
		    copy_overlaps(d, c->lba, c->count))
			return true;
	}
	return false;
}

void held_keep(struct copy *c, struct remote *r, const uint8_t *data)
{
	if (c->held != NULL || (c->rq != NULL && held_clash(c)))
		return;
	assert(c->state == COPY_OUT || c->state == COPY_LOST);
	assert(list_empty(&c->held_link) && r->dev == c->dev);
	c->held = r;
	list_append(&c->dev->held, &c->held_link);
	if (data != NULL && c->rq != NULL)
		outcome_fill(c->rq, c, data);
}

static void held_accept(struct copy *c, nsec_t now)
{
	struct aoe_request *rq = c->rq;
	struct device *dev = c->dev;

	assert(c->held != NULL && !list_empty(&c->held_link));
	if (c->kind == COPY_WRITE)
		flush_mark(dev, c->path->remote);
	life_answered(c, now);
	device_activate(dev);
	if (c->kind == COPY_FLUSH)
		outcome_flushed(dev, c->path->remote, c->flush_seq, now);
	else if (rq != NULL)
		outcome_good(rq, c, NULL, now);
}

/* The first one that it gave; each that ends may end others. */
static struct copy *held_first(const struct remote *r, const struct device *dev)
{
	const struct list *l;
	struct copy *c;

	for (l = dev->held.next; l != &dev->held; l = l->next) {
		c = list_entry(l, struct copy, held_link);
		if (c->held == r)
			return c;
	}
	return NULL;
}

void held_release(struct remote *r, struct device *dev, nsec_t now)
{
	struct copy *c;

	while ((c = held_first(r, dev)) != NULL)
		held_accept(c, now);
}

void held_drop(struct remote *r, struct device *dev)
{
	struct copy *c;

	while ((c = held_first(r, dev)) != NULL) {
		list_del(&c->held_link);
		c->held = NULL;
	}
}
