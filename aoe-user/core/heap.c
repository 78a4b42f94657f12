/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/heap.h"
#include <assert.h>
#include <stddef.h>

static struct heap_node *heap_meld(struct heap_node *a, struct heap_node *b)
{
	struct heap_node *n;

	if (a == NULL)
		return b;
	if (b == NULL)
		return a;
	if (b->key < a->key) {
		n = a;
		a = b;
		b = n;
	}
	b->prev = a;
	b->next = a->child;
	if (a->child != NULL)
		a->child->prev = b;
	a->child = b;
	a->next = a->prev = NULL;
	return a;
}

/* Melds siblings in pairs from the left, then the pairs from the right. */
static struct heap_node *heap_meld_siblings(struct heap_node *first)
{
	struct heap_node *pairs = NULL, *root = NULL, *a, *b, *next;

	while (first != NULL) {
		a = first;
		b = a->next;
		next = b != NULL ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b != NULL)
			b->next = b->prev = NULL;
		a = heap_meld(a, b);
		a->next = pairs;
		pairs = a;
		first = next;
	}
	while (pairs != NULL) {
		next = pairs->next;
		pairs->next = NULL;
		root = heap_meld(root, pairs);
		pairs = next;
	}
	return root;
}

/* Takes it out of its place, with all below it. It is not the first. */
static void heap_cut(struct heap_node *n)
{
	assert(n->prev != NULL);
	if (n->prev->child == n)
		n->prev->child = n->next;
	else
		n->prev->next = n->next;
	if (n->next != NULL)
		n->next->prev = n->prev;
	n->next = n->prev = NULL;
}

void heap_remove(struct heap *h, struct heap_node *n)
{
	struct heap_node *children;

	if (!n->in)
		return;
	assert(h->first != NULL);
	children = heap_meld_siblings(n->child);
	if (n == h->first) {
		h->first = children;
	} else {
		heap_cut(n);
		h->first = heap_meld(h->first, children);
	}
	n->child = n->next = n->prev = NULL;
	n->in = false;
}

void heap_set(struct heap *h, struct heap_node *n, uint64_t key)
{
	if (n->in && key == n->key)
		return;
	if (n->in && key < n->key) {
		n->key = key;
		if (n == h->first)
			return;
		heap_cut(n);
		h->first = heap_meld(h->first, n);
		return;
	}
	heap_remove(h, n);
	n->key = key;
	n->in = true;
	h->first = heap_meld(h->first, n);
}
