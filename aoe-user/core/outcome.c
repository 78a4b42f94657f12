/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/outcome.h"
#include <assert.h>
#include <errno.h>
#include <string.h>
#include "aoe-user/core/errand.h"
#include "aoe-user/core/flight.h"
#include "aoe-user/core/path.h"
#include "aoe-user/core/request_run.h"
#include "aoe-user/core/state.h"

#define OUTCOME_FAULTS_MAX 8u /* useless answers, then a slice fails */
#define OUTCOME_LATER_FIRST (100 * NSEC_MS)
#define OUTCOME_LATER_MAX NSEC_SEC
#define OUTCOME_LATER_END (15 * NSEC_SEC) /* then it is an error */
/* Targets that merge neighbours wait for them, but not so long. */
#define OUTCOME_APART (3 * NSEC_MS)
#define OUTCOME_APART_SECTORS 32u

/* The slice waits a while and is then sent again; longer each time. */
static void outcome_delay(struct slice *s, nsec_t now)
{
	s->delay = s->delay ? MIN(s->delay * 2, OUTCOME_LATER_MAX)
			    : OUTCOME_LATER_FIRST;
	device_delay(s->rq->s.dev, s, nsec_add(now, s->delay));
}

/*
 * The path has done other work half of the time for which it put this off, and
 * that was long: it is not the target that is not available.
 */
static bool outcome_is_never(struct slice *s, const struct path *p, nsec_t now)
{
	if (s->later_at == 0)
		s->later_at = now;
	return nsec_since(s->later_at, now) >= OUTCOME_LATER_END &&
	       p->worked_at >= nsec_add(s->later_at, OUTCOME_LATER_END / 2);
}

/* At a time of its own among its neighbours, whoever asks for those. */
static void outcome_apart(struct slice *s, nsec_t now)
{
	device_delay(s->rq->s.dev, s,
	    nsec_add(now, s->lba % OUTCOME_APART_SECTORS * OUTCOME_APART));
}

/*
 * Sector by sector, so that one bad sector fails alone: ggaoed makes one I/O of
 * neighbours that come together, and fails them together.
 */
static bool outcome_single(struct slice *s, nsec_t now)
{
	struct slice *rest;

	if (s->single)
		return false;
	s->single = true;
	while (s->count > 1) {
		if (slice_split(&s->rq->s.dev->e->slices, s, 1) < 0) {
			s->single = false;
			outcome_delay(s, now);
			return true;
		}
		outcome_apart(s, now);
		rest = list_entry(s->link.next, struct slice, link);
		s = rest;
	}
	outcome_apart(s, now);
	return true;
}

/*
 * One slice got an answer that did not do the work, to that copy, which is
 * already counted out. False when that ended the whole request.
 */
static bool outcome_fault(struct slice *s, const struct copy *c,
    const struct err_verdict *v, nsec_t now)
{
	enum err_action action = v->action;

	if (action == ERR_LATER && outcome_is_never(s, c->path, now))
		action = ERR_FAIL;
	if (v->error != OUTCOME_NO_FAULT && ++s->faults > OUTCOME_FAULTS_MAX &&
	    action != ERR_LATER)
		action = ERR_FAIL;
	switch (action) {
	case ERR_LATER:
		outcome_delay(s, now);
		return true;
	case ERR_SINGLE:
		/* An older copy with neighbours says nothing of it alone. */
		if (s->single && s->count < c->count && s->error == 0) {
			if (s->out == 0 && list_empty(&s->queue))
				device_resend(s->rq->s.dev, s);
			return true;
		}
		if (outcome_single(s, now))
			return true;
		break;
	case ERR_REQUERY:
		if (s->out == 0)
			device_resend(s->rq->s.dev, s);
		return true;
	case ERR_DONE:
	case ERR_FAIL:
		break;
	case ERR_FINAL:
		request_finish(s->rq, v->error, now);
		return false;
	}
	if (s->copies > 0) {
		s->error = v->error;
		list_del(&s->queue);
		return true;
	}
	request_finish(s->rq, v->error, now);
	return false;
}

void outcome_failed(struct aoe_request *rq, const struct copy *c,
    const struct err_verdict *v, nsec_t now)
{
	struct list *l, *tmp;
	struct slice *s;

	list_each(l, tmp, &rq->s.slices) {
		s = list_entry(l, struct slice, link);
		if (!flight_covers(c, s))
			continue;
		if (!outcome_fault(s, c, v, now))
			return;
	}
}

void outcome_fill(
    struct aoe_request *rq, const struct copy *c, const uint8_t *data)
{
	struct list *l;
	struct slice *s;

	for (l = rq->s.slices.next; l != &rq->s.slices; l = l->next) {
		s = list_entry(l, struct slice, link);
		if (flight_covers(c, s))
			memcpy(s->mem, data + (s->lba - c->lba) * WIRE_SECTOR,
			    (size_t)s->count * WIRE_SECTOR);
	}
}

void outcome_good(struct aoe_request *rq, const struct copy *c,
    const uint8_t *data, nsec_t now)
{
	struct list *l, *tmp;
	struct slice *s;

	if (data != NULL)
		outcome_fill(rq, c, data);
	list_each(l, tmp, &rq->s.slices) {
		s = list_entry(l, struct slice, link);
		if (flight_covers(c, s))
			request_slice_done(s, now);
	}
}

void outcome_flushed(
    struct device *dev, struct remote *r, uint64_t covered, nsec_t now)
{
	struct list *l, *tmp;
	struct aoe_request *rq;
	struct slice *s;

	assert(covered <= dev->write_seq);
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
