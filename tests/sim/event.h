/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Virtual time: a queue of events in a binary heap. Events are embedded in
 * what they belong to; the queue owns nothing. Equal times fire in the order
 * in which they were scheduled, so a run is the same every time.
 */
#ifndef SIM_EVENT_H
#define SIM_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/nsec.h"

struct event {
	nsec_t at;
	uint64_t order;
	size_t place; /* in the heap, from 1; 0 = not scheduled */
	void (*fire)(struct event *ev);
};

struct event_queue {
	struct event **heap; /* heap[1] is the next one */
	size_t count, room;
	uint64_t order;
	nsec_t now;
};

void event_queue_init(struct event_queue *q, nsec_t now);
void event_queue_fini(struct event_queue *q);
/* When the next event fires, or NSEC_NEVER. */
nsec_t event_queue_next(const struct event_queue *q);
/* Moves the time to the next event and fires it; false when there is none. */
bool event_queue_step(struct event_queue *q);

void event_init(struct event *ev, void (*fire)(struct event *ev));
/* (Re)schedules; a time in the past fires next. NSEC_NEVER cancels. */
void event_at(struct event_queue *q, struct event *ev, nsec_t at);
void event_cancel(struct event_queue *q, struct event *ev);

#endif
