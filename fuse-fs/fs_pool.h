/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Buffers for requests, of a few sizes, kept for the next one.
 */
#ifndef FS_POOL_H
#define FS_POOL_H

#include <stddef.h>

#define FS_POOL_CLASSES 3
/* The longest request, and what comes with it from the kernel. */
#define FS_POOL_BIG ((1u << 20) + (32u << 10))

struct fs_pool_free;

struct fs_pool {
	struct fs_pool_free *free[FS_POOL_CLASSES];
	unsigned count[FS_POOL_CLASSES];
};

/* At least `size` bytes, at most FS_POOL_BIG, not cleared; or NULL. */
void *fs_pool_get(struct fs_pool *p, size_t size);
/* `size` as it was given to fs_pool_get(). NULL is fine. */
void fs_pool_put(struct fs_pool *p, void *mem, size_t size);
void fs_pool_fini(struct fs_pool *p);

#endif
