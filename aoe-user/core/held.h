/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Held answers: they came from a MAC that was this disk and is just being asked
 * whether it still is. Asked again and thrown away, they would cost a round
 * trip at every doubt; so they wait, and are used if it is the same disk. What
 * was read lies in the request's memory meanwhile, where the answer to another
 * copy may replace it.
 */
#ifndef CORE_HELD_H
#define CORE_HELD_H

#include "aoe-user/core/copy.h"
#include "aoe-user/core/device.h"

/*
 * Keeps the good answer that `r` gave to a copy of data or of a flush; `data`
 * is what was read, or NULL. Only one at a time is kept for a sector.
 */
void held_keep(struct copy *c, struct remote *r, const uint8_t *data);
/* It is the same disk: all its answers count now. */
void held_release(struct remote *r, struct device *dev, nsec_t now);
/* It is not, or nobody knows: the copies are as unanswered as before. */
void held_drop(struct remote *r, struct device *dev);

#endif
