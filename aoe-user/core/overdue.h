/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Flushes and settings that are waited for in vain: those for a MAC that is
 * gone are asked of the others, and a target that ignores a setting while it
 * answers all else has refused it.
 */
#ifndef CORE_OVERDUE_H
#define CORE_OVERDUE_H

#include "aoe-user/core/device.h"

/* The device's timer has come, or its paths changed; when to look again. */
nsec_t overdue_tick(struct device *dev, nsec_t now);

#endif
