/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asking a path who is at its end: config query and IDENTIFY, sent by
 * themselves and again until answered. They are the only frames on a path that
 * is not verified. What the answers mean is for verify.h.
 */
#ifndef CORE_ASK_H
#define CORE_ASK_H

#include "aoe-user/core/path.h"

/*
 * Stops data on the path until `need` (PATH_NEED_*) was answered. What is being
 * asked already goes on and counts.
 */
void ask_start(struct path *p, unsigned need, nsec_t now);
/* The same at once, whatever is being asked. */
void ask_anew(struct path *p, unsigned need, nsec_t now);
/*
 * The same because something may have changed at its end, which others can make
 * us believe as often as they like: at once while somebody waits for the disk,
 * once a round trip at most; else at growing distances.
 */
void ask_doubt(struct path *p, unsigned need, nsec_t now);
/*
 * It is verified. When doubts come faster than they can be looked into, the
 * next one will be there with the first answers: it is asked behind the data
 * that is sent now, so that the answer to that doubt is under way by then.
 */
void ask_verified(struct path *p, nsec_t now);
/* That data has left. */
void ask_early(struct path *p, nsec_t now);
/* Begins with what ask_doubt() put off when it is time; when that will be. */
nsec_t ask_deferred(struct path *p, nsec_t now);
/*
 * Wakes paths of a device that had stopped asking, or put it off; and those
 * that rest when no other answers any more.
 */
void ask_kick(struct device *dev, nsec_t now);
/* The path was heard: it rests no longer. */
void ask_wake(struct path *p, nsec_t now);
/*
 * A round was not answered. After many, while another path answers, it is asked
 * at growing distances: true when it rests until control_at.
 */
bool ask_rest(struct path *p, nsec_t now);
/* The control frames on offer have left: when to give up on them. */
void ask_sent(struct path *p, nsec_t now);
/* Offers once more what has not been answered. */
void ask_again(struct path *p);
#define ASK_TOUCH_MIN (50 * NSEC_US) /* between touches, at least */
/*
 * Has a sector read for nobody, unless data is out that may be answered yet: an
 * answer shows that the disk is at work. Again and again at growing distances,
 * as long as this is called; returns when that makes sense next.
 */
nsec_t ask_touch(struct path *p, uint64_t lba, nsec_t now);
/* Control answers asked for before now do not count any more. */
void ask_drop(struct path *p);
/* A part was answered; true when nothing is needed any more. */
bool ask_answered(struct path *p, unsigned part);
/*
 * It has answered nothing for some rounds, and is asked all the same; or nobody
 * wants its disk.
 */
bool ask_can_wait(const struct path *p);
/* That part of what was on offer did not leave. */
void ask_unsent(struct path *p, unsigned part);
/* Nothing of it is to be sent now. */
void ask_settle(struct path *p);
/* Nothing is asked until the next ask_start(). */
void ask_stop(struct path *p);

#endif
