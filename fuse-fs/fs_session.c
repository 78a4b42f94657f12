/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "fuse-fs/fs_ops.h"

#define BUDGET                                                                 \
	64 /* requests in a row, so that answers are not kept waiting          \
	    */

static void stop(struct fs_session *s)
{
	ev_io_stop(s->fs->loop, &s->io);
}

static void greet(struct fs_session *s)
{
	if (s->greeted || !s->fs->live)
		return;
	s->greeted = true;
	s->ready(s->ctx);
}

/* 1: one more; 0: none now; -1: the mount is no more. */
static int serve_one(struct fs_session *s)
{
	struct fs *fs = s->fs;
	int n;

	n = fuse_session_receive_buf(s->fuse, &fs->incoming);
	if (n == -EINTR)
		return 1;
	if (n == -EAGAIN)
		return 0;
	if (n < 0) {
		log_msg(fs->log, LOG_LEVEL_ERROR, NULL, "/dev/fuse: %s",
		    strerror(-n));
		s->error = n;
	}
	if (n <= 0)
		return -1;
	fuse_session_process_buf(s->fuse, &fs->incoming);
	greet(s);
	return 1;
}

static void on_requests(struct ev_loop *loop, ev_io *io, int revents)
{
	struct fs_session *s = io->data;
	int more = 1;

	(void)loop;
	(void)revents;
	for (unsigned i = 0; i < BUDGET && more > 0; i++)
		more = serve_one(s);
	if (more >= 0)
		return;
	stop(s);
	s->ended(s->ctx);
}

static int new_fuse(struct fs_session *s)
{
	const struct fs_options *o = s->fs->options;
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	int bad = fuse_opt_add_arg(&args, "aoe-fuse") ||
		  fuse_opt_add_arg(&args, "-osubtype=aoe-fuse") ||
		  fuse_opt_add_arg(&args, "-o") ||
		  fuse_opt_add_arg(&args, o->kernel) ||
		  (o->debug && fuse_opt_add_arg(&args, "-d"));

	if (!bad)
		s->fuse =
		    fuse_session_new(&args, &fs_ops, sizeof(fs_ops), s->fs);
	fuse_opt_free_args(&args);
	s->fs->session = s->fuse;
	return s->fuse ? 0 : -EINVAL;
}

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno
								       : 0;
}

int fs_session_mount(struct fs_session *s, const char *mountpoint)
{
	int error = new_fuse(s);

	if (error)
		return error;
	s->fs->incoming.mem = fs_pool_get(&s->fs->pool, FS_POOL_BIG);
	if (!s->fs->incoming.mem)
		return -ENOMEM;
	if (fuse_session_mount(s->fuse, mountpoint))
		return -EIO;
	s->mounted = true;
	return set_nonblocking(fuse_session_fd(s->fuse));
}

void fs_session_start(struct fs_session *s)
{
	ev_io_init(&s->io, on_requests, fuse_session_fd(s->fuse), EV_READ);
	s->io.data = s;
	ev_io_start(s->fs->loop, &s->io);
}

void fs_session_fini(struct fs_session *s)
{
	if (!s->fuse)
		return;
	stop(s);
	/* Also when somebody else has: it looks. */
	if (s->mounted)
		fuse_session_unmount(s->fuse);
	fuse_session_destroy(s->fuse);
	fs_pool_put(&s->fs->pool, s->fs->incoming.mem, FS_POOL_BIG);
	s->fuse = NULL;
}
