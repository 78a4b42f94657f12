/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The place of the mount, before it is mounted.
 */
#ifndef FS_MOUNT_H
#define FS_MOUNT_H

#include <stdbool.h>
#include "common/log.h"

#define FS_MOUNT_WHY 256

/*
 * Finds the absolute name of a folder or, then `*single`, of a file, and takes
 * away what a killed daemon left mounted there. "/dev/fd/N" stands for a mount
 * that somebody else has made. Memory to be freed; or NULL with one line in
 * `why`.
 */
char *fs_mount_directory(
    const struct log *log, const char *path, bool *single, char *why);

#endif
