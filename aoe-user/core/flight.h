/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life of a copy: offered, then sent or not sent, perhaps lost, answered
 * or gone. Only this file moves it from one list to another, and only here are
 * the frames counted that a slice, a path and its MAC have out.
 */
#ifndef CORE_FLIGHT_H
#define CORE_FLIGHT_H

#include "aoe-user/core/path.h"
#include "aoe-user/core/slice.h"

#define FLIGHT_SLOW_RESEND NSEC_SEC /* errands are sent again no sooner */

/*
 * The copy was sent for that slice of its request, or for more of it: a slice
 * is cut smaller while copies of it are out, and never grows.
 */
bool flight_covers(const struct copy *c, const struct slice *s);
/*
 * A copy of a slice for that path, with its place in the windows: a batch on
 * offer would exceed them otherwise, and be a batch of trials. The slice leaves
 * its queue. NULL without room in the table. The caller makes the frame.
 */
struct copy *flight_offer(
    struct path *p, struct slice *s, enum copy_kind kind, nsec_t now);
/* The same for a control frame or a touch; NULL without room. */
struct copy *flight_ask(struct path *p, enum copy_kind kind, nsec_t now);
/* It left: its clock starts. */
void flight_sent(struct copy *c, nsec_t now);
/* It never left: everything is as if it had not been offered. */
void flight_unsent(struct copy *c, nsec_t now);
/*
 * Given up, its answer may still come: slices with no other copy out go to be
 * sent again. The window is told by the caller, who knows why.
 */
void flight_lost(struct copy *c, nsec_t now);
/* Answered: it is off every slice it was for. True when it was not lost. */
bool flight_answered(struct copy *c);
/*
 * It cannot be answered any more. What was asked may be over by that: returns
 * an error that was held back while this copy could still do the work, or 0.
 */
int flight_gone(struct copy *c);
/* Answered when it could not be any more. */
void flight_late(struct copy *c);
/* The first unfinished slice that it was sent for, or NULL. */
struct slice *flight_first(const struct copy *c);
/* Nobody waits for the request's copies now; what they change stays fenced. */
void flight_orphan(struct aoe_request *rq);
/*
 * Forgets the last copy of a flush that was given up, so that there is room for
 * another; false when there is none. The older ones a slow target may answer
 * yet, and a flush that comes late does no harm.
 */
bool flight_forget(struct slice *s);
/* Ends all of the path's copies without notice: the path is to go. */
void flight_drop(struct path *p);

#endif
