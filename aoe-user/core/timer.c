/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/timer.h"
#include <stddef.h>

static struct timer *timer_meld(struct timer *a, struct timer *b)
{
	struct timer *t;

	if (a == NULL)
		return b;
	if (b == NULL)
		return a;
	if (b->at < a->at) {
		t = a;
		a = b;
		b = t;
	}
	b->prev = a;
	b->next = a->child;
	if (a->child != NULL)
		a->child->prev = b;
	a->child = b;
	a->next = a->prev = NULL;
	return a;
}

/* Melds siblings in pairs from the left, then the pairs from the right. */
static struct timer *timer_meld_siblings(struct timer *first)
{
	struct timer *pairs = NULL, *root = NULL, *a, *b, *next;

	while (first != NULL) {
		a = first;
		b = a->next;
		next = b != NULL ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b != NULL)
			b->next = b->prev = NULL;
		a = timer_meld(a, b);
		a->next = pairs;
		pairs = a;
		first = next;
	}
	while (pairs != NULL) {
		next = pairs->next;
		pairs->next = NULL;
		root = timer_meld(root, pairs);
		pairs = next;
	}
	return root;
}

void timer_clear(struct timers *ts, struct timer *t)
{
	struct timer *children;

	if (!t->armed)
		return;
	children = timer_meld_siblings(t->child);
	if (t == ts->root) {
		ts->root = children;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next != NULL)
			t->next->prev = t->prev;
		ts->root = timer_meld(ts->root, children);
	}
	t->child = t->next = t->prev = NULL;
	t->armed = false;
}

void timer_set(struct timers *ts, struct timer *t, nsec_t at)
{
	if (t->armed && t->at == at)
		return;
	timer_clear(ts, t);
	if (at == NSEC_NEVER)
		return;
	t->at = at;
	t->armed = true;
	ts->root = timer_meld(ts->root, t);
}

void timer_at_latest(struct timers *ts, struct timer *t, nsec_t at)
{
	if (!t->armed || at < t->at)
		timer_set(ts, t, at);
}

nsec_t timer_first(const struct timers *ts)
{
	return ts->root != NULL ? ts->root->at : NSEC_NEVER;
}

struct timer *timer_expire(struct timers *ts, nsec_t now)
{
	struct timer *t = ts->root;

	if (t == NULL || t->at > now)
		return NULL;
	timer_clear(ts, t);
	return t;
}
