/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life of a request inside the engine: admitted when the fence lets it
 * pass, run through its phases (edges of an unaligned write, the transfer, the
 * flush of a FUA write), finished once.
 */
#ifndef CORE_REQUEST_RUN_H
#define CORE_REQUEST_RUN_H

#include "aoe-user/core/copy.h"
#include "aoe-user/core/request.h"
#include "aoe-user/core/slice.h"

enum request_phase {
	REQUEST_WAITING, /* held by the fence */
	REQUEST_EDGES,   /* reading the partly covered sectors of a write */
	REQUEST_MAIN,
	REQUEST_UNFLUSHED, /* a FUA write: done, but the flush cannot start */
	REQUEST_FLUSH,
	REQUEST_DONE, /* waiting for the reap */
};

/* Takes a checked request in; it may start at once. */
void request_start(struct device *dev, struct aoe_request *rq, nsec_t now);
/*
 * Starts those that had to wait, as far as nothing is in their way any more, in
 * order of arrival. To be called when everything else has been done about what
 * came in.
 */
void request_admit(struct engine *e, nsec_t now);
/* Ends it; what was written and not answered stays fenced. */
void request_finish(struct aoe_request *rq, int error, nsec_t now);
void request_finish_all(struct device *dev, int error, nsec_t now);
/* The disk shrank: ends what reaches beyond its end. */
void request_cut_off(struct device *dev, nsec_t now);
/* Nobody ran the process for so long: that time does not count. */
void request_extend(struct device *dev, nsec_t gap);
/* Ends what is over its deadline; when the next one is. */
nsec_t request_expire(struct device *dev, nsec_t now);
/*
 * It is for other remotes now: asks all who live, as if it came new. Who has
 * done it does it once more. A flush or setting that is under way.
 */
void request_replan(struct aoe_request *rq, nsec_t now);
/* Every sector of the slice is done. The slice is gone after. */
void request_slice_done(struct slice *s, nsec_t now);
/* What the slices of a request do at the moment. */
enum copy_kind request_kind(const struct aoe_request *rq);

#endif
