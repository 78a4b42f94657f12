/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/compiler.h"

/* kind 8, part 8, slot 8, shelf 16, incarnation 24: what a number is made of.
 */
#define PART_SHIFT 8
#define SLOT_SHIFT 16
#define SHELF_SHIFT 24
#define INCARNATION_SHIFT 40
#define INCARNATION_MAX ((1u << 24) - 1)

struct name {
	const char *text;
	enum fs_kind kind;
};

static const struct name root_names[] = {
    {"by-serial", FS_BY_SERIAL},
    {"by-label", FS_BY_LABEL},
    {"by-uuid", FS_BY_UUID},
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

static void disk_free(struct fs_disk *disk)
{
	free(disk->parts);
	free(disk);
}

void fs_tree_fini(struct fs_tree *t)
{
	for (size_t i = 0; i < t->count; i++)
		disk_free(t->disks[i]);
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
	disk_free(t->disks[at]);
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
	if (!same) {
		disk->incarnation = t->incarnations++ % INCARNATION_MAX + 1;
		disk->unread = true;
		disk->part_count = 0;
	}
	disk->unread |= !disk->shown && !disk->part_count;
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

bool fs_tree_set_parts(struct fs_tree *t, struct aoe_addr addr,
    const struct fs_part *parts, unsigned count)
{
	struct fs_disk *disk = tree_disk(t, addr);
	struct fs_part *copy = calloc(count + 1, sizeof(*copy));

	if (!disk || !copy) {
		free(copy);
		return false;
	}
	memcpy(copy, parts, count * sizeof(*copy));
	free(disk->parts);
	disk->parts = copy;
	disk->part_count = count;
	return true;
}

void fs_tree_set_unread(struct fs_tree *t, struct aoe_addr addr, bool unread)
{
	struct fs_disk *disk = tree_disk(t, addr);

	if (disk)
		disk->unread = unread;
}

void fs_tree_set_failed(struct fs_tree *t, struct aoe_addr addr)
{
	struct fs_disk *disk = tree_disk(t, addr);

	if (disk)
		disk->failed = true;
}

void fs_tree_retry(struct fs_tree *t)
{
	for (size_t i = 0; i < t->count; i++) {
		t->disks[i]->unread |= t->disks[i]->failed;
		t->disks[i]->failed = false;
	}
}

const struct fs_disk *fs_tree_unread(const struct fs_tree *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->disks[i]->shown && t->disks[i]->unread)
			return t->disks[i];
	return NULL;
}

/* ---- numbers ---- */

uint64_t fs_node_ino(struct fs_node node)
{
	const struct fs_disk *d = node.disk;
	uint64_t ino = (uint64_t)node.kind;

	if (d)
		ino |= (uint64_t)node.part << PART_SHIFT |
		       (uint64_t)d->addr.slot << SLOT_SHIFT |
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

	*out = (struct fs_node){
	    .kind = (enum fs_kind)(ino & 0xff),
	    .part = ino >> PART_SHIFT & 0xff,
	};
	if (out->kind < FS_DIR)
		return out->kind != FS_NONE;
	out->disk = fs_tree_find(t, addr);
	return out->disk && out->disk->shown &&
	       out->disk->incarnation == ino >> INCARNATION_SHIFT &&
	       (!out->part || fs_disk_part(out->disk, out->part));
}

/* ---- names ---- */

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
	*out = (struct fs_node){.kind = FS_DIR, .disk = fs_tree_find(t, addr)};
	return out->disk && out->disk->shown;
}

static enum fs_kind link_kind(enum fs_kind dir)
{
	return dir == FS_BY_SERIAL  ? FS_SERIAL_LINK
	       : dir == FS_BY_LABEL ? FS_LABEL_LINK
				    : FS_UUID_LINK;
}

static bool find_link(const struct fs_tree *t, struct fs_node dir,
    const char *name, struct fs_node *out)
{
	struct fs_entry entry;
	size_t cursor = 0;

	while (fs_tree_next(t, dir, &cursor, &entry)) {
		if (strcmp(entry.name, name))
			continue;
		*out = entry.node;
		return true;
	}
	return false;
}

