/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/tree.h"
#include <assert.h>
#include <stddef.h>
#include "aoe-user/core/rng.h"

void tree_init(struct tree *t, uint64_t seed,
    int (*order)(const void *key, const struct tree_node *n),
    bool (*sum)(struct tree_node *n))
{
	*t = (struct tree){.random = seed, .order = order, .sum = sum};
}

/* Where the tree points to the node. */
static struct tree_node **tree_place(struct tree *t, struct tree_node *n)
{
	if (n->up == NULL)
		return &t->root;
	return n->up->left == n ? &n->up->left : &n->up->right;
}

/* A node takes its parent's place, which becomes its child. */
static void tree_rotate(struct tree *t, struct tree_node *n)
{
	struct tree_node *up = n->up, *between;

	*tree_place(t, up) = n;
	n->up = up->up;
	if (up->left == n) {
		between = n->right;
		up->left = between;
		n->right = up;
	} else {
		between = n->left;
		up->right = between;
		n->left = up;
	}
	if (between != NULL)
		between->up = up;
	up->up = n;
	if (t->sum != NULL)
		t->sum(up);
}

void tree_insert_at(struct tree *t, struct tree_node *n, struct tree_node *up,
    struct tree_node **place)
{
	struct rng rng = {t->random};

	assert(*place == NULL);
	*n = (struct tree_node){
	    .up = up, .weight = (uint32_t)rng_next(&rng), .in = true};
	t->random = rng.state;
	*place = n;
	while (n->up != NULL && n->up->weight < n->weight)
		tree_rotate(t, n);
	if (t->sum != NULL)
		t->sum(n);
}

void tree_insert(struct tree *t, struct tree_node *n, const void *key)
{
	struct tree_node *up = NULL, **place = &t->root;

	while (*place != NULL) {
		up = *place;
		place = t->order(key, up) < 0 ? &up->left : &up->right;
	}
	tree_insert_at(t, n, up, place);
	if (t->sum == NULL)
		return;
	for (n = n->up; n != NULL && t->sum(n);)
		n = n->up;
}

static struct tree_node *tree_heavier(const struct tree_node *n)
{
	if (n->left == NULL || n->right == NULL)
		return n->left != NULL ? n->left : n->right;
	return n->left->weight > n->right->weight ? n->left : n->right;
}

/* Down to where it has one child at most, which takes its place. */
void tree_remove(struct tree *t, struct tree_node *n)
{
	struct tree_node *child, *up;
	unsigned turned = 0;

	if (!n->in)
		return;
	for (; n->left != NULL && n->right != NULL; turned++)
		tree_rotate(t, tree_heavier(n));
	child = tree_heavier(n);
	up = n->up;
	assert(*tree_place(t, n) == n);
	*tree_place(t, n) = child;
	if (child != NULL)
		child->up = up;
	n->in = false;
	/* What took its place says so in any case, the others if it matters. */
	for (; t->sum != NULL && up != NULL; up = up->up) {
		if (!t->sum(up) && turned == 0)
			break;
		turned -= turned > 0;
	}
}

struct tree_node *tree_find(const struct tree *t, const void *key)
{
	struct tree_node *n = t->root;
	int order;

	while (n != NULL) {
		order = t->order(key, n);
		if (order == 0)
			return n;
		n = order < 0 ? n->left : n->right;
	}
	return NULL;
}

static struct tree_node *tree_leftmost(struct tree_node *n)
{
	while (n != NULL && n->left != NULL)
		n = n->left;
	return n;
}

struct tree_node *tree_first(const struct tree *t)
{
	return tree_leftmost(t->root);
}

struct tree_node *tree_next(const struct tree_node *n)
{
	if (n->right != NULL)
		return tree_leftmost(n->right);
	while (n->up != NULL && n->up->right == n)
		n = n->up;
	return n->up;
}

struct tree_node *tree_after(const struct tree *t, const void *key)
{
	struct tree_node *n = t->root, *best = NULL;

	while (n != NULL) {
		if (t->order(key, n) < 0) {
			best = n;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return best;
}
