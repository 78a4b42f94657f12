/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ranges of sectors in a tree by place, each with the number of its arrival:
 * which of them overlap another one, and of these the first or the last that
 * arrived. Whoever has to wait for a range to leave is on its list.
 */
#ifndef CORE_RANGE_H
#define CORE_RANGE_H

#include "aoe-user/core/tree.h"
#include "common/list.h"

struct range {
	struct tree_node node;
	uint64_t lba;
	/* Of all in this part of the tree; what a search looks at lies close.
	 */
	uint64_t most_end, first, last;
	uint64_t end; /* the sector behind it */
	uint64_t arrival;
	struct list waiters;
};

struct ranges {
	struct tree tree;
};

void ranges_init(struct ranges *rs, uint64_t seed);
/* Its place, arrival and waiters are set, and `end` is behind `lba`. */
void range_add(struct ranges *rs, struct range *r);
/* Nothing happens when it was not added; its waiters are the caller's. */
void range_remove(struct ranges *rs, struct range *r);
/* The one that arrived first, or last, of those overlapping; NULL: none. */
struct range *range_first(const struct ranges *rs, uint64_t lba, uint64_t end);
struct range *range_last(const struct ranges *rs, uint64_t lba, uint64_t end);

#endif
