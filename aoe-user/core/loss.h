/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What becomes of a copy that has no answer. A later answer on its path proves
 * it lost; silence proves nothing and asks for one probe.
 */
#ifndef CORE_LOSS_H
#define CORE_LOSS_H

#include "aoe-user/core/path.h"

/*
 * A frame is lost when one sent later was answered and the path's reordering
 * explains it no more, by its age or by the time since. Returns when the next
 * overtaken one will be due, or NSEC_NEVER.
 */
nsec_t loss_judge(struct path *p, nsec_t now);
/* When the silence after an answer that came now is too long. */
nsec_t loss_pto(const struct path *p, nsec_t now);
/* This one is given up, not for its time: its answer did no good. */
void loss_one(struct copy *c, nsec_t now);
/* Everything out is given up and its slices go back to be sent. */
void loss_all(struct path *p, nsec_t now);
/* Probes a path that is quiet for too long; when that would be. */
nsec_t loss_silence_tick(struct path *p, nsec_t now);
/* Sends flushes again that take long; they judge no path. When to look. */
nsec_t loss_slow(struct path *p, nsec_t now);

#endif
