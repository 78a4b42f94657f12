/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of a process that serves disks: what is under way may finish, for a
 * moment; then it fails; and nobody leaves while a copy of a write that was
 * sent may still be executed, unless that takes longer than it can.
 */
#ifndef DAEMON_DRAIN_H
#define DAEMON_DRAIN_H

#include "aoe-user/io/aoe.h"

/* After a signal, for what is in flight; with the rest it is over in 2 s. */
#define DRAIN_TIME (900 * NSEC_MS)
#define DRAIN_PERIOD 0.02 /* seconds between looks whether it is over */

struct drain {
	nsec_t late;  /* how long a late copy may still arrive */
	nsec_t since; /* when it began, or 0 */
	bool quiesced;
};

void drain_begin(struct drain *d);
/* Whether to leave now; `idle`: nobody waits for an answer any more. */
bool drain_over(struct drain *d, struct aoe *a, bool idle);

#endif
