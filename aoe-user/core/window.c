/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/window.h"
#include "common/compiler.h"

void window_init(struct window *w)
{
	*w = (struct window){
	    .size = 1, .max = 1, .ceiling = 1, .wait = WINDOW_WAIT};
}

void window_set_max(struct window *w, unsigned max)
{
	bool open = w->size >= w->max, free = w->ceiling >= w->max;

	w->max = MAX(max, 1u);
	if (open || w->size > w->max)
		w->size = w->max;
	if (free || w->ceiling > w->max)
		w->ceiling = w->max;
}

bool window_has_room(struct window *w)
{
	if (w->inflight < w->size)
		return true;
	w->full = true;
	return false;
}

void window_sent(struct window *w, nsec_t now)
{
	if (w->inflight++ == 0)
		w->busy_since = now;
}

void window_on_drop(struct window *w, nsec_t now)
{
	if (w->inflight == 0 || --w->inflight > 0)
		return;
	w->busy += nsec_since(w->busy_since, now);
}

/* Two frames keep a lost one visible; one buffer allows one frame only. */
static unsigned window_floor(const struct window *w)
{
	return MIN(w->max, 2u);
}

static bool window_lossy(unsigned lost, unsigned answered, unsigned pct)
{
	return lost * 100 > (lost + answered) * pct;
}

static void window_start_epoch(struct window *w, nsec_t now)
{
	w->answered = w->lost = 0;
	w->full = false;
	w->busy = 0;
	w->busy_since = now;
}

/* After this no experiment is made for a while, and longer each time. */
static void window_hold(struct window *w, nsec_t now)
{
	w->wait_until = nsec_add(now, w->wait);
	w->wait = MIN(w->wait * 2, WINDOW_WAIT_MAX);
}

static void window_try(
    struct window *w, const struct window_epoch *epoch, unsigned size)
{
	w->before = *epoch;
	w->size = size;
	w->state = WINDOW_SETTLING;
}

static void window_cut(
    struct window *w, const struct window_epoch *epoch, nsec_t now)
{
	struct window_epoch from = *epoch;

	/* A series of cuts is one mistake, if it is one; all are held to the
	 * rate from before the first, or each could cost its part. */
	if (w->falling)
		from.rate = MAX(from.rate, w->before.rate);
	else
		w->cut = (struct window_cut){.size = w->size};
	w->cut.lost += epoch->lost;
	w->cut.until = nsec_add(now, WINDOW_UNDO);
	window_try(w, &from, MAX(w->size * 7 / 10, window_floor(w)));
}

/* What to do about an epoch that lost more than a stray frame. */
static void window_answer_loss(
    struct window *w, const struct window_epoch *e, nsec_t now)
{
	unsigned lost = e->lost * 1000 / (e->lost + e->answered);
	bool worse = lost > 2 * w->noise + 10;

	if (!w->falling && now < w->wait_until && !worse)
		return;
	if (w->rise && !worse && w->size < w->max)
		window_try(w, e, MIN(w->size + w->size / 4 + 1, w->max));
	else if (w->size > window_floor(w))
		window_cut(w, e, now);
}

static void window_steady(
    struct window *w, const struct window_epoch *e, nsec_t now)
{
	bool flood = window_lossy(e->lost, e->answered, WINDOW_FLOOD_PCT);
	unsigned more = MIN(w->size + w->size / 8 + 1, w->max);

	if (flood && w->size > window_floor(w)) {
		window_cut(w, e, now);
		return;
	}
	if (!w->full)
		return;
	if (window_lossy(e->lost, e->answered, WINDOW_LOSS_PCT)) {
		window_answer_loss(w, e, now);
		return;
	}
	w->falling = false;
	if (more < w->ceiling || w->ceiling >= w->max)
		w->size = more;
	else if (w->size + 1 < w->ceiling)
		w->size++;
	else if (now >= w->wait_until && w->size < w->max)
		window_try(w, e, more);
}

