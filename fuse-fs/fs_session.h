/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mount, and the kernel's requests in the loop.
 */
#ifndef FS_SESSION_H
#define FS_SESSION_H

#include "fuse-fs/fs.h"

struct fs_session {
	struct fs *fs;
	struct fuse_session *fuse;
	ev_io io;
	bool mounted;
	bool greeted;
	int error; /* -errno that ended it, or 0 */
	/* Once: the mount is live; it has been unmounted by somebody. */
	void (*ready)(void *ctx);
	void (*ended)(void *ctx);
	void *ctx;
};

/* Mounts there. 0, or -errno when the library has said why. */
int fs_session_mount(struct fs_session *s, const char *mountpoint);
/* From now on requests are answered. */
void fs_session_start(struct fs_session *s);
/* Unmounts what is still mounted. Safe to call at any time. */
void fs_session_fini(struct fs_session *s);

#endif
