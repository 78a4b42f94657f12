/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long a target works on a request, and in which order requests end.
 */
#ifndef SIM_SERVICE_H
#define SIM_SERVICE_H

#include "common/nsec.h"
#include "tests/sim/rng.h"

#define SERVICE_MIN (50 * NSEC_US)
#define SERVICE_MAX (10 * NSEC_MS)
#define SERVICE_TAIL_MAX (500 * NSEC_MS)

enum service {
	SERVICE_OWN,     /* as the target's kind does it */
	SERVICE_UNIFORM, /* all at the same time, SERVICE_MIN to _MAX each */
	SERVICE_LOG,     /* the same range, all magnitudes alike */
	/*
	 * SERVICE_MIN / u for a uniform u: the mean is 0.5 ms, one in a
	 * thousand takes 50 ms, and one in ten thousand SERVICE_TAIL_MAX. What
	 * is late is the answer: the disk itself does the work on arrival, or
	 * copies of writes would come into effect later than anybody who has
	 * answers from this target can expect.
	 */
	SERVICE_TAIL,
	SERVICE_FIFO, /* one after the other */
};

/* A time for one request; not for SERVICE_OWN and SERVICE_FIFO. */
nsec_t service_draw(enum service s, struct rng *rng);

#endif
