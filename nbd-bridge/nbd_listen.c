/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "common/opts.h"
#include "nbd-bridge/nbd_listen.h"

#define ACTIVATED_FD 3 /* the first one that a service manager hands over */
#define BACKLOG 128

static int complain(char *why, int error, const char *path, const char *what)
{
	snprintf(why, NBD_LISTEN_WHY, "%s: %s", path, what);
	return error;
}

static bool environment_number(const char *name, uint64_t *out)
{
	const char *text = getenv(name);
	char why[OPTS_WHY];

	return text && !opts_number(name, text, 1, INT32_MAX, out, why);
}

bool nbd_listen_activated(void)
{
	uint64_t pid, count;

	return environment_number("LISTEN_PID", &pid) &&
	       environment_number("LISTEN_FDS", &count) &&
	       pid == (uint64_t)getpid();
}

static int take_activated(struct nbd_listen *l, char *why)
{
	int listening = 0;
	socklen_t len = sizeof(listening);
	uint64_t count = 0;

	environment_number("LISTEN_FDS", &count);
	if (!nbd_listen_activated() || count != 1)
		return complain(
		    why, -EINVAL, "LISTEN_FDS", "exactly one socket is wanted");
	if (getsockopt(
		ACTIVATED_FD, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) ||
	    !listening)
		return complain(why, -EINVAL, "LISTEN_FDS",
		    "descriptor 3 is not a listening socket");
	if (fcntl(ACTIVATED_FD, F_SETFD, FD_CLOEXEC) ||
	    fcntl(ACTIVATED_FD, F_SETFL, O_NONBLOCK))
		return complain(why, -errno, "LISTEN_FDS", strerror(errno));
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	l->fd = ACTIVATED_FD;
	return 0;
}

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Removes what a server that was killed left behind, and nothing else. */
static int remove_stale(const struct sockaddr_un *sun, char *why)
{
	const char *path = sun->sun_path;
	struct stat st;
	int fd, rc;

	if (lstat(path, &st))
		return errno == ENOENT
			   ? 0
			   : complain(why, -errno, path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return complain(why, -EEXIST, path,
		    "exists and is no socket; choose another path");
	fd = new_socket();
	if (fd < 0)
		return complain(why, -errno, path, strerror(errno));
	rc = connect(fd, (const struct sockaddr *)sun, sizeof(*sun));
	rc = rc ? errno : 0;
	close(fd);
	if (rc != ECONNREFUSED)
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

static int make(struct nbd_listen *l, const char *path, char *why)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct stat st;
	int error;

	memcpy(sun.sun_path, path, strlen(path));
	l->fd = new_socket();
	if (l->fd < 0)
		return complain(why, -errno, path, strerror(errno));
	error = bind_private(l->fd, &sun);
	if (error == -EADDRINUSE) {
		error = remove_stale(&sun, why);
		if (error)
			return error;
		error = bind_private(l->fd, &sun);
	}
	if (error)
		return complain(why, error, path, strerror(-error));
	if (lstat(path, &st) || listen(l->fd, BACKLOG))
		return complain(why, -errno, path, strerror(errno));
	l->path = path;
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	return 0;
}

int nbd_listen_open(struct nbd_listen *l, const char *path, char *why)
{
	struct sockaddr_un sun;
	int error;

	*l = (struct nbd_listen){.fd = -1};
	if (!path)
		return take_activated(l, why);
	if (!*path) {
		snprintf(why, NBD_LISTEN_WHY, "the socket's path is empty");
		return -EINVAL;
	}
	if (strlen(path) >= sizeof(sun.sun_path)) {
		snprintf(why, NBD_LISTEN_WHY,
		    "the socket's path has %zu bytes, the most is %zu: %.100s",
		    strlen(path), sizeof(sun.sun_path) - 1, path);
		return -ENAMETOOLONG;
	}
	error = make(l, path, why);
	if (error)
		nbd_listen_close(l);
	return error;
}

void nbd_listen_close(struct nbd_listen *l)
{
	struct stat st;

	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	if (l->path && !lstat(l->path, &st) && st.st_dev == l->dev &&
	    st.st_ino == l->ino)
		unlink(l->path);
	l->path = NULL;
}
