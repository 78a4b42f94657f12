/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The serve mode as a whole: every wanted disk behind one Unix socket.
 */
#ifndef NBD_SERVE_H
#define NBD_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "aoe-user/daemon/setup.h"

struct nbd_serve_options {
	const struct setup *setup;
	const char *path; /* NULL: the socket that LISTEN_FDS hands over */
	/* Disks to serve: patterns too; none = all. Named ones are awaited. */
	const struct aoe_addr *addrs;
	size_t addr_count;
	nsec_t wait; /* how long for those, 0 = 10 s */
	bool read_only;
	uint32_t min_block;       /* 0 or 1 = any byte; 512 */
	unsigned max_connections; /* 0 = default */
};

/* Until a signal ends it. Exit status: 0, or 1 after a message. */
int nbd_serve_run(const struct nbd_serve_options *options);

#endif
