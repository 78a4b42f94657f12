/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/flush.h"
#include "aoe-user/core/errand.h"
#include "aoe-user/core/request_run.h"
#include "aoe-user/core/state.h"

/* A MAC that is not ours is none of our business. */
static bool flush_needed(const struct device *dev, const struct remote *r)
{
	(void)dev;
	if (!r->ours || flush_opcode(r) == 0)
		return false;
	return !r->flushed || r->written_seq > r->flushed_seq;
}

int flush_plan(struct aoe_request *rq)
{
	int error = errand_plan(rq, flush_needed);
	const struct list *l;
	struct slice *s;

	for (l = rq->s.slices.next; l != &rq->s.slices; l = l->next) {
		s = list_entry(l, struct slice, link);
		s->covers = errand_remote(rq->s.dev, s->lba)->written_seq;
	}
	return error;
}

void flush_done(
    struct device *dev, struct remote *r, uint64_t covered, nsec_t now)
{
	struct list *l, *tmp;
	struct aoe_request *rq;
	struct slice *s;

	r->flushed = true;
	r->flushed_seq = MAX(r->flushed_seq, covered);
	list_each(l, tmp, &dev->requests) {
		rq = list_entry(l, struct aoe_request, s.link);
		if (rq->s.phase != REQUEST_FLUSH)
			continue;
		s = errand_slice(rq, r);
		if (s != NULL && s->covers <= r->flushed_seq)
			request_slice_done(s, now);
	}
}

bool flush_forget(struct engine *e, struct slice *s)
{
	struct list *l;
	struct copy *c;

	if (request_kind(s->rq) != COPY_FLUSH)
		return false;
	for (l = s->rq->s.copies.prev; l != &s->rq->s.copies; l = l->prev) {
		c = list_entry(l, struct copy, owner_link);
		if (c->state != COPY_LOST || !copy_overlaps(c, s->lba, 1))
			continue;
		s->copies--;
		copy_put(&e->copies, c, COPY_GONE);
		return true;
	}
	return false;
}

uint8_t flush_opcode(const struct remote *r)
{
	if (r->flush_ext)
		return ATA_FLUSH_EXT;
	return r->flush ? ATA_FLUSH : 0;
}

bool flush_unsupported(struct device *dev, struct remote *r, uint8_t opcode)
{
	if (opcode == ATA_FLUSH_EXT)
		r->flush_ext = false;
	else
		r->flush = false;
	if (flush_opcode(r) != 0)
		return true;
	if (!r->flush_warned)
		device_log(dev, LOG_LEVEL_WARN,
		    "the target refuses FLUSH CACHE: flushes succeed without "
		    "it, and nothing says when writes are on the medium");
	r->flush_warned = true;
	return false;
}

void flush_mark(struct device *dev, struct remote *r)
{
	r->written_seq = ++dev->write_seq;
}

void flush_restarted(struct device *dev, struct remote *r)
{
	dev->stats.restarts++;
	if (r->written_seq <= MAX(r->flushed_seq, r->doubted_seq))
		return;
	dev->stats.dirty_restarts++;
	device_log(dev, LOG_LEVEL_WARN,
	    "the target restarted with writes that were not flushed");
	dev->lost_writes = true;
	/* Not flushed by that: its host may still hold them in memory. */
	r->doubted_seq = r->written_seq;
}
