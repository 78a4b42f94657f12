/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the client has counted, as log lines: one for the whole, and for each
 * disk one and one for each of its paths. For the end of a process at -v.
 */
#ifndef NBD_COUNTERS_H
#define NBD_COUNTERS_H

#include "aoe-user/io/aoe.h"

/* `aoe` may be NULL: nothing is logged. */
void nbd_counters_log(const struct log *log, const struct aoe *aoe);

#endif
