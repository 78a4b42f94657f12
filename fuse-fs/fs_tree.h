/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names and the inode numbers of the file system. Knows neither a client
 * nor FUSE: it is told which disks there are.
 *
 *	e1.0/disk info.json config stats.json identify model serial size
 *	e1.0/p1 ...
 *	by-serial/MODEL_SERIAL -> ../e1.0/disk
 *	by-label/LABEL by-uuid/UUID -> ../e1.0/p1
 *
 * A number says all about its file: address, kind, partition, and which of the
 * disks that had this address over time. So it stays with a disk that goes and
 *returns, and is never that of another disk.
 */
#ifndef FS_TREE_H
#define FS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/addr.h"
#include "common/ata.h"

#define FS_TREE_DISKS                                                          \
	8192u        /* remembered; more, and hidden ones are dropped          \
		      */
#define FS_NAME 80   /* room for any name and its NUL */
#define FS_TARGET 32 /* ... and for what a link says */

/* The values are part of inode numbers; the root's is FUSE's. */
enum fs_kind {
	FS_NONE,
	FS_ROOT,
	FS_BY_SERIAL,
	FS_BY_LABEL,
	FS_BY_UUID,
	FS_DIR, /* of one disk; from here on a node has a disk */
	FS_DISK,
	FS_INFO,
	FS_CONFIG,
	FS_STATS,
	FS_IDENTIFY,
	FS_MODEL,
	FS_SERIAL,
	FS_SIZE,
	FS_PART,
	FS_SERIAL_LINK,
	FS_LABEL_LINK,
	FS_UUID_LINK,
};

#define FS_PARTS 128u /* the whole disk is one of them */
#define FS_LABEL 64
#define FS_UUID 40

/* A partition, or, with number 0, the whole disk. */
struct fs_part {
	unsigned number;
	uint64_t start, length;              /* bytes */
	char label[FS_LABEL], uuid[FS_UUID]; /* of what is in it, or "" */
};

struct fs_disk {
	struct aoe_addr addr;
	uint32_t incarnation; /* tells the disks apart that had this address */
	bool shown;
	bool unread; /* what is on it is not known, or no longer */
	bool failed; /* to be read, that is, but not now */
	struct ata_identity id;
	struct fs_part *parts;
	unsigned part_count;
};

struct fs_node {
	enum fs_kind kind;
	const struct fs_disk *disk;
	unsigned part; /* its number; 0 for what belongs to the disk */
};

struct fs_entry {
	char name[FS_NAME];
	struct fs_node node;
};

struct fs_tree {
	struct fs_disk **disks; /* by address */
	size_t count, room;
	uint32_t incarnations;
};

void fs_tree_init(struct fs_tree *t);
void fs_tree_fini(struct fs_tree *t);
/*
 * From now on there is this disk at the address: the one that was there before
 * when `same`, and it has not been forgotten. False without memory.
 */
bool fs_tree_show(struct fs_tree *t, struct aoe_addr addr,
    const struct ata_identity *id, bool same);
/* It is not there for now. */
void fs_tree_hide(struct fs_tree *t, struct aoe_addr addr);
/* What is on the disk, from now on; copied. False without memory. */
bool fs_tree_set_parts(struct fs_tree *t, struct aoe_addr addr,
    const struct fs_part *parts, unsigned count);
/* What is on it has changed, or has been read. */
void fs_tree_set_unread(struct fs_tree *t, struct aoe_addr addr, bool unread);
/* It could not be read. */
void fs_tree_set_failed(struct fs_tree *t, struct aoe_addr addr);
/* Those that could not be read are to be read again. */
void fs_tree_retry(struct fs_tree *t);
/* One that is to be read, or NULL. */
const struct fs_disk *fs_tree_unread(const struct fs_tree *t);
/* NULL when there is no such partition. */
const struct fs_part *fs_disk_part(const struct fs_disk *disk, unsigned number);
/* What was last known of this address, or NULL. */
const struct fs_disk *fs_tree_find(
    const struct fs_tree *t, struct aoe_addr addr);

uint64_t fs_node_ino(struct fs_node node);
/* False when the number means nothing now: its disk has gone. */
bool fs_tree_node(const struct fs_tree *t, uint64_t ino, struct fs_node *out);
bool fs_kind_is_dir(enum fs_kind kind);
bool fs_kind_is_link(enum fs_kind kind);
/* A disk or a partition. */
bool fs_kind_is_data(enum fs_kind kind);
/* These, and the config string. */
bool fs_kind_is_writable(enum fs_kind kind);
/* False when the folder has no such name. */
bool fs_tree_lookup(const struct fs_tree *t, struct fs_node dir,
    const char *name, struct fs_node *out);
/*
 * Walks a folder: start with *cursor = 0; false at the end. Names of links
 * may come twice; a lookup finds the first.
 */
bool fs_tree_next(const struct fs_tree *t, struct fs_node dir, size_t *cursor,
    struct fs_entry *out);
/* Where a link leads, into buf[FS_TARGET]; returns buf. */
char *fs_node_target(struct fs_node node, char *buf);

#endif
