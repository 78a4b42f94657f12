/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands for a file or a folder: its kind, the disk it belongs to, and the
 * partition.
 */
#ifndef FS_NODE_H
#define FS_NODE_H

#include <stdbool.h>
#include <stdint.h>
#include "common/addr.h"
#include "common/ata.h"

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

bool fs_kind_is_dir(enum fs_kind kind);
bool fs_kind_is_link(enum fs_kind kind);
/* A disk or a partition. */
bool fs_kind_is_data(enum fs_kind kind);
/* These, and the config string. */
bool fs_kind_is_writable(enum fs_kind kind);
/* NULL when there is no such partition. */
const struct fs_part *fs_disk_part(const struct fs_disk *disk, unsigned number);

#endif
