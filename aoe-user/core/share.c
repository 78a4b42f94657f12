/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/share.h"
#include <assert.h>

void share_pool_init(struct share_pool *p, unsigned max)
{
	*p = (struct share_pool){.max = max};
	list_init(&p->held);
}

void share_init(struct share *s)
{
	s->used = 0;
	list_init(&s->link);
}

static unsigned share_part(const struct share_pool *p, const struct share *s)
{
	return list_empty(&s->link) ? 1 : p->each;
}

static unsigned share_beyond(const struct share_pool *p, const struct share *s)
{
	unsigned part = share_part(p, s);

	return s->used > part ? s->used - part : 0;
}

/* A holder more or less: the part of each changes. */
static void share_divide(struct share_pool *p, unsigned holders)
{
	struct list *l;

	for (l = p->held.next; l != &p->held; l = l->next)
		p->beyond -= share_beyond(p, list_entry(l, struct share, link));
	p->holders = holders;
	/* One by itself need not leave anything for others. */
	p->each = holders > 1 ? MAX(p->max / 2 / holders, 1u) : p->max;
	for (l = p->held.next; l != &p->held; l = l->next)
		p->beyond += share_beyond(p, list_entry(l, struct share, link));
}

void share_hold(struct share_pool *p, struct share *s)
{
	assert(list_empty(&s->link));
	share_divide(p, p->holders + 1);
	p->beyond -= share_beyond(p, s);
	list_append(&p->held, &s->link);
	p->beyond += share_beyond(p, s);
}

void share_release(struct share_pool *p, struct share *s)
{
	assert(!list_empty(&s->link));
	p->beyond -= share_beyond(p, s);
	list_del(&s->link);
	p->beyond += share_beyond(p, s);
	share_divide(p, p->holders - 1);
}

bool share_has_room(const struct share_pool *p, const struct share *s)
{
	unsigned taken = p->holders * p->each + p->beyond;

	if (s->used < share_part(p, s))
		return true;
	return taken < p->max && share_beyond(p, s) < p->max - taken;
}

void share_take(struct share_pool *p, struct share *s)
{
	s->used++;
	if (s->used > share_part(p, s))
		p->beyond++;
}

void share_give(struct share_pool *p, struct share *s)
{
	assert(s->used > 0);
	if (s->used > share_part(p, s)) {
		assert(p->beyond > 0);
		p->beyond--;
	}
	s->used--;
}
