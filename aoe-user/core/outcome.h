/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What becomes of the slices that an answer was for: done, sent again, cut into
 * sectors, put off, or failed.
 */
#ifndef CORE_OUTCOME_H
#define CORE_OUTCOME_H

#include "aoe-user/core/request.h"
#include "common/err.h"

#define OUTCOME_NO_FAULT (-EAGAIN) /* of the path, not of the slice */

/*
 * Completes every sector in a copy's range that is not done yet; `data` is what
 * was read, or NULL.
 */
void outcome_good(struct aoe_request *rq, uint64_t lba, unsigned count,
    const uint8_t *data, nsec_t now);
/*
 * Takes a copy off every slice it covered, and tells each what came of it.
 * `was_out`: the copy had not been given up.
 */
void outcome_failed(struct aoe_request *rq, uint64_t lba, unsigned count,
    bool was_out, const struct err_verdict *v, nsec_t now);

#endif
