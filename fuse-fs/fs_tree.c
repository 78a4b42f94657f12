/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/compiler.h"

/* kind 8, slot 8, shelf 16, incarnation 32: how a number is put together. */
#define SLOT_SHIFT 8
#define SHELF_SHIFT 16
#define INCARNATION_SHIFT 32

struct name {
	const char *text;
	enum fs_kind kind;
};

static const struct name root_names[] = {
    {"by-serial", FS_BY_SERIAL},
};

static const struct name disk_names[] = {
    {"disk", FS_DISK},
    {"info.json", FS_INFO},
    {"config", FS_CONFIG},
    {"stats.json", FS_STATS},
    {"identify", FS_IDENTIFY},
    {"model", FS_MODEL},
    {"serial", FS_SERIAL},
    {"size", FS_SIZE},
};

void fs_tree_init(struct fs_tree *t)
{
	*t = (struct fs_tree){.disks = NULL};
}

void fs_tree_fini(struct fs_tree *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->disks[i]);
	free(t->disks);
	fs_tree_init(t);
}

/* ---- the disks ---- */

/* Where the address is, or belongs. */
static size_t tree_place(const struct fs_tree *t, struct aoe_addr addr)
{
	size_t low = 0, high = t->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (addr_compare(t->disks[mid]->addr, addr) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct fs_disk *tree_disk(const struct fs_tree *t, struct aoe_addr addr)
{
	size_t at = tree_place(t, addr);

	if (at == t->count || !addr_equal(t->disks[at]->addr, addr))
		return NULL;
	return t->disks[at];
}

const struct fs_disk *fs_tree_find(
    const struct fs_tree *t, struct aoe_addr addr)
{
	return tree_disk(t, addr);
}

static void tree_remove(struct fs_tree *t, size_t at)
{
	free(t->disks[at]);
	t->count--;
	memmove(&t->disks[at], &t->disks[at + 1],
	    (t->count - at) * sizeof(*t->disks));
}

/* Makes room for one more. Addresses that come and go cannot fill memory. */
static bool tree_grow(struct fs_tree *t)
{
	size_t room = t->room ? 2 * t->room : 16;
	struct fs_disk **disks;

	for (size_t i = 0; t->count >= FS_TREE_DISKS && i < t->count; i++)
		if (!t->disks[i]->shown)
			tree_remove(t, i);
	if (t->count >= FS_TREE_DISKS)
		return false;
	if (t->count < t->room)
		return true;
	disks = realloc(t->disks, room * sizeof(*disks));
	if (!disks)
		return false;
	t->disks = disks;
	t->room = room;
	return true;
}

static struct fs_disk *tree_add(struct fs_tree *t, struct aoe_addr addr)
{
	struct fs_disk *disk;
	size_t at;

	if (!tree_grow(t))
		return NULL;
	disk = calloc(1, sizeof(*disk));
	if (!disk)
		return NULL;
	disk->addr = addr;
	at = tree_place(t, addr);
	memmove(&t->disks[at + 1], &t->disks[at],
	    (t->count - at) * sizeof(*t->disks));
	t->disks[at] = disk;
	t->count++;
	return disk;
}

bool fs_tree_show(struct fs_tree *t, struct aoe_addr addr,
    const struct ata_identity *id, bool same)
{
	struct fs_disk *disk = tree_disk(t, addr);

	if (!disk) {
		disk = tree_add(t, addr);
		same = false;
	}
	if (!disk)
		return false;
	if (!same)
		disk->incarnation = ++t->incarnations;
	disk->id = *id;
	disk->shown = true;
	return true;
}

void fs_tree_hide(struct fs_tree *t, struct aoe_addr addr)
{
	struct fs_disk *disk = tree_disk(t, addr);

	if (disk)
		disk->shown = false;
}

/* ---- numbers ---- */

bool fs_kind_is_dir(enum fs_kind kind)
{
	return kind == FS_ROOT || kind == FS_BY_SERIAL || kind == FS_DIR;
}

uint64_t fs_node_ino(struct fs_node node)
{
	const struct fs_disk *d = node.disk;
	uint64_t ino = (uint64_t)node.kind;

	if (d)
		ino |= (uint64_t)d->addr.slot << SLOT_SHIFT |
		       (uint64_t)d->addr.shelf << SHELF_SHIFT |
		       (uint64_t)d->incarnation << INCARNATION_SHIFT;
	return ino;
}

bool fs_tree_node(const struct fs_tree *t, uint64_t ino, struct fs_node *out)
{
	struct aoe_addr addr = {
	    .shelf = (uint16_t)(ino >> SHELF_SHIFT),
	    .slot = (uint8_t)(ino >> SLOT_SHIFT),
	};

	*out = (struct fs_node){.kind = (enum fs_kind)(ino & 0xff)};
	if (out->kind < FS_DIR)
		return out->kind != FS_NONE;
	out->disk = fs_tree_find(t, addr);
	return out->disk && out->disk->shown &&
	       out->disk->incarnation == ino >> INCARNATION_SHIFT;
}

/* ---- names ---- */

/* What a target says of itself may hold anything, slashes too. */
static size_t put_clean(char *buf, size_t len, const char *text)
{
	for (; *text && len < FS_NAME - 1; text++) {
		char c = *text;
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '-' || c == '.';

		buf[len++] = plain ? c : '_';
	}
	buf[len] = '\0';
	return len;
}

/* "" when the target does not tell. */
static void serial_name(const struct fs_disk *disk, char *buf)
{
	size_t len = put_clean(buf, 0, disk->id.model);

	if (!*disk->id.serial) {
		*buf = '\0';
		return;
	}
	if (len)
		len = put_clean(buf, len, "_");
	put_clean(buf, len, disk->id.serial);
	/* No name can be "." or "..", and none is hidden. */
	if (*buf == '.')
		*buf = '_';
}

static bool find_name(const struct name *names, size_t count, const char *text,
    enum fs_kind *kind)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i].text, text))
			continue;
		*kind = names[i].kind;
		return true;
	}
	return false;
}

