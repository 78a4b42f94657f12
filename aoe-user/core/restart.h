/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether an announcement means that the target started anew. One that did says
 * so through all ports, before it answers anything: when only one port hears of
 * it and what comes through another are answers, it was none.
 */
#ifndef CORE_RESTART_H
#define CORE_RESTART_H

#include "aoe-user/core/path.h"

/* An announcement of a start came on the path. */
void restart_told(struct path *p, nsec_t now);
/* The path was answered. */
void restart_answered(struct path *p);
/* Nothing spoke against it for long enough; when to look again. */
nsec_t restart_tick(struct device *dev, nsec_t now);
/* A flush begins, which cannot wait for that. */
void restart_decide(struct device *dev);

#endif
