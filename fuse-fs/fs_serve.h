/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life of a mount, from the command line to its end.
 */
#ifndef FS_SERVE_H
#define FS_SERVE_H

#include "fuse-fs/fs_options.h"

/* The exit status. */
int fs_serve(struct fs_options *options);

#endif