static bool find_address(
    const struct fs_tree *t, const char *name, struct fs_node *out)
{
	struct aoe_addr addr;
	char why[ADDR_WHY];

	/* One spelling: what the list shows. */
	if (*name != 'e' || addr_parse(name, &addr, why))
		return false;
	*out = (struct fs_node){FS_DIR, fs_tree_find(t, addr)};
	return out->disk && out->disk->shown;
}

static bool find_serial(
    const struct fs_tree *t, const char *name, struct fs_node *out)
{
	char text[FS_NAME];

	for (size_t i = 0; i < t->count; i++) {
		if (!t->disks[i]->shown)
			continue;
		serial_name(t->disks[i], text);
		if (!*text || strcmp(text, name))
			continue;
		*out = (struct fs_node){FS_LINK, t->disks[i]};
		return true;
	}
	return false;
}

bool fs_tree_lookup(const struct fs_tree *t, struct fs_node dir,
    const char *name, struct fs_node *out)
{
	*out = (struct fs_node){.disk = dir.disk};
	switch (dir.kind) {
	case FS_ROOT:
		return find_name(root_names, ARRAY_SIZE(root_names), name,
			   &out->kind) ||
		       find_address(t, name, out);
	case FS_BY_SERIAL:
		return find_serial(t, name, out);
	case FS_DIR:
		return find_name(
		    disk_names, ARRAY_SIZE(disk_names), name, &out->kind);
	default:
		return false;
	}
}

/* The next fixed name, or false: then *cursor counts on from their number. */
static bool next_name(const struct name *names, size_t count,
    const struct fs_disk *disk, size_t *cursor, struct fs_entry *out)
{
	if (*cursor >= count)
		return false;
	snprintf(out->name, sizeof(out->name), "%s", names[*cursor].text);
	out->node = (struct fs_node){names[*cursor].kind, disk};
	++*cursor;
	return true;
}

/* The disk at this place in the list, as a folder or as a link; or none. */
static bool disk_entry(
    const struct fs_disk *disk, enum fs_kind kind, struct fs_entry *out)
{
	if (!disk->shown)
		return false;
	out->node = (struct fs_node){kind, disk};
	if (kind == FS_LINK)
		serial_name(disk, out->name);
	else
		addr_format(disk->addr, out->name);
	return *out->name != '\0';
}

static bool next_disk(const struct fs_tree *t, enum fs_kind kind, size_t first,
    size_t *cursor, struct fs_entry *out)
{
	while (*cursor - first < t->count)
		if (disk_entry(t->disks[(*cursor)++ - first], kind, out))
			return true;
	return false;
}

bool fs_tree_next(const struct fs_tree *t, struct fs_node dir, size_t *cursor,
    struct fs_entry *out)
{
	size_t fixed = ARRAY_SIZE(root_names);

	switch (dir.kind) {
	case FS_ROOT:
		return next_name(root_names, fixed, NULL, cursor, out) ||
		       next_disk(t, FS_DIR, fixed, cursor, out);
	case FS_BY_SERIAL:
		return next_disk(t, FS_LINK, 0, cursor, out);
	case FS_DIR:
		return next_name(
		    disk_names, ARRAY_SIZE(disk_names), dir.disk, cursor, out);
	default:
		return false;
	}
}

char *fs_node_target(struct fs_node node, char *buf)
{
	char name[ADDR_TEXT];

	snprintf(
	    buf, FS_TARGET, "../%s/disk", addr_format(node.disk->addr, name));
	return buf;
}
