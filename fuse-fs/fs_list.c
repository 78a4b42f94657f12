/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct item {
	char name[FS_NAME];
	uint64_t ino;
	size_t place; /* in the order of the tree */
	bool dir;
};

struct fs_list {
	size_t count, room;
	struct item *items;
};

/* In order of names; of equal ones the first, as a lookup finds it. */
static int compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->place > y->place) - (x->place < y->place);
}

static void drop_doubles(struct fs_list *l)
{
	size_t kept = 0;

	qsort(l->items, l->count, sizeof(*l->items), compare);
	for (size_t i = 0; i < l->count; i++)
		if (!kept || strcmp(l->items[kept - 1].name, l->items[i].name))
			l->items[kept++] = l->items[i];
	l->count = kept;
}

static bool add(struct fs_list *l, const char *name, struct fs_node node)
{
	struct item *item;

	if (l->count == l->room) {
		size_t room = l->room ? 2 * l->room : 32;
		struct item *items = realloc(l->items, room * sizeof(*items));

		if (!items)
			return false;
		l->items = items;
		l->room = room;
	}
	item = &l->items[l->count];
	item->place = l->count++;
	snprintf(item->name, sizeof(item->name), "%s", name);
	item->ino = fs_node_ino(node);
	item->dir = fs_kind_is_dir(node.kind);
	return true;
}

struct fs_list *fs_list_new(const struct fs_tree *tree, struct fs_node dir)
{
	struct fs_node root = {.kind = FS_ROOT};
	struct fs_list *l = calloc(1, sizeof(*l));
	struct fs_entry entry;
	size_t cursor = 0;
	bool ok = l && add(l, ".", dir) && add(l, "..", root);

	while (ok && fs_tree_next(tree, dir, &cursor, &entry))
		ok = add(l, entry.name, entry.node);
	if (!ok) {
		fs_list_free(l);
		return NULL;
	}
	if (dir.kind == FS_BY_SERIAL || dir.kind == FS_BY_LABEL ||
	    dir.kind == FS_BY_UUID)
		drop_doubles(l);
	return l;
}

void fs_list_free(struct fs_list *l)
{
	if (!l)
		return;
	free(l->items);
	free(l);
}

void fs_list_reply(
    const struct fs_list *l, fuse_req_t req, size_t size, off_t offset)
{
	char *buf = malloc(size);
	size_t used = 0;

	if (!buf) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	for (size_t i = (size_t)MAX(offset, 0); i < l->count; i++) {
		const struct item *item = &l->items[i];
		struct stat st = {
		    .st_ino = item->ino,
		    .st_mode = item->dir ? S_IFDIR : S_IFREG,
		};
		size_t need = fuse_add_direntry(req, buf + used, size - used,
		    item->name, &st, (off_t)i + 1);

		if (need > size - used)
			break;
		used += need;
	}
	fuse_reply_buf(req, buf, used);
	free(buf);
}
