/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What can be served: the devices of a client, by name. "e1.0" is the name;
 * "aoe:e1.0" and "1.0" mean the same, and the empty name means the only one.
 */
#ifndef NBD_EXPORT_H
#define NBD_EXPORT_H

#include <stdbool.h>
#include "aoe-user/io/aoe.h"
#include "nbd-bridge/nbd_session.h"

struct nbd_export {
	struct aoe *aoe;
	const struct aoe_addr *only; /* patterns; NULL = every device */
	size_t only_count;
	bool read_only;
	uint32_t min_block; /* 1 or 512 */
};

/* Name, size, flags and description of one device. */
void nbd_export_info(const struct nbd_export *x, const struct device *dev,
    struct nbd_export_info *out);
/*
 * The device that is identified and served behind the one of that name, which
 * may have gone; "": the first. NULL behind the last.
 */
struct device *nbd_export_next(const struct nbd_export *x, const char *after);
/* NULL with a sentence in why[NBD_EXPORT_WHY] when there is none. */
struct device *nbd_export_find(
    const struct nbd_export *x, const char *name, char *why);
/* Opens it for reading, or for writing too. 0, or -errno and `why`. */
int nbd_export_open(const struct nbd_export *x, struct device *dev, char *why);

#endif
