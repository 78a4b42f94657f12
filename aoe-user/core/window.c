/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/window.h"
#include "common/compiler.h"

void window_init(struct window *w)
{
	*w = (struct window){
	    .size = 1, .max = 1, .idle = true, .wait = WINDOW_WAIT};
}

void window_set_max(struct window *w, unsigned max)
{
	bool open = w->size >= w->max;

	w->max = MAX(max, 1u);
	if (open || w->size > w->max)
		w->size = w->max;
}

bool window_has_room(struct window *w)
{
	if (w->inflight < w->size)
		return true;
	w->full = true;
	return false;
}

void window_sent(struct window *w)
{
	w->inflight++;
}

/* Two frames keep a lost one visible; one buffer allows one frame only. */
static unsigned window_floor(const struct window *w)
{
	return MIN(w->max, 2u);
}

static void window_try(struct window *w, unsigned size, uint64_t rate)
{
	w->before = w->size;
	w->before_rate = rate;
	w->size = size;
	w->state = WINDOW_SETTLING;
}

static void window_steady(
    struct window *w, unsigned lost, uint64_t rate, nsec_t now)
{
	bool may_try = now >= w->wait_until;

	if (lost * 100 <= WINDOW_EPOCH) {
		if (w->full && w->size < w->max)
			w->size++;
	} else if (!may_try) {
		return;
	} else if (lost * 100 > WINDOW_LOSS_PCT * WINDOW_EPOCH &&
		   w->size > window_floor(w)) {
		window_try(w, MAX(w->size * 7 / 10, window_floor(w)), rate);
	} else if (w->full && w->size < w->max) {
		window_try(w, MIN(w->size + w->size / 4 + 1, w->max), rate);
	}
}

/* A cut may not cost a tenth of the rate; growth has to bring as much. */
static void window_verdict(struct window *w, uint64_t rate, nsec_t now)
{
	bool good = w->size < w->before ? rate >= w->before_rate / 10 * 9
					: rate >= w->before_rate / 10 * 11;

	w->state = WINDOW_STEADY;
	if (good) {
		w->wait = WINDOW_WAIT;
		return;
	}
	w->size = MIN(w->before, w->max);
	w->wait_until = nsec_add(now, w->wait);
	w->wait = MIN(w->wait * 2, WINDOW_WAIT_MAX);
}

/* Ends the epoch when enough was seen. */
static void window_count(struct window *w, nsec_t now)
{
	unsigned seen = w->answered + w->lost;
	nsec_t span = MAX(nsec_since(w->since, now), (nsec_t)1);
	uint64_t rate;

	if (seen == 1 && w->idle)
		w->since = now;
	w->idle = w->inflight == 0;
	if (seen < WINDOW_EPOCH)
		return;
	rate = w->answered * NSEC_SEC / span;
	switch (w->state) {
	case WINDOW_STEADY:
		window_steady(w, w->lost * WINDOW_EPOCH / seen, rate, now);
		break;
	case WINDOW_SETTLING:
		w->state = WINDOW_TRYING;
		break;
	case WINDOW_TRYING:
		window_verdict(w, rate, now);
		break;
	}
	w->answered = w->lost = 0;
	w->full = false;
	w->since = now;
}

void window_on_drop(struct window *w)
{
	if (w->inflight > 0)
		w->inflight--;
}

void window_on_answer(struct window *w, nsec_t now)
{
	window_on_drop(w);
	w->answered++;
	window_count(w, now);
}

void window_on_loss(struct window *w, nsec_t now)
{
	window_on_drop(w);
	w->lost++;
	window_count(w, now);
}
