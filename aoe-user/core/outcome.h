/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What becomes of the slices that an answer was for: done, sent again, cut into
 * sectors, put off, or failed.
 */
#ifndef CORE_OUTCOME_H
#define CORE_OUTCOME_H

#include "aoe-user/core/copy.h"
#include "aoe-user/core/device.h"
#include "common/err.h"

#define OUTCOME_NO_FAULT (-EAGAIN) /* of the path, not of the slice */

/*
 * The copy, which the request does not count any more, was answered well:
 * completes all it was for that is not done yet. `data` is what was read, or
 * NULL.
 */
void outcome_good(struct aoe_request *rq, const struct copy *c,
    const uint8_t *data, nsec_t now);
/* Puts what was read where it belongs, and completes nothing. */
void outcome_fill(
    struct aoe_request *rq, const struct copy *c, const uint8_t *data);
/* The same for an answer that did not do the work: what comes of that. */
void outcome_failed(struct aoe_request *rq, const struct copy *c,
    const struct err_verdict *v, nsec_t now);
/*
 * The remote flushed what it had been sent up to that write. That ends all
 * flushes which ask for no more: were each to wait for an answer of its own, a
 * target that holds few requests would drop the same ones again and again.
 */
void outcome_flushed(
    struct device *dev, struct remote *r, uint64_t covered, nsec_t now);

#endif
