/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For a process that only computes.
 */
#ifndef FS_SANDBOX_H
#define FS_SANDBOX_H

/*
 * Closes all descriptors but these two and those of standard output and error,
 * drops every capability, and leaves system calls for memory and for what is
 * open. 0 or -errno.
 */
int fs_sandbox_enter(int keep, int keep_too);

#endif
