/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory for the data of requests: one shared mapping of a memfd, given out in
 * power-of-two blocks (a buddy allocator: bounded time, no malloc). Blocks are
 * named by their offset, so that a process that maps the same memfd means the
 * same bytes; which blocks are in use is known to this process only, and a
 * successor claims those it wants to keep.
 *
 * Each connection has an arena of its own, so that requests stuck on a dead
 * disk never take memory from another connection. Pages that were never
 * touched cost nothing (lock memory with MCL_ONFAULT to keep it so).
 */
#ifndef NBD_ARENA_H
#define NBD_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NBD_ARENA_BLOCK 4096u /* bytes of the smallest block */
#define NBD_ARENA_ORDERS 24u  /* block sizes: NBD_ARENA_BLOCK << order */

struct nbd_arena_node {
	uint32_t next, prev; /* free blocks of one order, by block number */
	uint8_t order;
	uint8_t state;
};

struct nbd_arena {
	uint8_t *mem;
	int fd;      /* the memfd, kept so that it can be handed on; or -1 */
	size_t size; /* bytes: a power of two of blocks */
	size_t used; /* bytes given out, rounded up to blocks */
	unsigned top;
	struct nbd_arena_node *nodes; /* one per smallest block */
	uint32_t free[NBD_ARENA_ORDERS];
};

/*
 * Makes an arena of `size` bytes, rounded up to a power of two. With fd >= 0
 * that memfd is mapped (and owned from then on), else a new one is made.
 * 0 or -errno.
 */
int nbd_arena_init(struct nbd_arena *a, size_t size, int fd);
/* Safe to call twice, and on a zeroed struct. */
void nbd_arena_fini(struct nbd_arena *a);

/* A block of at least `size` bytes, not cleared; -ENOMEM when none is free. */
int nbd_arena_get(struct nbd_arena *a, size_t size, size_t *offset);
void nbd_arena_put(struct nbd_arena *a, size_t offset);
/*
 * Takes the very block that nbd_arena_get() gave for `size` in another process.
 * -EINVAL when no block of that size begins there, -EBUSY when it is in use.
 */
int nbd_arena_claim(struct nbd_arena *a, size_t offset, size_t size);

static inline void *nbd_arena_at(const struct nbd_arena *a, size_t offset)
{
	return a->mem + offset;
}

#endif
