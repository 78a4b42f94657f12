/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Follows the network interfaces of this namespace through rtnetlink: all of
 * them at the start, then each change. When the kernel had to drop notices, all
 * of them again. Needs no privilege.
 */
#ifndef IO_LINKMON_H
#define IO_LINKMON_H

#include <libmnl/libmnl.h>
#include "aoe-user/io/link.h"

#define LINKMON_BUFFER 32768

struct linkmon {
	struct mnl_socket *nl;
	bool dumping; /* a list of all interfaces is coming in */
	bool stale;   /* ... and has to be asked for once more */
	void *ctx;
	/* An interface as it is now. */
	void (*on_link)(void *ctx, const struct link *l);
	void (*on_gone)(void *ctx, unsigned index);
	/* Around a list of all: what is not in it does not exist any more. */
	void (*on_dump)(void *ctx, bool complete);
	uint32_t buffer[LINKMON_BUFFER / 4];
};

/*
 * Opens the socket; the caller has set ctx and the callbacks. Runs them for
 * every interface before it returns. 0 or -errno.
 */
int linkmon_open(struct linkmon *m);
/* Safe when it is not open. */
void linkmon_close(struct linkmon *m);
int linkmon_fd(const struct linkmon *m);
/* Handles what has come, without blocking. 0, or -errno when it is broken. */
int linkmon_dispatch(struct linkmon *m);

#endif
