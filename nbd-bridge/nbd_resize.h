/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tells the kernel another size of an attached device. The kernel may first
 * wait for what is in flight, for as long as the target is dead: this happens
 * in a helper, and the last size that was wanted wins.
 */
#ifndef NBD_RESIZE_H
#define NBD_RESIZE_H

#include <sys/types.h>
#include "common/log.h"

struct nbd_resize {
	const struct log *log;
	const char *name;    /* of the disk, for messages */
	const char *backend; /* the device's */
	unsigned index;
	uint64_t told;   /* what the kernel knows, bytes */
	uint64_t wanted; /* what it should */
	uint64_t telling;
	pid_t helper; /* is telling it; 0: none */
};

/*
 * To be called when `wanted` was set, and when it says: what it returns is how
 * long to wait until the next call, or NSEC_NEVER. Never blocks.
 */
nsec_t nbd_resize_step(struct nbd_resize *r);

#endif
