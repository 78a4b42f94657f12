/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shares of a pool that many devices use. Half of it is set aside for those
 * that are open, the same for each. The rest is for whoever asks first, but
 * nobody has more of it than is still free there: some that give nothing back
 * leave room for the others, however many they are.
 */
#ifndef CORE_SHARE_H
#define CORE_SHARE_H

#include <stdbool.h>
#include "common/list.h"

struct share_pool {
	unsigned max;
	unsigned holders; /* those that something is set aside for */
	unsigned each;    /* ... how much */
	unsigned beyond;  /* used by anybody beyond what is set aside */
	struct list held; /* the holders' shares */
};

/* What one device uses of a pool. */
struct share {
	struct list link; /* pool's held */
	unsigned used;
};

void share_pool_init(struct share_pool *p, unsigned max);
void share_init(struct share *s);
/* Sets a part aside for it, which makes that of the others smaller. */
void share_hold(struct share_pool *p, struct share *s);
/* Nothing is set aside for it any more. What it uses is given back later. */
void share_release(struct share_pool *p, struct share *s);

/*
 * It may have one more. Always true below its part, which is one at least, for
 * those that hold nothing too: the sum may exceed `max` by that, and by what
 * was in use when a part became smaller.
 */
bool share_has_room(const struct share_pool *p, const struct share *s);
void share_take(struct share_pool *p, struct share *s);
void share_give(struct share_pool *p, struct share *s);

#endif
