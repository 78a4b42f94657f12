/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/range.h"
#include <assert.h>
#include <stddef.h>

static struct range *range_of(struct tree_node *n)
{
	return container_of(n, struct range, node);
}

static void range_include(struct range *r, const struct range *below)
{
	r->most_end = MAX(r->most_end, below->most_end);
	r->first = MIN(r->first, below->first);
	r->last = MAX(r->last, below->last);
}

static bool range_sum(struct tree_node *n)
{
	struct range *r = range_of(n);
	uint64_t most_end = r->most_end, first = r->first, last = r->last;

	r->most_end = r->end;
	r->first = r->last = r->arrival;
	if (n->left != NULL)
		range_include(r, range_of(n->left));
	if (n->right != NULL)
		range_include(r, range_of(n->right));
	return r->most_end != most_end || r->first != first || r->last != last;
}

void ranges_init(struct ranges *rs, uint64_t seed)
{
	tree_init(&rs->tree, seed, NULL, range_sum);
}

void range_add(struct ranges *rs, struct range *r)
{
	struct tree_node *up = NULL, **place = &rs->tree.root;

	assert(r->lba < r->end);
	r->most_end = r->end;
	r->first = r->last = r->arrival;
	while (*place != NULL) {
		up = *place;
		range_include(range_of(up), r);
		place = r->lba < range_of(up)->lba ? &up->left : &up->right;
	}
	tree_insert_at(&rs->tree, &r->node, up, place);
}

void range_remove(struct ranges *rs, struct range *r)
{
	tree_remove(&rs->tree, &r->node);
}

/*
 * Down to where there is something better than `best` that overlaps: only what
 * begins before the end can, and only where something ends behind the start.
 */
static struct range *range_best(struct tree_node *n, uint64_t lba, uint64_t end,
    bool last, struct range *best)
{
	struct range *r;

	while (n != NULL) {
		r = range_of(n);
		if (r->most_end <= lba)
			break;
		if (best != NULL && (last ? r->last <= best->arrival
					  : r->first >= best->arrival))
			break;
		if (r->lba < end) {
			if (r->end > lba &&
			    (best == NULL ||
				(last ? r->arrival > best->arrival
				      : r->arrival < best->arrival)))
				best = r;
			best = range_best(n->right, lba, end, last, best);
		}
		n = n->left;
	}
	return best;
}

struct range *range_first(const struct ranges *rs, uint64_t lba, uint64_t end)
{
	return range_best(rs->tree.root, lba, end, false, NULL);
}

struct range *range_last(const struct ranges *rs, uint64_t lba, uint64_t end)
{
	return range_best(rs->tree.root, lba, end, true, NULL);
}
