/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/rtt.h"
#include "common/compiler.h"

void rtt_init(struct rtt *r)
{
	*r = (struct rtt){0};
}

void rtt_sample(struct rtt *r, nsec_t sample)
{
	nsec_t err;

	if (sample == 0)
		sample = 1;
	r->latest = sample;
	r->samples++;
	if (r->srtt == 0) {
		r->srtt = sample;
		r->rttvar = sample / 2;
		return;
	}
	err = sample > r->srtt ? sample - r->srtt : r->srtt - sample;
	r->rttvar = r->rttvar - r->rttvar / 4 + err / 4;
	if (sample > r->srtt)
		r->srtt += err / 8;
	else
		r->srtt -= err / 8;
	if (r->srtt == 0)
		r->srtt = 1;
}

nsec_t rtt_rto(const struct rtt *r)
{
	return r->srtt == 0 ? RTT_INITIAL : r->srtt + 4 * r->rttvar;
}

nsec_t rtt_usual(const struct rtt *r)
{
	return r->srtt == 0 ? RTT_INITIAL
			    : MIN(MAX(r->srtt, r->latest), RTT_PTO_MAX);
}

nsec_t rtt_margin(const struct rtt *r)
{
	return MIN(MAX(r->srtt / 4, 4 * r->rttvar), RTT_PTO_MAX);
}

nsec_t rtt_pto_margin(const struct rtt *r)
{
	return MIN(MAX(r->srtt / 4, 2 * r->rttvar), RTT_PTO_MAX);
}

nsec_t rtt_pto(const struct rtt *r)
{
	return MIN(rtt_usual(r) + rtt_margin(r), RTT_PTO_MAX);
}

static void rtt_forget(nsec_t *value, nsec_t *at, nsec_t now)
{
	while (*value > 0 && nsec_since(*at, now) >= RTT_REORDER_DECAY) {
		*value /= 2;
		*at += RTT_REORDER_DECAY;
	}
}

nsec_t rtt_reorder_window(struct rtt *r, nsec_t now)
{
	rtt_forget(&r->reorder_window, &r->reorder_at, now);
	return MAX(r->reorder_window, r->srtt / 4);
}

void rtt_overtaken(struct rtt *r, nsec_t behind)
{
	behind = MIN(behind, RTT_REORDER_MAX);
	if (behind > r->behind)
		r->behind = MIN(behind, 2 * r->behind + r->srtt / 4);
	else
		r->behind -= r->behind / RTT_BEHIND_ONE_IN;
}

nsec_t rtt_lost_behind(const struct rtt *r)
{
	if (r->srtt == 0)
		return RTT_INITIAL;
	return MAX(r->behind + r->behind / 4, r->srtt / 32);
}

bool rtt_sure(const struct rtt *r, unsigned out)
{
	return r->samples >= RTT_SURE + 2 * (uint64_t)out;
}

bool rtt_settled(const struct rtt *r)
{
	return r->samples >= RTT_SETTLED;
}

nsec_t rtt_lost_age(struct rtt *r, nsec_t now)
{
	if (r->srtt == 0)
		return RTT_INITIAL;
	return MIN(r->srtt + rtt_reorder_window(r, now), RTT_LOST_MAX);
}

void rtt_spurious(struct rtt *r, nsec_t age, nsec_t now)
{
	nsec_t late = MIN(nsec_since(r->srtt, age), RTT_REORDER_MAX);

	rtt_reorder_window(r, now);
	if (late >= r->reorder_window)
		r->reorder_window = late;
	r->reorder_at = now;
}
