/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/window.h"
#include "common/compiler.h"

void window_init(struct window *w)
{
	*w = (struct window){.size = 1, .max = 1, .wait = WINDOW_WAIT};
}

void window_set_max(struct window *w, unsigned max)
{
	bool full = w->size >= w->max;

	w->max = MAX(max, 1u);
	if (full || w->size > w->max)
		w->size = w->max;
}

bool window_has_room(const struct window *w)
{
	return w->inflight < w->size;
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

static void window_judge(struct window *w, unsigned lost, nsec_t now)
{
	switch (w->state) {
	case WINDOW_STEADY:
		if (lost * 100 > WINDOW_LOSS_PCT * WINDOW_EPOCH &&
		    now >= w->wait_until && w->size > window_floor(w)) {
			w->before = w->size;
			w->before_lost = lost;
			w->size = MAX(w->size * 7 / 10, window_floor(w));
			w->state = WINDOW_SETTLING;
		} else if (lost * 100 <= WINDOW_EPOCH && w->size < w->max) {
			w->size++;
		}
		break;
	case WINDOW_SETTLING:
		w->state = WINDOW_TRYING;
		break;
	case WINDOW_TRYING:
		w->state = WINDOW_STEADY;
		if (lost * 2 <= w->before_lost) {
			w->wait = WINDOW_WAIT;
			break;
		}
		w->size = MIN(w->before, w->max);
		w->wait_until = nsec_add(now, w->wait);
		w->wait = MIN(w->wait * 2, WINDOW_WAIT_MAX);
		break;
	}
}

static void window_count(struct window *w, nsec_t now)
{
	unsigned seen = w->answered + w->lost;

	if (seen < WINDOW_EPOCH)
		return;
	window_judge(w, w->lost * WINDOW_EPOCH / seen, now);
	w->answered = w->lost = 0;
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
