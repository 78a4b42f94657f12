/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fake target: slots, ports, faults, and the frames that wait.
 */
#ifndef FAKE_TARGET_H
#define FAKE_TARGET_H

#include <stdint.h>
#include "tests/fake/late.h"
#include "tests/fake/port.h"
#include "tests/fake/slot.h"

#define TARGET_PORTS 16
#define TARGET_SLOTS 255

struct target {
	struct slot_options options;
	struct count count;
	struct fault fault;
	struct port port[TARGET_PORTS];
	struct slot slot[TARGET_SLOTS];
	unsigned ports, slots;
	uint64_t delay, jitter; /* nanoseconds from request to answer */
	struct late_queue late;
	struct frame in[PORT_BATCH], out[PORT_BATCH];
	unsigned ready; /* of `out` */
};

/* Makes the frame buffers; 0 or -1. */
int target_init(struct target *t);
/* Broadcasts every slot on every port. */
void target_announce(struct target *t);
/* Takes what came in on the port and answers, now or later. */
void target_serve(struct target *t, unsigned port, uint64_t now);
/* Does what was ordered for the signal. */
void target_signal(struct target *t, uint64_t now);
/* Does what has waited until now; when the next is due, 0: nothing waits. */
uint64_t target_release(struct target *t, uint64_t now);
void target_free(struct target *t);

#endif
