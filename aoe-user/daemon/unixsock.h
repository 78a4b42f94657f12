/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A listening Unix socket at a path, private to its user, which takes the place
 * of one that a killed process left; and removed again only if the file is
 * still the one we made.
 */
#ifndef DAEMON_UNIXSOCK_H
#define DAEMON_UNIXSOCK_H

#include <sys/types.h>

#define UNIXSOCK_WHY 256u

struct unixsock {
	int fd;           /* non-blocking; -1 when closed */
	const char *path; /* of the file that we made, or NULL */
	dev_t dev;
	ino_t ino;
};

/*
 * 0, or -errno with one line in why[UNIXSOCK_WHY]; -EADDRINUSE when somebody
 * listens there. `path` must outlive it.
 */
int unixsock_listen(struct unixsock *s, const char *path, char *why);
/* Safe to call twice. Nobody can connect any more. */
void unixsock_close(struct unixsock *s);
/* A non-blocking connection, or -errno; -ECONNREFUSED: nobody listens. */
int unixsock_connect(const char *path);

#endif
