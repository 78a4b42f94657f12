/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way to the background: whoever started us waits until the daemon is
 * ready, or gets its exit status.
 */
#ifndef FS_DAEMON_H
#define FS_DAEMON_H

#include "common/log.h"

/*
 * Returns in the daemon only, with a descriptor for fs_daemon_ready(); -errno
 * when there is none.
 */
int fs_daemon_fork(void);
/* From here on it has no terminal, and writes its log to syslog. 0 or -errno.
 */
int fs_daemon_ready(int fd, struct log *log);

#endif
