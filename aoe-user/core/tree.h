/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sorted trees without memory of their own: treaps, whose nodes lie in what
 * they sort. Each node has a random weight, and none is above a heavier one, so
 * that the tree is about as flat whatever comes in whatever order.
 */
#ifndef CORE_TREE_H
#define CORE_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct tree_node {
	struct tree_node *left, *right, *up;
	uint32_t weight;
	bool in; /* a tree */
};

struct tree {
	struct tree_node *root;
	uint64_t random; /* state of the weights */
	/* The key before (< 0), at or behind that of a node. */
	int (*order)(const void *key, const struct tree_node *n);
	/*
	 * What a node says of all below it, made anew from itself and its
	 * children; true when that is something else now. May be NULL.
	 */
	bool (*sum)(struct tree_node *n);
};

void tree_init(struct tree *t, uint64_t seed,
    int (*order)(const void *key, const struct tree_node *n),
    bool (*sum)(struct tree_node *n));
/* Behind those with the same key. */
void tree_insert(struct tree *t, struct tree_node *n, const void *key);
/*
 * The same at a free place that the caller has found, `*place` being a child of
 * `up`, or the root. The sums above are the caller's.
 */
void tree_insert_at(struct tree *t, struct tree_node *n, struct tree_node *up,
    struct tree_node **place);
/* Nothing happens when it is in no tree. */
void tree_remove(struct tree *t, struct tree_node *n);
/* One with that key, or NULL. */
struct tree_node *tree_find(const struct tree *t, const void *key);
/* In order; NULL at the end. */
struct tree_node *tree_first(const struct tree *t);
struct tree_node *tree_next(const struct tree_node *n);
/* The first that is behind the key; NULL when there is none. */
struct tree_node *tree_after(const struct tree *t, const void *key);

#endif
