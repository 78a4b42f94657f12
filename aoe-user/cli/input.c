/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(const struct input *in, char *why, int error)
{
	snprintf(why, INPUT_WHY, "%s: %s", in->name, strerror(-error));
	return error;
}

/* lseek() knows the size of block devices too. */
static int measure(struct input *in)
{
	off_t at = lseek(in->fd, 0, SEEK_CUR);
	off_t end = lseek(in->fd, 0, SEEK_END);

	if (at < 0 || end < 0 || lseek(in->fd, at, SEEK_SET) < 0)
		return -errno;
	in->length = end > at ? (uint64_t)(end - at) : 0;
	return 0;
}

int input_open(struct input *in, const char *path, char *why)
{
	struct stat st;
	int err = 0;

	*in = (struct input){
	    .fd = STDIN_FILENO,
	    .name = "standard input",
	    .length = INPUT_UNKNOWN,
	};
	if (path && strcmp(path, "-")) {
		in->name = path;
		in->fd = open(path, O_RDONLY | O_CLOEXEC);
		if (in->fd < 0)
			return refuse(in, why, -errno);
		in->opened = true;
	}
	if (fstat(in->fd, &st))
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		err = -EISDIR;
	else if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode))
		err = measure(in);
	else
		in->stream = true;
	if (!err)
		return 0;
	refuse(in, why, err);
	input_close(in);
	return err;
}

ssize_t input_read(const struct input *in, void *data, size_t len)
{
	struct pollfd p = {.fd = in->fd, .events = POLLIN};
	ssize_t n;

	if (in->stream && poll(&p, 1, 0) <= 0)
		return -EAGAIN;
	do
		n = read(in->fd, data, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

void input_close(struct input *in)
{
	if (in->opened)
		close(in->fd);
	in->opened = false;
}
