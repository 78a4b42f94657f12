/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many frames may be out to one remote MAC through one port, shared by the
 * slots behind it. It answers overload, not noise, and tells them apart by
 * experiment: when frames get lost, the window is cut for a while. If clearly
 * fewer are lost then, they were more than the target takes, and it stays cut;
 * if the rate falls with the window, or nothing changes, the loss was noise and
 * the window is restored. Growth under loss is tried and judged by the rate.
 * Where loss began is remembered as a ceiling, and tried again after a wait,
 * twice as long each time.
 *
 * An epoch is so many turns of the window that chance does not decide.
 */
#ifndef CORE_WINDOW_H
#define CORE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>
#include "common/nsec.h"

#define WINDOW_EPOCH 128u    /* frames judged together, at least */
#define WINDOW_TURNS 4u      /* ... and so many windows */
#define WINDOW_MEMORY 4096u  /* frames that an experiment may take */
#define WINDOW_EVIDENCE 48u  /* losses that show whether half are cured */
#define WINDOW_LOSS_PCT 1u   /* an epoch that loses more is suspicious */
#define WINDOW_FLOOD_PCT 25u /* ... needs no experiment */
#define WINDOW_WAIT NSEC_SEC /* after an experiment that failed; doubles */
#define WINDOW_WAIT_MAX (4 * NSEC_SEC)
#define WINDOW_UNDO (2 * NSEC_SEC) /* how long losses may prove spurious */
#define WINDOW_OPEN UINT32_MAX     /* no ceiling is known */

enum window_state {
	WINDOW_STEADY,
	WINDOW_SETTLING, /* just changed: frames from before still come in */
	WINDOW_TRYING,   /* judging the change */
};

/* What became of the frames of some time. */
struct window_count {
	unsigned answered, lost;
	nsec_t busy; /* time in which something was out */
};

/* The last cut, as long as it may turn out to have been a mistake. */
struct window_cut {
	unsigned size, ceiling; /* before it */
	unsigned lost, spurious;
	nsec_t until;
};

struct window {
	unsigned size; /* frames */
	unsigned max;  /* the largest useful: the caps of its users, summed */
	unsigned inflight;
	enum window_state state;
	unsigned peak;            /* most frames out in this epoch */
	bool full;                /* it held somebody back in this epoch */
	struct window_count now;  /* this epoch, or this experiment */
	struct window_count past; /* epochs before it with the same size */
	nsec_t busy_since;
	unsigned due; /* frames after which to judge */
	/* The experiment: what was before it. */
	unsigned before_size;
	struct window_count before;
	struct window_cut cut;
	unsigned ceiling; /* growth to it is an experiment */
	unsigned noise;   /* loss that a cut did not cure, per mille */
	bool falling;     /* the last epoch was a cut that did good */
	bool rise;        /* under noise, try growth next */
	nsec_t wait, wait_until;
};

void window_init(struct window *w);
/* The caps of the users changed; a window at its old maximum follows. */
void window_set_max(struct window *w, unsigned max);
/* Remembers when there was none: only a full window wants to grow. */
bool window_has_room(struct window *w);
void window_sent(struct window *w, nsec_t now);
/* The frame is not out any more: answered, lost, or not to be judged. */
void window_on_answer(struct window *w, nsec_t now);
void window_on_loss(struct window *w, nsec_t now);
void window_on_drop(struct window *w, nsec_t now);
/* A frame that counted as lost was answered after all. */
void window_on_spurious(struct window *w, nsec_t now);

#endif
