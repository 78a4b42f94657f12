/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Spans: from a byte range to sectors. Edge sectors that the range covers only
 * in part go through the request's own edge buffers; a write reads them first
 * and writes them back merged.
 */
#ifndef CORE_SPAN_H
#define CORE_SPAN_H

#include "aoe-user/core/request.h"

/* Sets the sector interval that the request touches. */
void span_bound(struct aoe_request *rq);
/* True when a write has to read an edge sector first. */
bool span_has_edges(const struct aoe_request *rq);
/* Parts for reading only the edges of a write. */
void span_plan_edges(struct aoe_request *rq);
/* Parts for moving the whole interval. */
void span_plan(struct aoe_request *rq);
/* A write: puts the caller's bytes into the edges that were read. */
void span_merge(struct aoe_request *rq);
/* A read: gives the caller the bytes of the edges. */
void span_deliver(struct aoe_request *rq);

#endif
