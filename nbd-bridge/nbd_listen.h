/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where NBD clients connect: a socket made at a path, or handed over by a
 * service manager (LISTEN_FDS).
 */
#ifndef NBD_LISTEN_H
#define NBD_LISTEN_H

#include <stdbool.h>
#include "aoe-user/daemon/unixsock.h"

/* True when a service manager handed sockets to this very process. */
bool nbd_listen_activated(void);
/*
 * path NULL: the socket that was handed over. 0, or -errno with one line in
 * why[UNIXSOCK_WHY]. `path` must outlive it; unixsock_close() ends it.
 */
int nbd_listen_open(struct unixsock *s, const char *path, char *why);

#endif
