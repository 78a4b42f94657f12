/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life of a path: what its answers teach, and its end when they stay away.
 */
#ifndef CORE_LIFE_H
#define CORE_LIFE_H

#include "aoe-user/core/path.h"

/* Between answers to data of a disk that is at work, at most. */
#define LIFE_FLOW_GAP (100 * NSEC_MS)

/*
 * A copy was answered (any kind): samples the time, judges what was sent before
 * it on its path. True when it had not been given up.
 */
bool life_answered(struct copy *c, nsec_t now);
/* The port is down or gone. */
void life_down(struct path *p, nsec_t now);
/* The path's timer has come. It may be gone after that. */
void life_tick(struct path *p, nsec_t now);

#endif
