/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many sectors a frame may carry on one path in one direction (reads: the
 * answer is large; writes: the request). A switch on the way may drop jumbo
 * frames without a word, in one direction only. So what is larger than every
 * network carries is first sent as a trial, one frame at a time, while small
 * ones carry the rest; and when large frames vanish and small ones do not, it
 * falls back and searches for the size that passes, as path MTU discovery does.
 * Trials are frames of ordinary requests: nothing extra is sent.
 */
#ifndef CORE_PAYLOAD_H
#define CORE_PAYLOAD_H

#include <stdbool.h>
#include <stdint.h>
#include "common/nsec.h"

#define PAYLOAD_SMALL 2u /* sectors in a frame that passes everywhere */

enum payload_news { PAYLOAD_SAME, PAYLOAD_FELL, PAYLOAD_ROSE };

struct payload {
	unsigned most;       /* what MTU and target allow; 0 = not said yet */
	unsigned proved;     /* so many have passed, PAYLOAD_SMALL at least */
	unsigned failed;     /* so many did not; 0 = none is known */
	uint32_t trial;      /* tag of the trial that is out, 0 = none */
	unsigned trial_lost; /* times in a row at this size */
	unsigned lost;       /* large ones since one as large was answered */
	unsigned lost_least; /* sectors of the smallest of them */
	nsec_t lost_since;   /* when the first of them was given up */
	nsec_t try_at, wait; /* the next trial, when a search is over */
};

void payload_init(struct payload *pl);
/* The limit of MTU and target; a change starts over. */
void payload_set_most(struct payload *pl, unsigned most);
/* Sectors of the next frame. */
unsigned payload_next(const struct payload *pl, nsec_t now);
/* What is known to pass, or allowed while nothing speaks against it. */
unsigned payload_shown(const struct payload *pl);
/*
 * A frame of `count` sectors is to be sent, was not, was answered, or was given
 * up.
 */
void payload_sent(struct payload *pl, unsigned count, uint32_t tag);
void payload_unsent(struct payload *pl, uint32_t tag);
enum payload_news payload_answered(
    struct payload *pl, unsigned count, uint32_t tag, nsec_t now);
enum payload_news payload_lost(struct payload *pl, unsigned count, uint32_t tag,
    nsec_t sent_at, nsec_t now);
/* What is out will not be judged: the next one is the trial. */
void payload_drop_trial(struct payload *pl);

#endif
