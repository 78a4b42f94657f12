/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/event.h"

#include <stdlib.h>

void event_queue_init(struct event_queue *q, nsec_t now)
{
	*q = (struct event_queue){.now = now};
}

void event_queue_fini(struct event_queue *q)
{
	free(q->heap);
	q->heap = NULL;
	q->count = q->room = 0;
}

static bool before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void put(struct event_queue *q, size_t place, struct event *ev)
{
	q->heap[place] = ev;
	ev->place = place;
}

static void sift(struct event_queue *q, struct event *ev)
{
	size_t i = ev->place;

	for (; i > 1 && before(ev, q->heap[i / 2]); i /= 2)
		put(q, i, q->heap[i / 2]);
	for (;;) {
		size_t child = 2 * i;

		if (child > q->count)
			break;
		if (child < q->count &&
		    before(q->heap[child + 1], q->heap[child]))
			child++;
		if (!before(q->heap[child], ev))
			break;
		put(q, i, q->heap[child]);
		i = child;
	}
	put(q, i, ev);
}

nsec_t event_queue_next(const struct event_queue *q)
{
	return q->count ? q->heap[1]->at : NSEC_NEVER;
}

bool event_queue_step(struct event_queue *q)
{
	struct event *ev;

	if (!q->count)
		return false;
	ev = q->heap[1];
	event_cancel(q, ev);
	if (ev->at > q->now)
		q->now = ev->at;
	ev->fire(ev);
	return true;
}

void event_init(struct event *ev, void (*fire)(struct event *ev))
{
	*ev = (struct event){.fire = fire};
}

static void grow(struct event_queue *q)
{
	size_t room = q->room ? q->room * 2 : 1024;
	struct event **heap = realloc(q->heap, room * sizeof(*heap));

	if (!heap)
		abort();
	q->heap = heap;
	q->room = room;
}

void event_at(struct event_queue *q, struct event *ev, nsec_t at)
{
	if (at == NSEC_NEVER) {
		event_cancel(q, ev);
		return;
	}
	ev->at = at;
	ev->order = q->order++;
	if (!ev->place) {
		if (q->count + 1 >= q->room)
			grow(q);
		put(q, ++q->count, ev);
	}
	sift(q, ev);
}

void event_cancel(struct event_queue *q, struct event *ev)
{
	struct event *last;

	if (!ev->place)
		return;
	last = q->heap[q->count--];
	if (last != ev) {
		put(q, ev->place, last);
		sift(q, last);
	}
	ev->place = 0;
}
