/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/opts.h"
#include "nbd-bridge/nbd_listen.h"

#define ACTIVATED_FD 3 /* the first one that a service manager hands over */

static int complain(char *why, int error, const char *path, const char *what)
{
	snprintf(why, UNIXSOCK_WHY, "%s: %s", path, what);
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

static int take_activated(struct unixsock *s, char *why)
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
	*s = (struct unixsock){.fd = ACTIVATED_FD};
	return 0;
}

int nbd_listen_open(struct unixsock *s, const char *path, char *why)
{
	return path ? unixsock_listen(s, path, why) : take_activated(s, why);
}
