/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Forgetting: MACs of a device that are not there any more, as those of a
 * target that has another after each restart, leave their place to others.
 */
#ifndef CORE_FORGET_H
#define CORE_FORGET_H

#include "aoe-user/core/path.h"

/*
 * Drops the path that has been silent longest, with nothing out on it and no
 * fence; false: all are in use.
 */
bool forget_oldest(struct device *dev);
/*
 * Drops what has been silent for minutes while another path of the device
 * answers.
 */
void forget_silent(struct device *dev, nsec_t now);

#endif
