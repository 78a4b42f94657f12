/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file system: what its parts share.
 */
#ifndef FS_H
#define FS_H

#define FUSE_USE_VERSION 312
#include <ev.h>
#include <fuse_lowlevel.h>
#include "aoe-user/io/aoe.h"
#include "fuse-fs/fs_options.h"
#include "fuse-fs/fs_pool.h"
#include "fuse-fs/fs_tree.h"

struct fs {
	const struct fs_options *options;
	const struct log *log;
	struct ev_loop *loop;
	struct aoe *aoe;
	struct fs_tree tree;
	struct fs_prober *prober; /* NULL: what is on disks is not looked at */
	struct fs_pool pool;
	struct fuse_session *session;
	struct fuse_buf incoming; /* the request that is worked on */
	struct timespec born;     /* the time of all files */
	struct list handles;      /* all that is open */
	/* The mount is one file, of this disk; or NULL. */
	const struct aoe_addr *single;
	bool live; /* the kernel has said hello */
	/* ---- fs_io.c ---- */
	struct list waiting;     /* for room in the client */
	struct list interrupted; /* the next to be answered first */
	ev_timer impatience;     /* for the first of them */
};

#endif
