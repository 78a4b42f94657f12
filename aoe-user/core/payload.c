/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/payload.h"
#include <assert.h>
#include "common/compiler.h"

#define PAYLOAD_LOST 8u   /* in a row: large frames do not pass any more */
#define PAYLOAD_TRIALS 3u /* lost in a row: this size does not pass */
#define PAYLOAD_WAIT NSEC_SEC
#define PAYLOAD_WAIT_MAX (64 * NSEC_SEC)

void payload_init(struct payload *pl)
{
	*pl = (struct payload){.proved = PAYLOAD_SMALL};
}

void payload_set_most(struct payload *pl, unsigned most)
{
	if (most == pl->most)
		return;
	payload_init(pl);
	pl->most = most;
}

/* Between what passed and what did not; 0 when that is near enough. */
static unsigned payload_goal(const struct payload *pl)
{
	if (pl->failed == 0)
		return pl->most;
	assert(pl->failed > pl->proved);
	if (pl->failed - pl->proved <= 1 + pl->proved / 8)
		return 0;
	return (pl->proved + pl->failed) / 2;
}

unsigned payload_next(const struct payload *pl, nsec_t now)
{
	unsigned sure = MIN(pl->proved, pl->most), goal = payload_goal(pl);

	if (pl->trial != 0)
		return sure;
	if (goal == 0 && now >= pl->try_at)
		goal = pl->most;
	return MAX(sure, goal);
}

unsigned payload_shown(const struct payload *pl)
{
	return pl->failed == 0 ? pl->most : MIN(pl->proved, pl->most);
}

void payload_sent(struct payload *pl, unsigned count, uint32_t tag)
{
	if (count > pl->proved && pl->trial == 0)
		pl->trial = tag;
}

void payload_unsent(struct payload *pl, uint32_t tag)
{
	if (tag == pl->trial)
		pl->trial = 0;
}

/* A search has ended: after a while the largest size is tried again. */
static void payload_rest(struct payload *pl, nsec_t now)
{
	if (payload_goal(pl) != 0)
		return;
	pl->wait =
	    pl->wait ? MIN(pl->wait * 2, PAYLOAD_WAIT_MAX) : PAYLOAD_WAIT;
	pl->try_at = nsec_add(now, pl->wait);
}

enum payload_news payload_answered(
    struct payload *pl, unsigned count, uint32_t tag, nsec_t now)
{
	payload_unsent(pl, tag);
	if (count >= pl->lost_least)
		pl->lost = 0;
	if (count <= pl->proved)
		return PAYLOAD_SAME;
	pl->proved = count;
	pl->trial_lost = 0;
	if (pl->failed == 0)
		return PAYLOAD_SAME;
	if (count < pl->failed) {
		payload_rest(pl, now);
		return PAYLOAD_SAME;
	}
	pl->failed = 0;
	pl->wait = 0;
	return PAYLOAD_ROSE;
}

/* This size does not pass; the search goes on below it, or rests. */
static enum payload_news payload_fails(
    struct payload *pl, unsigned count, nsec_t now)
{
	bool first = pl->failed == 0;

	pl->trial_lost = 0;
	pl->failed = count;
	payload_rest(pl, now);
	return first ? PAYLOAD_FELL : PAYLOAD_SAME;
}

static enum payload_news payload_trial_lost(
    struct payload *pl, unsigned count, nsec_t now)
{
	pl->trial = 0;
	if (++pl->trial_lost < PAYLOAD_TRIALS)
		return PAYLOAD_SAME;
	return payload_fails(pl, count, now);
}

enum payload_news payload_lost(struct payload *pl, unsigned count, uint32_t tag,
    nsec_t sent_at, nsec_t now)
{
	if (tag == pl->trial)
		return payload_trial_lost(pl, count, now);
	if (count <= PAYLOAD_SMALL || count > pl->proved)
		return PAYLOAD_SAME;
	if (pl->lost++ == 0) {
		pl->lost_since = now;
		pl->lost_least = count;
	}
	pl->lost_least = MIN(pl->lost_least, count);
	/* A burst takes many at once; who was sent after it tells. */
	if (pl->lost < PAYLOAD_LOST || sent_at < pl->lost_since)
		return PAYLOAD_SAME;
	pl->proved = PAYLOAD_SMALL;
	pl->lost = 0;
	return payload_fails(pl, pl->lost_least, now);
}

void payload_drop_trial(struct payload *pl)
{
	pl->trial = 0;
}
