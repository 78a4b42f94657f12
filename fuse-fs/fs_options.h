/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line: -o lists as mount(8) gives them, and the long options that
 * all programs of the project have, which may also stand in -o lists.
 */
#ifndef FS_OPTIONS_H
#define FS_OPTIONS_H

#include <sys/types.h>
#include "aoe-user/daemon/setup.h"

#define FS_OPTIONS_ONLY 64
#define FS_OPTIONS_KERNEL 1024

struct fs_options {
	struct setup setup;
	struct aoe_addr only[FS_OPTIONS_ONLY];
	size_t only_count;
	const char *mountpoint;
	bool foreground;
	bool debug;
	bool rw;
	bool writable; /* "rw" where mount(8) would say that by itself */
	bool unmeant;  /* it said so, and that does not count */
	bool cache;    /* let the kernel keep pages */
	bool named;    /* fsname was given */
	uid_t uid;
	gid_t gid;
	bool masked; /* umask was given */
	mode_t umask;
	nsec_t discover;                /* between looks for disks */
	char kernel[FS_OPTIONS_KERNEL]; /* what libfuse is to know */
	char **copies;                  /* of -o lists, cut into pieces */
	size_t copy_count;
};

/*
 * 0, or -EINVAL or -ENOMEM with one line in `why` (AOE_WHY bytes), "" when
 * getopt has already complained. `argv` must stay.
 */
int fs_options_parse(struct fs_options *o, int argc, char **argv, char *why);
void fs_options_fini(struct fs_options *o);
extern const char fs_options_help[];

#endif
