/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls that may block for long (netlink, opening a node, modprobe), made in a
 * child process that we can stop waiting for.
 */
#ifndef NBD_HELPER_H
#define NBD_HELPER_H

#include <stdint.h>
#include <sys/types.h>
#include "common/nsec.h"

/* Starts call(index), which returns 0 or -errno; the child's pid, or -errno. */
pid_t nbd_helper_start(int (*call)(unsigned index), unsigned index);
/*
 * Waits for it at most `limit`: the call's result, or -ETIMEDOUT while it still
 * runs (wait again, or forget it).
 */
int nbd_helper_wait(pid_t child, nsec_t limit);
/* Both. */
int nbd_helper_run(int (*call)(unsigned index), unsigned index, nsec_t limit);

/* Starts to tell the kernel another size of device `index`; as _start(). */
pid_t nbd_helper_resize(unsigned index, uint64_t size, const char *backend);
/* Tells the kernel to let go of device `index`. */
int nbd_helper_disconnect(unsigned index);
/* Opens and closes /dev/nbdN, so that the kernel looks for partitions. */
int nbd_helper_scan(unsigned index);
/*
 * -EBUSY when something in any mount namespace has claimed the device or a
 * partition (a mount, swap, dm); 0 when nothing has.
 */
int nbd_helper_claim(unsigned index);
/* Loads the kernel's nbd module. `unused` is ignored. */
int nbd_helper_modprobe(unsigned unused);

#endif
