/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames that wait for their time, in its order: answers on their way out,
 * and requests that the network or a stall holds back.
 */
#ifndef FAKE_LATE_H
#define FAKE_LATE_H

#include <stdbool.h>
#include <stdint.h>
#include "tests/fake/frame.h"
#include "tests/fake/slot.h"

#define LATE_NEVER UINT64_MAX

/* What an answer is of: the sectors of a read or write, or count 0. */
struct late_work {
	const struct slot *slot;
	struct slot_range range;
};

struct late {
	struct late *next;
	uint64_t due;
	unsigned port;
	bool request;
	struct late_work work; /* of an answer */
	struct frame frame;
	uint8_t bytes[];
};

struct late_queue {
	struct late *first, *last;
	unsigned count, answers;
};

/* A copy of the frame joins the queue; NULL when there is no memory. */
struct late *late_put(struct late_queue *q, const struct frame *f,
    unsigned port, bool request, uint64_t due);
/* Takes the first whose time has come; NULL: none. The caller frees it. */
struct late *late_take(struct late_queue *q, uint64_t now);
/* What waits without a time is due now. */
void late_wake(struct late_queue *q, uint64_t now);
void late_free(struct late_queue *q);

#endif
