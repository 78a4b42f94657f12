/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process that serves a block device of its own machine does for its
 * safety: it must not need memory that only writing to that device could free,
 * and it must not be worth attacking.
 */
#ifndef NBD_SANDBOX_H
#define NBD_SANDBOX_H

#include "common/log.h"

/*
 * Keeps reclaim out of this process (PR_SET_IO_FLUSHER), its pages in memory
 * and the OOM killer away. Best effort: what the system refuses is logged at
 * debug level. Call it before the big buffers are made: they are locked as
 * they are touched, everything older at once.
 */
void nbd_sandbox_protect(const struct log *log);

/*
 * Drops every capability, forbids new privileges, and limits system calls to
 * what serving open descriptors takes; others give EPERM. 0, or -errno when
 * this cannot be had.
 */
int nbd_sandbox_enter(void);

#endif
