/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 3: when a copy that was given up cannot come into effect any more, so
 * that it fences nothing. Only what took the same way through the target tells
 * of a write: one sent after it was answered, and answers kept coming for as
 * long as that path's order has been seen to be off, twice. IDENTIFY and config
 * answers come from a target whose disk hangs, too, and tell nothing. Where
 * no data is asked for, a touch is: a read of one sector for nobody.
 */
#ifndef CORE_GONE_H
#define CORE_GONE_H

#include "aoe-user/core/path.h"

/* How long after it was overtaken a copy is believed to be gone (rule 3 b). */
nsec_t gone_after(struct path *p, nsec_t now);
/*
 * Answers to data that come so close together have kept coming: a longer
 * silence, in which the target may have held all it had, counts for nothing.
 */
nsec_t gone_patience(struct path *p, nsec_t now);
/* Ends the lost copies that cannot come any more; when to look again. */
nsec_t gone_tick(struct path *p, nsec_t now);

#endif
