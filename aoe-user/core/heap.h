/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pairing heaps without memory of their own: the node with the least key in
 * O(1), the others as they come up.
 */
#ifndef CORE_HEAP_H
#define CORE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

struct heap_node {
	uint64_t key;
	struct heap_node *child, *next, *prev; /* prev: sibling, or parent */
	bool in;                               /* a heap */
};

struct heap {
	struct heap_node *first;
};

/* Puts it in, or moves it. */
void heap_set(struct heap *h, struct heap_node *n, uint64_t key);
/* Nothing happens when it is in no heap. */
void heap_remove(struct heap *h, struct heap_node *n);

#endif
