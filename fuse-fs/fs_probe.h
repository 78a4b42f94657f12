/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds out what is on a disk: partitions, labels, UUIDs. It runs in a process
 * of its own, for these are bytes that anybody may have written, and has
 * nothing but a copy of parts of the disk in memory, and a socket to the one
 * who can fetch more of them.
 */
#ifndef FS_PROBE_H
#define FS_PROBE_H

#include "fuse-fs/fs_tree.h"

enum fs_probe_kind {
	FS_PROBE_FETCH = 1, /* copy offset and length; answered by one of: */
	FS_PROBE_FETCHED,
	FS_PROBE_FAILED,
	FS_PROBE_PART, /* one was found: part */
	FS_PROBE_DONE, /* that was all */
};

struct fs_probe_message {
	uint32_t kind;
	uint64_t offset, length;
	struct fs_part part;
};

/* Until DONE, or an error. `channel` keeps the bounds of messages. */
void fs_probe_run(int channel, int memory, uint64_t size);

#endif
