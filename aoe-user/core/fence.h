/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fence: what may be on the wire together. Requests that overlap, one of
 * them writing, go one after the other in order of arrival; and a write waits
 * until no copy of an older write to its sectors can still be executed.
 */
#ifndef CORE_FENCE_H
#define CORE_FENCE_H

#include "aoe-user/core/request.h"

/* An earlier unfinished request of the device stands in the way. */
bool fence_overlapped(const struct device *dev, const struct aoe_request *rq);
/* Copies of writes that nobody waits for may still change its sectors. */
bool fence_late(const struct device *dev, const struct aoe_request *rq);

#endif
