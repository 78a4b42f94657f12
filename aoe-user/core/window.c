/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/window.h"
#include <assert.h>
#include "common/compiler.h"

void window_init(struct window *w)
{
	*w = (struct window){.size = 1,
	    .max = 1,
	    .ceiling = WINDOW_OPEN,
	    .due = WINDOW_EPOCH,
	    .wait = WINDOW_WAIT};
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

void window_sent(struct window *w, nsec_t now)
{
	if (w->inflight++ == 0)
		w->busy_since = now;
	w->peak = MAX(w->peak, w->inflight);
}

void window_on_drop(struct window *w, nsec_t now)
{
	assert(w->inflight > 0);
	if (--w->inflight > 0)
		return;
	w->now.busy += nsec_since(w->busy_since, now);
}

/* Two frames keep a lost one visible; one buffer allows one frame only. */
static unsigned window_floor(const struct window *w)
{
	return MIN(w->max, 2u);
}

static unsigned window_seen(const struct window_count *c)
{
	return c->answered + c->lost;
}

static bool window_lossy(const struct window_count *c, unsigned pct)
{
	return c->lost * 100 > window_seen(c) * pct;
}

static unsigned window_per_mille(const struct window_count *c)
{
	return c->lost * 1000 / MAX(window_seen(c), 1u);
}

/* Answers per second. */
static uint64_t window_rate(const struct window_count *c)
{
	return c->answered * NSEC_SEC / MAX(c->busy, (nsec_t)1);
}

/* A window beyond what is asked for says nothing: what is out counts. */
static unsigned window_used(const struct window *w)
{
	return MIN(w->size, MAX(w->peak, window_floor(w)));
}

static unsigned window_epoch(const struct window *w)
{
	return MAX(WINDOW_EPOCH, WINDOW_TURNS * window_used(w));
}

static void window_start_epoch(struct window *w, nsec_t now)
{
	w->now = (struct window_count){0};
	w->full = false;
	w->busy_since = now;
	w->due = w->state == WINDOW_SETTLING ? w->before_size : window_epoch(w);
	w->peak = w->inflight;
}

static void window_resize(struct window *w, unsigned size)
{
	assert(size >= 1 && size <= w->max);
	w->size = size;
	w->past = (struct window_count){0};
}

/* What is known of this size, newer things weighing more. */
static void window_remember(struct window *w)
{
	if (window_seen(&w->past) > WINDOW_MEMORY) {
		w->past.answered /= 2;
		w->past.lost /= 2;
		w->past.busy /= 2;
	}
	w->past.answered += w->now.answered;
	w->past.lost += w->now.lost;
	w->past.busy += w->now.busy;
}

/* After this no experiment is made for a while, and longer each time. */
static void window_hold(struct window *w, nsec_t now)
{
	w->wait_until = nsec_add(now, w->wait);
	w->wait = MIN(w->wait * 2, WINDOW_WAIT_MAX);
}

static void window_try(struct window *w, unsigned size)
{
	assert(w->state == WINDOW_STEADY);
	w->before_size = w->size;
	w->before = w->past;
	window_resize(w, size);
	w->state = WINDOW_SETTLING;
}

static void window_restore(struct window *w)
{
	window_resize(w, MIN(w->before_size, w->max));
}

static void window_cut(struct window *w, nsec_t now)
{
	w->size = window_used(w);
	/* A series of cuts is one mistake, if it is one. */
	if (!w->falling)
		w->cut =
		    (struct window_cut){.size = w->size, .ceiling = w->ceiling};
	w->cut.lost += w->past.lost;
	w->cut.until = nsec_add(now, WINDOW_UNDO);
	window_try(w, MAX(w->size * 7 / 10, window_floor(w)));
}

/* What to do about an epoch that lost more than a stray frame. */
static void window_answer_loss(struct window *w, nsec_t now)
{
	bool worse = window_per_mille(&w->past) > w->noise * 5 / 4 + 8;
	bool least = window_used(w) <= window_floor(w), rise;

	/* With fewer, no experiment could tell half of it from chance. */
	if (w->past.lost < WINDOW_EVIDENCE)
		return;
	if (w->wait_until == 0) {
		/* It may pass by itself, and an experiment costs something. */
		w->noise = window_per_mille(&w->past);
		w->wait_until = nsec_add(now, w->wait);
		return;
	}
	if (!w->falling && now < w->wait_until && !worse)
		return;
	/* Noise may hold it where heavy loss has brought it. */
	rise = least ? now >= w->wait_until : w->rise && !worse;
	if (rise && w->full && w->size < w->max)
		window_try(w, MIN(w->size + w->size / 4 + 1, w->max));
	else if (!least)
		window_cut(w, now);
}

static void window_steady(struct window *w, nsec_t now)
{
	unsigned more = MIN(w->size + w->size / 8 + 1, w->max);

	window_remember(w);
	if (window_lossy(&w->now, WINDOW_FLOOD_PCT) &&
	    window_used(w) > window_floor(w)) {
		window_cut(w, now);
		return;
	}
	if (window_lossy(&w->now, WINDOW_LOSS_PCT)) {
		window_answer_loss(w, now);
		return;
	}
	if (!w->full)
		return;
	w->falling = false;
	if (w->size == w->max)
		return;
	if (more < w->ceiling)
		window_resize(w, more);
	else if (w->size + 1 < w->ceiling)
		window_resize(w, w->size + 1);
	else if (now >= w->wait_until)
		window_try(w, more);
}

/* `b` lost a smaller part than `a`, by three deviations of the difference. */
static bool window_fewer(
    const struct window_count *a, const struct window_count *b)
{
	double n = window_seen(a), m = window_seen(b);
	double less = a->lost / n - b->lost / m;
	double mean = (a->lost + b->lost) / (n + m);

	return less > 0 &&
	       less * less > 9 * mean * (1 - mean) * (1 / n + 1 / m);
}

static void window_cut_good(struct window *w, nsec_t now)
{
	w->state = WINDOW_STEADY;
	if (!w->falling)
		w->wait_until = nsec_add(now, w->wait);
	w->falling = true;
	w->ceiling = w->before_size;
	w->noise = 0;
}

static void window_judge_cut(struct window *w, nsec_t now)
{
	uint64_t was = window_rate(&w->before), is = window_rate(&w->now);
	/*
	 * A rate that falls with the window shows that nothing was dropped for
	 * its size. Where others share the target it falls too, but by less.
	 */
	uint64_t least = was / 4 + was / 4 * 3 * w->size / w->before_size;

	if (window_lossy(&w->before, WINDOW_FLOOD_PCT) ||
	    window_fewer(&w->before, &w->now)) {
		window_cut_good(w, now);
		return;
	}
	if (is >= least && window_seen(&w->now) < WINDOW_MEMORY) {
		w->due += window_epoch(w); /* it costs nothing: see more */
		return;
	}
	w->state = WINDOW_STEADY;
	w->noise = window_per_mille(&w->before);
	w->falling = false;
	w->rise = true;
	window_restore(w);
	window_hold(w, now);
}

static void window_judge_growth(struct window *w, nsec_t now)
{
	bool clean = !window_lossy(&w->now, WINDOW_LOSS_PCT);

	w->state = WINDOW_STEADY;
	w->rise = false;
	if (clean ||
	    (window_rate(&w->now) >= window_rate(&w->before) / 10 * 11 &&
		!window_fewer(&w->now, &w->before))) {
		w->ceiling = WINDOW_OPEN;
		w->wait = WINDOW_WAIT;
		w->rise = !clean;
		return;
	}
	w->ceiling = w->size;
	w->noise = window_per_mille(&w->before);
	window_restore(w);
	window_hold(w, now);
}

static void window_verdict(struct window *w, nsec_t now)
{
	assert(w->state == WINDOW_TRYING && w->before_size > 0);
	if (!w->full) {
		/* Whoever does not fill it learns nothing of its size. */
		w->state = WINDOW_STEADY;
		window_restore(w);
	} else if (w->size < w->before_size) {
		window_judge_cut(w, now);
	} else {
		window_judge_growth(w, now);
	}
}

/* Ends the epoch when enough was seen. */
static void window_count(struct window *w, nsec_t now)
{
	if (window_seen(&w->now) < w->due)
		return;
	if (w->inflight > 0) {
		w->now.busy += nsec_since(w->busy_since, now);
		w->busy_since = now;
	}
	if (w->state == WINDOW_STEADY)
		window_steady(w, now);
	else if (w->state == WINDOW_SETTLING)
		w->state = WINDOW_TRYING;
	else
		window_verdict(w, now);
	if (window_seen(&w->now) >= w->due || w->state != WINDOW_TRYING)
		window_start_epoch(w, now);
}

void window_on_answer(struct window *w, nsec_t now)
{
	window_on_drop(w, now);
	w->now.answered++;
	window_count(w, now);
}

void window_on_loss(struct window *w, nsec_t now)
{
	window_on_drop(w, now);
	w->now.lost++;
	window_count(w, now);
}

void window_on_spurious(struct window *w, nsec_t now)
{
	struct window_count *c = w->now.lost > 0 ? &w->now : &w->past;

	if (c->lost > 0) {
		c->lost--;
		c->answered++;
	}
	if (w->cut.lost == 0 || now > w->cut.until)
		return;
	if (++w->cut.spurious * 2 < w->cut.lost)
		return;
	/* The cut answered losses that were none. */
	w->ceiling = w->cut.ceiling;
	window_resize(w, MAX(w->size, MIN(w->cut.size, w->max)));
	w->cut.lost = 0;
	w->falling = false;
	w->state = WINDOW_STEADY;
	window_start_epoch(w, now);
}
