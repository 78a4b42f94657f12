/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attaches one AoE disk to a kernel NBD device and looks after it until the
 * end: starts the worker that serves it, tells the kernel, watches both, and
 * detaches in order. Keeps the privileges; never touches a byte of the disk.
 */
#ifndef NBD_CONTROLLER_H
#define NBD_CONTROLLER_H

#include <stdbool.h>
#include "aoe-user/daemon/setup.h"

struct nbd_controller_options {
	struct setup *setup; /* its log is switched by on_ready */
	struct aoe_addr addr;
	int index; /* -1: the first free device */
	bool read_only;
	nsec_t wait; /* for the target, at most */
	/*
	 * The device can be used. Not 0: nobody wants it any more; detach.
	 */
	int (*on_ready)(void *ctx, unsigned index);
	void *ctx;
};

/*
 * Until the device is detached, by whomever. 0; -EINVAL or another -errno after
 * a message when it could not be attached or ended by a fault.
 */
int nbd_controller_run(const struct nbd_controller_options *options);

/* "aoe:e1.0", the owner's mark on the device, into buf[NBD_CONTROLLER_MARK]. */
#define NBD_CONTROLLER_MARK 24
char *nbd_controller_mark(struct aoe_addr addr, char *buf);
/* Parses such a mark. 0 or -EINVAL. */
int nbd_controller_parse_mark(const char *mark, struct aoe_addr *out);

#endif