/* Fewer were lost, and by more than chance explains: three deviations. */
static bool window_cured(
    const struct window_epoch *before, const struct window_epoch *e)
{
	uint64_t a = before->lost, b = e->lost;

	/* Epochs differ in length: as if both were as long as the second. */
	a = a * (e->lost + e->answered) / (before->lost + before->answered);
	return a > b && (a - b) * (a - b) > 9 * (a + b);
}

static void window_judge_cut(
    struct window *w, const struct window_epoch *e, nsec_t now)
{
	bool flood =
	    window_lossy(w->before.lost, w->before.answered, WINDOW_FLOOD_PCT);

	if (flood || e->rate >= w->before.rate / 10 * 9 ||
	    window_cured(&w->before, e)) {
		if (!w->falling)
			window_hold(w, now);
		w->falling = true;
		w->ceiling = w->before.size;
		w->noise = 0;
		return;
	}
	w->size = MIN(w->before.size, w->max);
	w->noise =
	    w->before.lost * 1000 / (w->before.lost + w->before.answered);
	w->falling = false;
	w->rise = true;
	window_hold(w, now);
}

static void window_judge_growth(
    struct window *w, const struct window_epoch *e, nsec_t now)
{
	bool clean = !window_lossy(e->lost, e->answered, WINDOW_LOSS_PCT);

	w->rise = false;
	if (clean || (e->rate >= w->before.rate / 10 * 11 &&
			 !window_cured(e, &w->before))) {
		w->ceiling = w->max;
		w->wait = WINDOW_WAIT;
		w->rise = !clean;
		return;
	}
	w->ceiling = w->size;
	w->size = MIN(w->before.size, w->max);
	window_hold(w, now);
}

/* Whoever does not fill the window learns nothing of its size. */
static void window_verdict(
    struct window *w, const struct window_epoch *e, nsec_t now)
{
	w->state = WINDOW_STEADY;
	if (!w->full)
		w->size = MIN(w->before.size, w->max);
	else if (w->size < w->before.size)
		window_judge_cut(w, e, now);
	else
		window_judge_growth(w, e, now);
}

/* Ends the epoch when enough was seen. */
static void window_count(struct window *w, nsec_t now)
{
	unsigned seen = w->answered + w->lost;
	struct window_epoch e = {w->size, w->answered, w->lost, 0};
	nsec_t busy = w->busy;

	if (w->state == WINDOW_SETTLING) {
		if (seen < w->before.size)
			return;
		w->state = WINDOW_TRYING;
		window_start_epoch(w, now);
		return;
	}
	if (seen < MAX(WINDOW_EPOCH, WINDOW_TURNS * w->size))
		return;
	if (w->inflight > 0)
		busy += nsec_since(w->busy_since, now);
	e.rate = w->answered * NSEC_SEC / MAX(busy, (nsec_t)1);
	if (w->state == WINDOW_STEADY)
		window_steady(w, &e, now);
	else
		window_verdict(w, &e, now);
	window_start_epoch(w, now);
}

void window_on_answer(struct window *w, nsec_t now)
{
	window_on_drop(w, now);
	w->answered++;
	window_count(w, now);
}

void window_on_loss(struct window *w, nsec_t now)
{
	window_on_drop(w, now);
	w->lost++;
	window_count(w, now);
}

void window_on_needless(struct window *w, nsec_t now)
{
	if (w->lost > 0) {
		w->lost--;
		w->answered++;
	}
	if (w->cut.lost == 0 || now > w->cut.until)
		return;
	if (++w->cut.needless * 2 < w->cut.lost)
		return;
	/* The cut answered losses that were none. */
	if (w->size < w->cut.size)
		w->size = MIN(w->cut.size, w->max);
	w->ceiling = MAX(w->ceiling, w->size);
	w->cut.lost = 0;
	w->falling = false;
	w->state = WINDOW_STEADY;
	window_start_epoch(w, now);
}
