/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What aoe-nbd can be asked to do: one function and one file for each verb.
 * They print their messages and return the exit status: 0 done, 1 failed, 2
 * usage.
 */
#ifndef VERB_H
#define VERB_H

#include <stdbool.h>
#include "aoe-user/daemon/setup.h"

enum verb_status { VERB_OK = 0, VERB_FAILED = 1, VERB_USAGE = 2 };

struct verb_args {
	struct setup setup;
	const char *unix_path; /* of --unix */
	char **args;           /* what is not an option */
	int count;
	nsec_t wait;                         /* for a target; 0 = not given */
	unsigned min_block, max_connections; /* 0 = not given */
	bool force, foreground, json, read_only;
};

/* ADDR [DEVICE]: makes the disk a device of the kernel. */
int verb_attach(struct verb_args *a);
/* -d DEVICE|ADDR */
int verb_detach(struct verb_args *a);
/* -c DEVICE: 0 and the process id, 1 not connected, 2 error. */
int verb_check(struct verb_args *a);
/* --status: devices that are attached, and disks that are served. */
int verb_show(struct verb_args *a);
/* -l: targets that answer. */
int verb_list(struct verb_args *a);
/* --unix PATH [ADDR...], or a socket from the service manager. */
int verb_serve(struct verb_args *a);

/* True when `count` is within the range; else says `form`, the usage. */
bool verb_takes(const struct verb_args *a, int min, int max, const char *form);
/* One line on standard error, "aoe-nbd: ...". */
void verb_complain(const struct verb_args *a, const char *fmt, ...)
    FORMAT_PRINTF(2, 3);

#endif
