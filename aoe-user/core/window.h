/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many frames may be out to one remote MAC through one port, shared by the
 * slots behind it. It answers overload, not noise, and tells them apart by
 * experiment. When an epoch loses too much, the window is cut: if as many
 * frames are answered per second as before, what was cut was only being
 * dropped, and it stays cut; if fewer are, the loss was noise and the window is
 * restored. Growth under loss is tried and judged the same way. What did not
 * help is tried again after a wait, twice as long each time.
 */
#ifndef CORE_WINDOW_H
#define CORE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>
#include "common/nsec.h"

#define WINDOW_EPOCH 64u     /* frames judged together */
#define WINDOW_LOSS_PCT 3u   /* an epoch that loses more is suspicious */
#define WINDOW_WAIT NSEC_SEC /* after an experiment that failed; doubles */
#define WINDOW_WAIT_MAX (64 * NSEC_SEC)

enum window_state {
	WINDOW_STEADY,
	WINDOW_SETTLING, /* just changed: frames from before still come in */
	WINDOW_TRYING,   /* judging the change */
};

struct window {
	unsigned size; /* frames */
	unsigned max;  /* the largest useful: the caps of its users, summed */
	unsigned inflight;
	enum window_state state;
	bool full;               /* it held somebody back in this epoch */
	unsigned answered, lost; /* in this epoch */
	nsec_t since;            /* start of the epoch */
	bool idle;       /* nothing was out: the epoch starts with the next */
	unsigned before; /* size before the experiment ... */
	uint64_t before_rate; /* ... and frames answered per second then */
	nsec_t wait, wait_until;
};

void window_init(struct window *w);
/* The caps of the users changed; a window at its old maximum follows. */
void window_set_max(struct window *w, unsigned max);
/* Remembers when there was none: only a full window wants to grow. */
bool window_has_room(struct window *w);
void window_sent(struct window *w);
/* The frame is not out any more: answered, lost, or not to be judged. */
void window_on_answer(struct window *w, nsec_t now);
void window_on_loss(struct window *w, nsec_t now);
void window_on_drop(struct window *w);

#endif
