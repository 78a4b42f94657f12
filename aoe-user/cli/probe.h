/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks the wire which disks there are, for the commands that list them.
 */
#ifndef CLI_PROBE_H
#define CLI_PROBE_H

#include "aoe-user/cli/cli.h"

struct probe_args {
	struct aoe_addr *wanted; /* from malloc */
	size_t count;
	bool json;
};

/* What the commands that list disks take: --json and patterns. */
void probe_parse(struct cli *c, int argc, char **argv, struct probe_args *args);
/*
 * The rest of such a command: looks for the disks, has `print` show them or,
 * when `json`, shows them itself behind it, says what was not found and frees
 * the arguments. The exit code.
 */
int probe_list(struct cli *c, struct probe_args *args,
    void (*print)(const struct cli *c, bool json));

#endif
