/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names that one process at a time can hold in a network namespace: abstract
 * Unix sockets that are bound and never used. The kernel gives a name back
 * when its descriptor is closed, however the process ends.
 */
#ifndef IO_CLAIM_H
#define IO_CLAIM_H

#include "common/addr.h"

#define CLAIM_PREFIX_MAX 127u

/* A descriptor that holds the name, -EADDRINUSE, or another -errno. */
int claim_name(const char *name);
/*
 * Takes a free 7-bit tag prefix, 1..127, trying `start` first (any number) and
 * then upwards. A descriptor and `*prefix`; -EADDRINUSE when all are taken.
 */
int claim_tag_prefix(unsigned start, unsigned *prefix);
/* The right to write to a disk. A descriptor, or -EADDRINUSE: another has it.
 */
int claim_writer(struct aoe_addr addr);

#endif
