/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The disks that answer for one address, when they are several or not the one
 * that is wanted: for messages and for tables.
 */
#ifndef IO_RIVALS_H
#define IO_RIVALS_H

#include "aoe-user/io/aoe.h"

/* A disk in the list of those that answer. */
struct rival {
	const struct ata_identity *id;
	const char *state; /* of the device, or "contested", "refused" */
	bool own;          /* the device's own */
};

/* The n-th, the device's own first; false beyond the last. */
bool rivals_nth(const struct device *dev, unsigned n, struct rival *out);
/*
 * "MODEL, serial S, 1.0 MiB (02:... on eth0) and ...": who answers, the first
 * few. Returns buf.
 */
char *rivals_text(
    const struct aoe *a, const struct device *dev, char *buf, size_t size);
/*
 * A sentence for whoever cannot open a contested disk: it names those and
 * `option`, which decides. Returns buf (AOE_WHY bytes).
 */
char *rivals_refusal(const struct aoe *a, const struct device *dev,
    const char *option, char *buf);
/* The same as an error line about a disk, if it is contested now. */
void rivals_log(const struct aoe *a, const struct device *dev,
    const char *option, const struct log *log);

#endif
