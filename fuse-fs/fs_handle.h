/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is open: a disk, a folder, or a text that was made when it was opened.
 */
#ifndef FS_HANDLE_H
#define FS_HANDLE_H

#include "fuse-fs/fs.h"

struct fs_handle {
	struct list link;     /* fs->handles */
	struct fs_list *list; /* a folder */
	struct device *dev;   /* a disk, or, without a text, a part of it: */
	uint64_t start, size; /* bytes; UINT64_MAX: to its end */
	bool written;
	bool writable;
	unsigned writes; /* under way */
	int error;       /* of a write, not yet told to close(2) or fsync(2) */
	struct list closers; /* who wait for the writes */
	char *text;          /* a text, and its length */
	size_t length;
	bool config; /* it is a config string, open for writing, of `dev` */
};

/* 0 or a positive errno, as FUSE wants it. `flags` are those of open(2). */
int fs_handle_open(
    struct fs *fs, struct fs_node node, int flags, struct fs_handle **out);
void fs_handle_close(struct fs *fs, struct fs_handle *h);
/* When the client is gone: what is still open goes too. */
void fs_handle_fini(struct fs *fs);
/* Bytes that can be read. */
uint64_t fs_handle_size(const struct fs_handle *h);

#endif
