/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errands: what goes to remotes instead of sectors, a flush or a new config
 * string. Each remote that is meant gets a slice of its own.
 */
#ifndef CORE_ERRAND_H
#define CORE_ERRAND_H

#include "aoe-user/core/device.h"

struct slice;

/*
 * Queues a slice for each remote that `wants` one and sets `left`. 0, or
 * -ENOMEM when the slice pool is empty: try again later.
 */
int errand_plan(struct aoe_request *rq,
    bool (*wants)(const struct device *dev, const struct remote *r));
/* The unfinished slice for that remote, or NULL. */
struct slice *errand_slice(
    const struct aoe_request *rq, const struct remote *r);

#endif
