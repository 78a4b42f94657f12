/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks the wire which disks there are, for the commands that list them.
 */
#ifndef CLI_PROBE_H
#define CLI_PROBE_H

#include "aoe-user/cli/cli.h"

/*
 * Starts the client and waits until every address is identified, or for the
 * time of -t when there are patterns with wildcards or none. Shelf 4095 is
 * looked at too: nothing is read or written. 0 or -errno, the message is shown.
 */
int probe_run(struct cli *c, const struct aoe_addr *wanted, size_t count);
/*
 * Says what was not found and where it was looked for, and warns of shelf 4095.
 * CLI_OK when every address without wildcards was found, and at least one disk.
 */
int probe_report(struct cli *c, const struct aoe_addr *wanted, size_t count);

#endif