static bool find_in_disk(
    struct fs_node dir, const char *name, struct fs_node *out)
{
	char text[FS_NAME];

	if (find_name(disk_names, ARRAY_SIZE(disk_names), name, &out->kind))
		return true;
	out->kind = FS_PART;
	for (unsigned i = 0; i < dir.disk->part_count; i++) {
		out->part = dir.disk->parts[i].number;
		fs_name_part(out->part, text);
		if (out->part && !strcmp(text, name))
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
	case FS_BY_LABEL:
	case FS_BY_UUID:
		return find_link(t, dir, name, out);
	case FS_DIR:
		return find_in_disk(dir, name, out);
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
	out->node = (struct fs_node){.kind = names[*cursor].kind, .disk = disk};
	++*cursor;
	return true;
}

static bool next_disk(
    const struct fs_tree *t, size_t first, size_t *cursor, struct fs_entry *out)
{
	while (*cursor - first < t->count) {
		const struct fs_disk *disk = t->disks[(*cursor)++ - first];

		if (!disk->shown)
			continue;
		addr_format(disk->addr, out->name);
		out->node = (struct fs_node){.kind = FS_DIR, .disk = disk};
		return true;
	}
	return false;
}

static bool next_part(const struct fs_disk *disk, size_t first, size_t *cursor,
    struct fs_entry *out)
{
	while (*cursor - first < disk->part_count) {
		unsigned number = disk->parts[(*cursor)++ - first].number;

		if (!number)
			continue;
		fs_name_part(number, out->name);
		out->node = (struct fs_node){
		    .kind = FS_PART, .disk = disk, .part = number};
		return true;
	}
	return false;
}

/* A disk has one serial number, and labels for itself and its partitions. */
static unsigned link_count(const struct fs_disk *disk, enum fs_kind kind)
{
	if (!disk->shown)
		return 0;
	return kind == FS_SERIAL_LINK ? 1 : disk->part_count;
}

/* Each disk has FS_PARTS places for the cursor. */
static bool next_link(const struct fs_tree *t, enum fs_kind kind,
    size_t *cursor, struct fs_entry *out)
{
	while (*cursor / FS_PARTS < t->count) {
		const struct fs_disk *disk = t->disks[*cursor / FS_PARTS];
		size_t place = *cursor % FS_PARTS;

		if (place >= link_count(disk, kind)) {
			*cursor += FS_PARTS - place;
			continue;
		}
		++*cursor;
		out->node = (struct fs_node){.kind = kind, .disk = disk};
		if (kind != FS_SERIAL_LINK)
			out->node.part = disk->parts[place].number;
		fs_name_link(out->node, out->name);
		if (*out->name)
			return true;
	}
	return false;
}

bool fs_tree_next(const struct fs_tree *t, struct fs_node dir, size_t *cursor,
    struct fs_entry *out)
{
	size_t fixed = dir.kind == FS_ROOT ? ARRAY_SIZE(root_names)
					   : ARRAY_SIZE(disk_names);

	switch (dir.kind) {
	case FS_ROOT:
		return next_name(root_names, fixed, NULL, cursor, out) ||
		       next_disk(t, fixed, cursor, out);
	case FS_BY_SERIAL:
	case FS_BY_LABEL:
	case FS_BY_UUID:
		return next_link(t, link_kind(dir.kind), cursor, out);
	case FS_DIR:
		return next_name(disk_names, fixed, dir.disk, cursor, out) ||
		       next_part(dir.disk, fixed, cursor, out);
	default:
		return false;
	}
}

char *fs_node_target(struct fs_node node, char *buf)
{
	char name[ADDR_TEXT], part[FS_NAME] = "disk";

	if (node.part)
		fs_name_part(node.part, part);
	snprintf(buf, FS_TARGET, "../%s/%.8s",
	    addr_format(node.disk->addr, name), part);
	return buf;
}
