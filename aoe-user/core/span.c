/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/span.h"
#include <string.h>

/* What of a request lies in its first and in its last sector. */
struct span_edges {
	bool head, tail;  /* partly covered */
	size_t head_skip; /* bytes of the head sector before the range */
	size_t head_len;  /* bytes of the range in the head sector */
	size_t tail_len;  /* bytes of the range in the tail sector */
};

static struct span_edges span_edges(const struct aoe_request *rq)
{
	struct span_edges e = {0};
	size_t skip = (size_t)(rq->offset % WIRE_SECTOR);
	size_t end = (size_t)((rq->offset + rq->length) % WIRE_SECTOR);

	e.head_skip = skip;
	e.head_len = MIN(WIRE_SECTOR - skip, rq->length);
	e.head = skip != 0 || rq->length < WIRE_SECTOR;
	if (rq->s.count == 1)
		return e;
	e.tail = end != 0;
	e.tail_len = end;
	return e;
}

void span_bound(struct aoe_request *rq)
{
	uint64_t last = (rq->offset + rq->length - 1) / WIRE_SECTOR;

	rq->s.lba = rq->offset / WIRE_SECTOR;
	rq->s.count = last - rq->s.lba + 1;
}

bool span_has_edges(const struct aoe_request *rq)
{
	struct span_edges e = span_edges(rq);

	return e.head || e.tail;
}

static void span_add(
    struct aoe_request *rq, uint64_t lba, uint64_t count, uint8_t *mem)
{
	rq->s.part[rq->s.parts++] =
	    (struct span_part){.lba = lba, .count = count, .mem = mem};
	rq->s.left += count;
}

static void span_start(struct aoe_request *rq)
{
	rq->s.parts = 0;
	rq->s.cut_part = 0;
	rq->s.cut_done = 0;
	rq->s.left = 0;
}

void span_plan_edges(struct aoe_request *rq)
{
	struct span_edges e = span_edges(rq);

	span_start(rq);
	if (e.head)
		span_add(rq, rq->s.lba, 1, rq->s.edge[0]);
	if (e.tail)
		span_add(rq, rq->s.lba + rq->s.count - 1, 1, rq->s.edge[1]);
}

void span_plan(struct aoe_request *rq)
{
	struct span_edges e = span_edges(rq);
	uint64_t lba = rq->s.lba, count = rq->s.count;
	uint8_t *mem = rq->buf;

	span_start(rq);
	if (e.head) {
		span_add(rq, lba, 1, rq->s.edge[0]);
		lba++;
		count--;
		mem += e.head_len;
	}
	if (e.tail)
		count--;
	if (count > 0)
		span_add(rq, lba, count, mem);
	if (e.tail)
		span_add(rq, lba + count, 1, rq->s.edge[1]);
}

void span_merge(struct aoe_request *rq)
{
	struct span_edges e = span_edges(rq);
	const uint8_t *from = rq->buf;

	if (e.head)
		memcpy(rq->s.edge[0] + e.head_skip, from, e.head_len);
	if (e.tail)
		memcpy(
		    rq->s.edge[1], from + rq->length - e.tail_len, e.tail_len);
}

void span_deliver(struct aoe_request *rq)
{
	struct span_edges e = span_edges(rq);
	uint8_t *to = rq->buf;

	if (e.head)
		memcpy(to, rq->s.edge[0] + e.head_skip, e.head_len);
	if (e.tail)
		memcpy(to + rq->length - e.tail_len, rq->s.edge[1], e.tail_len);
}
