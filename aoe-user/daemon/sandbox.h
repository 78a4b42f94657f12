/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Takes away from a process what it will not need any more, so that whoever
 * takes it over through what it receives has little in hand.
 */
#ifndef DAEMON_SANDBOX_H
#define DAEMON_SANDBOX_H

#include <stddef.h>

/*
 * No capability, no new privileges, and no system call but `calls` (SCMP_SYS
 * numbers) and the few that nobody can do without: to read and write what is
 * open already, to use memory that cannot be executed, to look at the clock and
 * to leave. All others fail with EPERM. 0, or -errno, then half of it may be
 * done. There is no way back.
 */
int sandbox_enter(const int *calls, size_t count);

#endif
