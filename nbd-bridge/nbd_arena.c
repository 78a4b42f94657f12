/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "nbd-bridge/nbd_arena.h"

#define NONE UINT32_MAX

enum node_state {
	NODE_INSIDE, /* part of the block that begins before it */
	NODE_FREE,
	NODE_USED,
};

static size_t order_size(unsigned order)
{
	return (size_t)NBD_ARENA_BLOCK << order;
}

/* The smallest order that holds `size`; above the top when none does. */
static unsigned order_of(const struct nbd_arena *a, size_t size)
{
	unsigned order = 0;

	while (order <= a->top && order_size(order) < size)
		order++;
	return order;
}

static void push_free(struct nbd_arena *a, uint32_t n, unsigned order)
{
	struct nbd_arena_node *node = &a->nodes[n];

	node->state = NODE_FREE;
	node->order = (uint8_t)order;
	node->prev = NONE;
	node->next = a->free[order];
	if (node->next != NONE)
		a->nodes[node->next].prev = n;
	a->free[order] = n;
}

static void pull_free(struct nbd_arena *a, uint32_t n)
{
	struct nbd_arena_node *node = &a->nodes[n];

	if (node->prev != NONE)
		a->nodes[node->prev].next = node->next;
	else
		a->free[node->order] = node->next;
	if (node->next != NONE)
		a->nodes[node->next].prev = node->prev;
	node->state = NODE_INSIDE;
}

/* Halves the free block `from` until the block `n` in it has this order. */
static void carve(
    struct nbd_arena *a, uint32_t from, uint32_t n, unsigned order)
{
	unsigned have = a->nodes[from].order;

	pull_free(a, from);
	while (have > order) {
		uint32_t upper = from + (1u << --have);

		if (n >= upper) {
			push_free(a, from, have);
			from = upper;
		} else {
			push_free(a, upper, have);
		}
	}
	a->nodes[n].state = NODE_USED;
	a->nodes[n].order = (uint8_t)order;
	a->used += order_size(order);
}

static int map(struct nbd_arena *a)
{
	struct stat st;
	void *mem;

	if (a->fd < 0) {
		a->fd = memfd_create("nbd-arena", MFD_CLOEXEC);
		if (a->fd < 0)
			return -errno;
		if (ftruncate(a->fd, (off_t)a->size))
			return -errno;
	}
	/* Touching what lies beyond the file's end would be a SIGBUS. */
	if (fstat(a->fd, &st))
		return -errno;
	if (st.st_size < (off_t)a->size)
		return -EINVAL;
	mem = mmap(NULL, a->size, PROT_READ | PROT_WRITE, MAP_SHARED, a->fd, 0);
	if (mem == MAP_FAILED)
		return -errno;
	a->mem = mem;
	return 0;
}

int nbd_arena_init(struct nbd_arena *a, size_t size, int fd)
{
	int error;

	*a = (struct nbd_arena){.fd = fd};
	while (a->top < NBD_ARENA_ORDERS - 1 && order_size(a->top) < size)
		a->top++;
	a->size = order_size(a->top);
	error = a->size < size ? -EINVAL : map(a);
	if (!error) {
		a->nodes = calloc((size_t)1 << a->top, sizeof(*a->nodes));
		if (!a->nodes)
			error = -ENOMEM;
	}
	if (error) {
		nbd_arena_fini(a);
		return error;
	}
	for (unsigned i = 0; i < NBD_ARENA_ORDERS; i++)
		a->free[i] = NONE;
	push_free(a, 0, a->top);
	return 0;
}

void nbd_arena_fini(struct nbd_arena *a)
{
	free(a->nodes);
	if (a->mem)
		munmap(a->mem, a->size);
	if (a->fd >= 0 && a->size)
		close(a->fd);
	*a = (struct nbd_arena){.fd = -1};
}

int nbd_arena_get(struct nbd_arena *a, size_t size, size_t *offset)
{
	unsigned order = order_of(a, size), have = order;
	uint32_t n;

	while (have <= a->top && a->free[have] == NONE)
		have++;
	if (have > a->top)
		return -ENOMEM;
	n = a->free[have];
	carve(a, n, n, order);
	*offset = (size_t)n * NBD_ARENA_BLOCK;
	return 0;
}

void nbd_arena_put(struct nbd_arena *a, size_t offset)
{
	uint32_t n = (uint32_t)(offset / NBD_ARENA_BLOCK);
	unsigned order = a->nodes[n].order;

	a->used -= order_size(order);
	a->nodes[n].state = NODE_INSIDE;
	while (order < a->top) {
		uint32_t buddy = n ^ (1u << order);

		if (a->nodes[buddy].state != NODE_FREE ||
		    a->nodes[buddy].order != order)
			break;
		pull_free(a, buddy);
		n &= ~(1u << order);
		order++;
	}
	push_free(a, n, order);
}

int nbd_arena_claim(struct nbd_arena *a, size_t offset, size_t size)
{
	unsigned order = order_of(a, size);
	uint32_t n = (uint32_t)(offset / NBD_ARENA_BLOCK);

	if (order > a->top || offset >= a->size ||
	    offset % order_size(order) != 0)
		return -EINVAL;
	/* The free block around it begins at n with some low bits cleared. */
	for (unsigned have = order; have <= a->top; have++) {
		uint32_t head = n & ~((1u << have) - 1);

		if (a->nodes[head].state == NODE_FREE &&
		    a->nodes[head].order == have) {
			carve(a, head, n, order);
			return 0;
		}
	}
	return -EBUSY;
}
