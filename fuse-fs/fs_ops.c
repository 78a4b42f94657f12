/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/fuse.h>
#include "fuse-fs/fs_attr.h"
#include "fuse-fs/fs_config.h"
#include "fuse-fs/fs_data.h"
#include "fuse-fs/fs_list.h"

#define MAX_BACKGROUND 256 /* asynchronous requests at once */
#define MAX_LENGTH (1u << 20)

/*
 * The kernel remembers neither names nor attributes, for disks come and go by
 * themselves; and it must not be told while it may wait for us, which would be
 * for ever.
 */
#define TIMEOUT 0.0
/* But for what it keeps pages of: it would ask before each read. It is told of
 * every change, in a way that waits for nothing. */
#define CACHE_TIMEOUT 60.0

static double attr_timeout(const struct fs *fs, struct fs_node node)
{
	return fs->options->cache && fs_kind_is_data(node.kind) ? CACHE_TIMEOUT
								: TIMEOUT;
}

/* The node, or the request has been answered: it is not there any more. */
static bool find(fuse_req_t req, fuse_ino_t ino, struct fs_node *out)
{
	struct fs *fs = fuse_req_userdata(req);

	if (fs->single && ino == FUSE_ROOT_ID) {
		*out = (struct fs_node){.kind = FS_DISK,
		    .disk = fs_tree_find(&fs->tree, *fs->single)};
		return true;
	}
	if (fs_tree_node(&fs->tree, ino, out))
		return true;
	fuse_reply_err(req, ENOENT);
	return false;
}

static struct fs_handle *handle(const struct fuse_file_info *fi)
{
	return fi ? (struct fs_handle *)(uintptr_t)fi->fh : NULL;
}

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	struct fs *fs = userdata;

	conn->max_background = MAX_BACKGROUND;
	conn->max_write = MIN(conn->max_write, MAX_LENGTH);
	/* With it the kernel looks at the attributes before it reads from its
	 * pages, and learns that the disk is another one by now. */
	if (!fs->options->cache)
		conn->want &= ~(unsigned)FUSE_CAP_AUTO_INVAL_DATA;
	/* Else the kernel itself makes the size 0, and asynchronous reads of
	 * others find the end there. */
	conn->want &= ~(unsigned)FUSE_CAP_ATOMIC_O_TRUNC;
	fs->live = true;
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e = {
	    .attr_timeout = TIMEOUT,
	    .entry_timeout = TIMEOUT,
	};
	struct fs *fs = fuse_req_userdata(req);
	struct fs_node dir, node;
	int error = ENOENT;

	if (!find(req, parent, &dir))
		return;
	if (fs_tree_lookup(&fs->tree, dir, name, &node))
		error = fs_attr(fs, node, NULL, &e.attr);
	e.ino = e.attr.st_ino;
	if (!error)
		e.attr_timeout = attr_timeout(fs, node);
	if (error)
		fuse_reply_err(req, error);
	else
		fuse_reply_entry(req, &e);
}

/* Numbers are made, not kept. */
static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup)
{
	(void)ino;
	(void)nlookup;
	fuse_reply_none(req);
}

static void op_forget_multi(
    fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	(void)count;
	(void)forgets;
	fuse_reply_none(req);
}

static void op_getattr(
    fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct fs *fs = fuse_req_userdata(req);
	struct fs_node node;
	struct stat st;
	int error;

	if (!find(req, ino, &node))
		return;
	error = fs_attr(fs, node, handle(fi), &st);
	if (error)
		fuse_reply_err(req, error);
	else
		fuse_reply_attr(req, &st, attr_timeout(fs, node));
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	char target[FS_TARGET];
	struct fs_node node;

	if (!find(req, ino, &node))
		return;
	if (fs_kind_is_link(node.kind))
		fuse_reply_readlink(req, fs_node_target(node, target));
	else
		fuse_reply_err(req, EINVAL);
}

/* A handle of the node; else NULL, and the error was the answer. */
static struct fs_handle *open_node(fuse_req_t req, fuse_ino_t ino, int flags)
{
	struct fs_handle *h = NULL;
	struct fs_node node;
	int error;

	if (!find(req, ino, &node))
		return NULL;
	error = fs_handle_open(fuse_req_userdata(req), node, flags, &h);
	if (error)
		fuse_reply_err(req, error);
	return h;
}

/* ---- folders ---- */

