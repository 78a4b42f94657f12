/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_pool.h"

#include <stdlib.h>

struct fs_pool_free {
	struct fs_pool_free *next;
};

static const struct {
	size_t size;
	unsigned keep;
} classes[FS_POOL_CLASSES] = {
    {4u << 10, 512}, {64u << 10, 64}, {FS_POOL_BIG, 16}};

static unsigned class_of(size_t size)
{
	unsigned c = 0;

	while (c < FS_POOL_CLASSES - 1 && size > classes[c].size)
		c++;
	return c;
}

void *fs_pool_get(struct fs_pool *p, size_t size)
{
	unsigned c = class_of(size);
	struct fs_pool_free *mem = p->free[c];

	if (!mem)
		return malloc(classes[c].size);
	p->free[c] = mem->next;
	p->count[c]--;
	return mem;
}

void fs_pool_put(struct fs_pool *p, void *mem, size_t size)
{
	unsigned c = class_of(size);
	struct fs_pool_free *f = mem;

	if (!mem)
		return;
	if (p->count[c] == classes[c].keep) {
		free(mem);
		return;
	}
	f->next = p->free[c];
	p->free[c] = f;
	p->count[c]++;
}

void fs_pool_fini(struct fs_pool *p)
{
	for (unsigned c = 0; c < FS_POOL_CLASSES; c++) {
		while (p->free[c]) {
			struct fs_pool_free *next = p->free[c]->next;

			free(p->free[c]);
			p->free[c] = next;
		}
		p->count[c] = 0;
	}
}
