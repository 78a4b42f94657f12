/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many frames may be out to one remote MAC through one port, shared by the
 * slots behind it. It answers overload, not noise, and tells them apart by
 * experiment: when an epoch loses too much, the window is cut; if the loss then
 * halves, it stays cut, else it is restored and the next try waits longer.
 */
#ifndef CORE_WINDOW_H
#define CORE_WINDOW_H

#include <stdbool.h>
#include "common/nsec.h"

#define WINDOW_EPOCH 64u     /* frames judged together */
#define WINDOW_LOSS_PCT 3u   /* an epoch that loses more is suspicious */
#define WINDOW_WAIT NSEC_SEC /* after a cut that did not help; doubles */
#define WINDOW_WAIT_MAX (64 * NSEC_SEC)

enum window_state {
	WINDOW_STEADY,
	WINDOW_SETTLING, /* just cut: frames sent before are still coming in */
	WINDOW_TRYING,   /* judging the cut */
};

struct window {
	unsigned size; /* frames */
	unsigned max;  /* the largest useful: the caps of its users, summed */
	unsigned inflight;
	enum window_state state;
	unsigned answered, lost; /* of this epoch */
	unsigned before;         /* size before the cut ... */
	unsigned before_lost; /* ... and loss then, per WINDOW_EPOCH frames */
	nsec_t wait, wait_until;
};

void window_init(struct window *w);
/* The caps of the users changed; a window at its old maximum follows. */
void window_set_max(struct window *w, unsigned max);
bool window_has_room(const struct window *w);
void window_sent(struct window *w);
/* The frame is not out any more: answered, lost, or not to be judged. */
void window_on_answer(struct window *w, nsec_t now);
void window_on_loss(struct window *w, nsec_t now);
void window_on_drop(struct window *w);

#endif
