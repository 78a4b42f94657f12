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

#include <stddef.h>
#include "fuse-fs/fs_name.h"

#define FS_TREE_DISKS 8192u /* remembered; more: hidden ones are dropped */
#define FS_TARGET 32        /* room for what a link says */

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
/* What was last known of this address, or NULL. */
const struct fs_disk *fs_tree_find(
    const struct fs_tree *t, struct aoe_addr addr);

uint64_t fs_node_ino(struct fs_node node);
/* False when the number means nothing now: its disk has gone. */
bool fs_tree_node(const struct fs_tree *t, uint64_t ino, struct fs_node *out);
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
