/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process does at its start so that nothing later can harm it. One that
 * serves a disk to its own machine must not need memory that only writing to
 * that disk could free.
 */
#ifndef DAEMON_PROTECT_H
#define DAEMON_PROTECT_H

#include "common/log.h"

/*
 * Opens /dev/null where standard input, output or error are closed: else what
 * is opened next would be taken for them. First thing in main().
 */
void protect_descriptors(void);
/* Tells the OOM killer how much this process is worth: "-1000" is never killed,
 * "1000" first. 0 or -errno. */
int protect_oom_score(const char *score);
/*
 * Keeps reclaim out of this process (PR_SET_IO_FLUSHER), its pages in memory
 * and the OOM killer away. Best effort: what the system refuses is logged at
 * debug level. Call it before the big buffers are made: they are locked as
 * they are touched, everything older at once.
 */
void protect_memory(const struct log *log);

#endif
