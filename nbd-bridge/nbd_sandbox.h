/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What makes a process that serves a block device not worth attacking.
 */
#ifndef NBD_SANDBOX_H
#define NBD_SANDBOX_H

/*
 * Drops every capability, forbids new privileges, and limits system calls to
 * what serving open descriptors takes; others give EPERM. 0, or -errno when
 * this cannot be had.
 */
int nbd_sandbox_enter(void);

#endif
