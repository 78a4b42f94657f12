/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Round trip time of one path, smoothed as in RFC 6298 (gains 1/8 and 1/4), and
 * how much later than others an answer may come without being lost: by its age,
 * and by the time since one that was sent later came. Names are those of RFC
 * 9002: a probe timeout (PTO) has one frame sent more, a frame is overtaken
 * when one sent later is answered, and its loss was spurious when its own
 * answer comes after all.
 */
#ifndef CORE_RTT_H
#define CORE_RTT_H

#include <stdbool.h>
#include <stdint.h>
#include "common/nsec.h"

#define RTT_INITIAL (200 * NSEC_MS) /* a timeout before the first sample */
#define RTT_PTO_MAX NSEC_SEC
#define RTT_REORDER_MAX NSEC_SEC
#define RTT_LOST_MAX (2 * NSEC_SEC) /* a stall must not hide later losses */
#define RTT_BEHIND_ONE_IN 128u /* answers, about one of which is too late */
/*
 * Before so many samples little is known of the disorder, and this is assumed:
 * to call a frame lost, which costs a copy, and to call it gone, after which a
 * newer write may follow.
 */
#define RTT_SURE 64u
#define RTT_UNSURE (5 * NSEC_MS)
#define RTT_SETTLED 128u
#define RTT_UNSETTLED (10 * NSEC_MS)
#define RTT_REORDER_DECAY (10 * NSEC_SEC)

struct rtt {
	nsec_t srtt, rttvar; /* 0 before the first sample */
	nsec_t latest;
	uint64_t samples;
	nsec_t reorder_window; /* what spurious retransmissions have shown */
	nsec_t reorder_at;     /* when that last grew or was halved */
	nsec_t behind; /* how long after a later one's answers still come */
};

void rtt_init(struct rtt *r);
void rtt_sample(struct rtt *r, nsec_t sample);
/* Retransmission timeout: SRTT + 4 RTTVAR; RTT_INITIAL before any sample. */
nsec_t rtt_rto(const struct rtt *r);
/* The longer of SRTT and the latest sample: queues grow and shrink. */
nsec_t rtt_usual(const struct rtt *r);
/* How much more is still usual: max(SRTT/4, 4 RTTVAR). */
nsec_t rtt_margin(const struct rtt *r);
/* The same where no more than a probe follows: max(SRTT/4, 2 RTTVAR). */
nsec_t rtt_pto_margin(const struct rtt *r);
/* Silence after which a path is probed: both together, 1 s at most. */
nsec_t rtt_pto(const struct rtt *r);
/*
 * The path's reordering time: SRTT/4, or what was learned; learned values halve
 * for each RTT_REORDER_DECAY without a spurious retransmission.
 */
nsec_t rtt_reorder_window(struct rtt *r, nsec_t now);
/*
 * Enough answers have come, with `out` still awaited, to know the order in
 * which they come. IDENTIFY, which no disk is asked for, teaches too little.
 */
bool rtt_sure(const struct rtt *r, unsigned out);
/* The same for what nobody may be wrong about. */
bool rtt_settled(const struct rtt *r);
/* The age of a copy at which a later one's answer means that it is lost. */
nsec_t rtt_lost_age(struct rtt *r, nsec_t now);
/*
 * An answer came that long after that to a copy which was sent later; 0 when it
 * did not. Most are to come in time, but not all: to wait for the slowest of
 * ten thousand would cost more at every loss than a copy in vain now and then.
 */
void rtt_overtaken(struct rtt *r, nsec_t behind);
/* How long after that a copy without an answer is lost, whatever its age. */
nsec_t rtt_lost_behind(const struct rtt *r);
/* A copy was answered at that age after it had been given up. */
void rtt_spurious(struct rtt *r, nsec_t age, nsec_t now);

#endif
