/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * About the thread that waits for an answer.
 */
#ifndef FS_CALLER_H
#define FS_CALLER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * It has been killed, and is gone when it gets an answer. False also when that
 * cannot be known: 0 stands for a thread of another container.
 */
bool fs_caller_dies(pid_t tid);

#endif
