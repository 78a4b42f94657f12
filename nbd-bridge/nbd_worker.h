/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process that serves one kernel device: the AoE client, one NBD session
 * and an event loop, with no privilege left. It is started by the controller,
 * which does everything that may block.
 */
#ifndef NBD_WORKER_H
#define NBD_WORKER_H

#include <stdbool.h>
#include "aoe-user/daemon/setup.h"

struct nbd_worker_options {
	const struct setup *setup;
	struct aoe_addr addr;
	bool read_only;
	nsec_t wait; /* for the target, at most */
	int control; /* listening, for those who ask; or -1 */
	int pid;     /* the controller, as others know us */
	int channel; /* to the controller (nbd_channel.h) */
	int socket;  /* the server's end, the kernel has the other */
};

/* Runs in a process of its own until the kernel lets go; its exit status. */
int nbd_worker_run(const struct nbd_worker_options *options);

#endif
