/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "aoe-user/cli/zero.h"
#include "common/compiler.h"

static int refuse(char *why, const char *name, int error, const char *text)
{
	snprintf(
	    why, OUTPUT_WHY, "%s: %s", name, text ? text : strerror(-error));
	return error;
}

static int open_path(struct output *o, const char *path, bool force, char *why)
{
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC;
	struct stat st;

	if (!stat(path, &st) && S_ISBLK(st.st_mode)) {
		if (!force)
			return refuse(why, path, -EEXIST,
			    "is a block device; --force overwrites it");
		/* O_EXCL: not while it is mounted or part of something. */
		flags = O_WRONLY | O_EXCL | O_CLOEXEC;
	}
	o->fd = open(path, flags, 0666);
	if (o->fd < 0)
		return refuse(why, path, -errno, NULL);
	o->opened = true;
	if (fstat(o->fd, &st))
		return refuse(why, path, -errno, NULL);
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return 0;
	if (!force)
		return refuse(why, path, -EEXIST,
		    "exists and is not empty; --force overwrites it");
	return ftruncate(o->fd, 0) ? refuse(why, path, -errno, NULL) : 0;
}

static int set_kind(struct output *o, enum output_sparse sparse, char *why)
{
	struct stat st;
	off_t at;

	if (fstat(o->fd, &st))
		return refuse(why, o->name, -errno, NULL);
	/* Pipes, sockets and terminals cannot seek; /dev/null can. */
	at = lseek(o->fd, 0, SEEK_CUR);
	o->stream = at < 0 && errno == ESPIPE;
	o->sparse = S_ISREG(st.st_mode) && sparse != OUTPUT_DENSE &&
		    !(fcntl(o->fd, F_GETFL) & O_APPEND);
	if (sparse == OUTPUT_SPARSE && !o->sparse)
		return refuse(why, o->name, -EINVAL,
		    "--sparse needs a regular file that is not appended to");
	if (!o->sparse)
		return 0;
	if (at < 0)
		return refuse(why, o->name, -errno, NULL);
	o->position = (uint64_t)at;
	o->end = (uint64_t)st.st_size;
	return 0;
}

int output_open(struct output *o, const char *path, bool force,
    enum output_sparse sparse, char *why)
{
	int err = 0;

	*o = (struct output){.fd = STDOUT_FILENO, .name = "standard output"};
	if (path && strcmp(path, "-")) {
		o->name = path;
		err = open_path(o, path, force, why);
	} else if (isatty(STDOUT_FILENO) && !force) {
		err = refuse(why, o->name, -EINVAL,
		    "will not go to a terminal; give a file, a pipe or "
		    "--force");
	}
	if (!err)
		err = set_kind(o, sparse, why);
	if (err && o->opened)
		close(o->fd);
	return err;
}

static ssize_t write_some(const struct output *o, const void *data, size_t len)
{
	ssize_t n;

	do
		n = write(o->fd, data, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	/* Regular files and devices give ENOSPC; 0 would loop for ever. */
	return n || !len ? n : -EIO;
}

/*
 * A stream is only written when it has room, and no more than PIPE_BUF at a
 * time: that much never blocks then. O_NONBLOCK would also change the
 * descriptor of those we share it with.
 */
static ssize_t write_stream(
    const struct output *o, const void *data, size_t len)
{
	struct pollfd p = {.fd = o->fd, .events = POLLOUT};

	if (poll(&p, 1, 0) <= 0)
		return 0;
	return write_some(o, data, MIN(len, (size_t)PIPE_BUF));
}

/* Leaves `len` zero bytes as a hole. False when the file system cannot. */
static bool make_hole(struct output *o, size_t len)
{
	uint64_t at = o->position;

	if (at < o->end &&
	    fallocate(o->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		(off_t)at, (off_t)len))
		return false;
	return lseek(o->fd, (off_t)len, SEEK_CUR) >= 0;
}

static ssize_t write_sparse(struct output *o, const void *data, size_t len)
{
	bool zero;
	size_t run = zero_run(data, len, &zero);
	ssize_t n = (ssize_t)run;

	if (!zero || !make_hole(o, run)) {
		n = write_some(o, data, run);
		if (n < 0)
			return n;
		o->end = MAX(o->end, o->position + (uint64_t)n);
	}
	o->position += (uint64_t)n;
	return n;
}

ssize_t output_write(struct output *o, const void *data, size_t len)
{
	if (o->stream)
		return write_stream(o, data, len);
	if (o->sparse)
		return write_sparse(o, data, len);
	return write_some(o, data, len);
}

int output_close(struct output *o)
{
	int err = 0;

	if (o->sparse && o->position > o->end &&
	    ftruncate(o->fd, (off_t)o->position))
		err = -errno;
	/* Network file systems report a failed write only here. */
	if (o->opened && close(o->fd) && !err)
		err = -errno;
	o->opened = false;
	return err;
}