static void op_opendir(
    fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct fs *fs = fuse_req_userdata(req);
	struct fs_handle *h = open_node(req, ino, fi->flags);

	if (!h)
		return;
	fi->fh = (uintptr_t)h;
	/* Interrupted: nobody will close it. */
	if (fuse_reply_open(req, fi) == -ENOENT)
		fs_handle_close(fs, h);
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size,
    off_t offset, struct fuse_file_info *fi)
{
	(void)ino;
	fs_list_reply(handle(fi)->list, req, size, offset);
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct statvfs st;

	(void)ino;
	fs_attr_total(fuse_req_userdata(req), &st);
	fuse_reply_statfs(req, &st);
}

/* ---- files ---- */

static uint32_t open_flags(const struct fs *fs, const struct fs_handle *h)
{
	uint32_t flags = h->writable ? 0 : FOPEN_NOFLUSH;

	if (h->text || !fs->options->cache)
		flags |= FOPEN_DIRECT_IO | FOPEN_PARALLEL_DIRECT_WRITES;
	return flags;
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct fs *fs = fuse_req_userdata(req);
	/* Made by hand: the library does not know all flags of the kernel. */
	struct fuse_open_out out = {0};
	struct fs_handle *h = open_node(req, ino, fi->flags);

	if (!h)
		return;
	out.fh = (uintptr_t)h;
	out.open_flags = open_flags(fs, h);
	if (fuse_reply_buf(req, (const char *)&out, sizeof(out)) == -ENOENT)
		fs_handle_close(fs, h);
}

static void op_release(
    fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	fs_handle_close(fuse_req_userdata(req), handle(fi));
	fuse_reply_err(req, 0);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
    struct fuse_file_info *fi)
{
	(void)ino;
	fs_data_read(fuse_req_userdata(req), req, handle(fi),
	    (uint64_t)MAX(offset, 0), size);
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf,
    size_t size, off_t offset, struct fuse_file_info *fi)
{
	struct fs *fs = fuse_req_userdata(req);
	uint64_t at = (uint64_t)MAX(offset, 0);
	struct fs_handle *h = handle(fi);

	(void)ino;
	if (h->config)
		fs_config_write(fs, req, h, buf, at, size);
	else /* With direct I/O the kernel sends no fsync of its own. */
		fs_data_write(fs, req, h, buf, at, size, fi->flags & O_DSYNC);
}

static void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	fs_data_close(fuse_req_userdata(req), req, handle(fi));
}

static void op_fsync(
    fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	(void)ino;
	(void)datasync;
	fs_data_sync(fuse_req_userdata(req), req, handle(fi));
}

static void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset,
    off_t length, struct fuse_file_info *fi)
{
	(void)ino;
	fs_data_allocate(fuse_req_userdata(req), req, handle(fi), mode,
	    (uint64_t)MAX(offset, 0), (uint64_t)MAX(length, 0));
}

/*
 * A disk has the size it has: a change of it changes nothing. Nor does it
 * change a config string, until something is written.
 */
static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr,
    int to_set, struct fuse_file_info *fi)
{
	struct fs_handle *h = handle(fi);

	if (to_set &
	    (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) {
		fuse_reply_err(req, EPERM);
		return;
	}
	if (to_set & FUSE_SET_ATTR_SIZE && h && h->config)
		fs_config_truncate(h, (uint64_t)attr->st_size);
	op_getattr(req, ino, fi);
}

static void op_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned cmd, void *arg,
    struct fuse_file_info *fi, unsigned flags, const void *in, size_t in_size,
    size_t out_size)
{
	const struct fs_handle *h = handle(fi);
	uint64_t size;

	(void)ino;
	(void)arg;
	(void)in;
	(void)in_size;
	if (h->text || cmd != BLKGETSIZE64 || out_size != sizeof(size) ||
	    flags & FUSE_IOCTL_DIR) {
		fuse_reply_err(req, ENOTTY);
		return;
	}
	size = fs_handle_size(h);
	fuse_reply_ioctl(req, 0, &size, sizeof(size));
}

/* No lseek: the kernel then says itself that there are no holes. */
const struct fuse_lowlevel_ops fs_ops = {
    .init = op_init,
    .lookup = op_lookup,
    .forget = op_forget,
    .forget_multi = op_forget_multi,
    .getattr = op_getattr,
    .readlink = op_readlink,
    .opendir = op_opendir,
    .readdir = op_readdir,
    .releasedir = op_release,
    .statfs = op_statfs,
    .open = op_open,
    .release = op_release,
    .read = op_read,
    .write = op_write,
    .flush = op_flush,
    .fsync = op_fsync,
    .fallocate = op_fallocate,
    .setattr = op_setattr,
    .ioctl = op_ioctl,
};
