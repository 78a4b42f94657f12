/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/daemon/unixsock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

static int complain(char *why, int error, const char *path, const char *what)
{
	snprintf(why, UNIXSOCK_WHY, "%s: %s", path, what);
	return error;
}

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* 0, or -ENAMETOOLONG when the kernel has no room for the path. */
static int set_path(struct sockaddr_un *sun, const char *path)
{
	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(sun->sun_path))
		return -ENAMETOOLONG;
	memcpy(sun->sun_path, path, strlen(path));
	return 0;
}

int unixsock_connect(const char *path)
{
	struct sockaddr_un sun;
	int rc = set_path(&sun, path);
	int fd = rc ? rc : new_socket();

	if (rc || fd < 0)
		return rc ? rc : -errno;
	if (!connect(fd, (const struct sockaddr *)&sun, sizeof(sun)))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

/* Removes what a server that was killed left behind, and nothing else. */
static int remove_stale(const char *path, char *why)
{
	struct stat st;
	int fd;

	if (lstat(path, &st))
		return errno == ENOENT
			   ? 0
			   : complain(why, -errno, path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return complain(why, -EEXIST, path,
		    "exists and is no socket; choose another path");
	fd = unixsock_connect(path);
	if (fd >= 0)
		close(fd);
	if (fd != -ECONNREFUSED)
		return complain(why, -EADDRINUSE, path,
		    "another server listens there; stop it or choose "
		    "another path");
	if (unlink(path) && errno != ENOENT)
		return complain(why, -errno, path, strerror(errno));
	return 0;
}

static int bind_private(int fd, const struct sockaddr_un *sun)
{
	/* From the first moment on nobody else may connect. */
	mode_t mask = umask(0177);
	int rc = bind(fd, (const struct sockaddr *)sun, sizeof(*sun));

	rc = rc ? -errno : 0;
	umask(mask);
	return rc;
}

static int make(struct unixsock *s, const char *path, char *why)
{
	struct sockaddr_un sun;
	struct stat st;
	int error;

	set_path(&sun, path);
	s->fd = new_socket();
	if (s->fd < 0)
		return complain(why, -errno, path, strerror(errno));
	error = bind_private(s->fd, &sun);
	if (error == -EADDRINUSE) {
		error = remove_stale(path, why);
		if (error)
			return error;
		error = bind_private(s->fd, &sun);
	}
	if (error)
		return complain(why, error, path, strerror(-error));
	if (lstat(path, &st) || listen(s->fd, BACKLOG))
		return complain(why, -errno, path, strerror(errno));
	s->path = path;
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return 0;
}

int unixsock_listen(struct unixsock *s, const char *path, char *why)
{
	struct sockaddr_un sun;
	int error;

	*s = (struct unixsock){.fd = -1};
	if (!*path) {
		snprintf(why, UNIXSOCK_WHY, "the socket's path is empty");
		return -EINVAL;
	}
	error = set_path(&sun, path);
	if (error) {
		snprintf(why, UNIXSOCK_WHY,
		    "the socket's path has %zu bytes, the most is %zu: %.100s",
		    strlen(path), sizeof(sun.sun_path) - 1, path);
		return error;
	}
	error = make(s, path, why);
	if (error)
		unixsock_close(s);
	return error;
}

void unixsock_close(struct unixsock *s)
{
	struct stat st;

	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	if (s->path && !lstat(s->path, &st) && st.st_dev == s->dev &&
	    st.st_ino == s->ino)
		unlink(s->path);
	s->path = NULL;
}
