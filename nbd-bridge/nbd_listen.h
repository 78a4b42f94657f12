/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A listening Unix socket: made at a path, or handed over by a service manager
 * (LISTEN_FDS); and removed again only if the file is still the one we made.
 */
#ifndef NBD_LISTEN_H
#define NBD_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

#define NBD_LISTEN_WHY 256u

struct nbd_listen {
	int fd;
	const char *path; /* of the file that we made, or NULL */
	dev_t dev;
	ino_t ino;
};

/* True when a service manager handed sockets to this very process. */
bool nbd_listen_activated(void);
/*
 * path NULL: the socket that was handed over. 0, or -errno with one line in
 * why[NBD_LISTEN_WHY]. `path` must outlive it.
 */
int nbd_listen_open(struct nbd_listen *l, const char *path, char *why);
/* Safe to call twice. Nobody can connect any more. */
void nbd_listen_close(struct nbd_listen *l);

#endif
