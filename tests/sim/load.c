/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TIMES_MAX 1000000u

struct load_slot {
	struct aoe_request rq;
	struct model_op op;
	struct event cancel;
	struct load *l;
	nsec_t began;
	bool busy, cancelled;
	bool single; /* whoever asked looks at the result */
	uint8_t *buf;
};

static void load_next(struct load *l);

static bool allowed(const struct load *l, const struct load_slot *s, int error)
{
	const struct load_options *o = &l->opt;

	if (!error || s->single || o->any_error ||
	    (error == -ECANCELED && s->cancelled))
		return true;
	for (unsigned i = 0; i < LOAD_ERRORS; i++)
		if (l->opt.allow[i] == error)
			return true;
	return false;
}

static void load_account(struct load *l, struct load_slot *s, int error)
{
	nsec_t took = world_now(l->h->w) - s->began;

	if (took > l->slowest)
		l->slowest = took;
	if (l->times && l->timed < l->opt.ops)
		l->times[l->timed++] = took;
	l->ended = world_now(l->h->w);
	l->finished++;
	l->last_error = error;
	if (error && !l->first_error)
		l->first_error = error;
	if (error == -ECANCELED)
		l->cancelled++;
	else if (error)
		l->failed++;
	else
		l->bytes += s->rq.length;
}

static void load_done(struct aoe_request *rq, int error)
{
	struct load_slot *s = container_of(rq, struct load_slot, rq);
	struct load *l = s->l;

	if (!l->h->pumping)
		world_fail(l->h->w, "done outside of engine_reap");
	if (l->model)
		model_done(l->model, &s->op, error);
	if (!s->busy)
		return; /* the model has said that it ended twice */
	if (!allowed(l, s, error))
		world_fail(l->h->w, "request %llu (op %d, %llu+%zu) gave %d",
		    (unsigned long long)s->op.id, rq->op,
		    (unsigned long long)rq->offset, rq->length, error);
	event_cancel(&l->h->w->events, &s->cancel);
	s->busy = false;
	l->running--;
	load_account(l, s, error);
	load_next(l);
}

static void cancel_slot(struct load_slot *s)
{
	struct host *h = s->l->h;

	if (!s->busy || !h->e)
		return;
	s->cancelled = true;
	engine_cancel(h->e, &s->rq, world_now(h->w));
	host_pump(h);
}

static void cancel_fire(struct event *ev)
{
	cancel_slot(container_of(ev, struct load_slot, cancel));
}

static struct load_slot *free_slot(struct load *l)
{
	for (unsigned i = 0; i < l->opt.depth; i++)
		if (!l->slot[i].busy)
			return &l->slot[i];
	return NULL;
}

static int submit(struct load *l, struct load_slot *s, enum aoe_op op,
    uint64_t offset, size_t length)
{
	nsec_t now = world_now(l->h->w);
	int error;

	memset(&s->rq, 0xa5, sizeof(s->rq));
	s->rq = (struct aoe_request){.op = op,
	    .offset = offset,
	    .length = length,
	    .buf = s->buf,
	    .done = load_done};
	s->op.op = op;
	s->op.offset = offset;
	s->op.length = length;
	s->op.buf = s->buf;
	s->began = now;
	s->busy = true;
	s->cancelled = s->single = false;
	s->rq.fua = op == AOE_WRITE && rng_chance(&l->rng, l->opt.fua);
	if (l->model)
		model_submit(l->model, &s->op);
	l->running++;
	error = engine_submit(l->h->e, l->dev, &s->rq, now);
	if (error) {
		if (l->model)
			model_refused(l->model, &s->op);
		s->busy = false;
		l->running--;
		return error;
	}
	if (rng_chance(&l->rng, l->opt.cancel))
		event_at(&l->h->w->events, &s->cancel,
		    now + rng_below(&l->rng, l->opt.patience));
	return 0;
}

static size_t random_length(struct load *l)
{
	const struct load_options *o = &l->opt;
	size_t length;
	unsigned bits = 0;

	/* All magnitudes alike, so that small ones are not rare. */
	while (o->max >> bits > 1)
		bits++;
	bits = (unsigned)rng_below(&l->rng, bits + 1);
	length = ((size_t)1 << bits) + rng_below(&l->rng, (uint64_t)1 << bits);
	if (length < o->min)
		length = o->min;
	if (length > o->max)
		length = o->max;
	length -= length % o->align;
	return length ? length : o->align;
}

static uint64_t next_offset(struct load *l, size_t length)
{
	const struct load_options *o = &l->opt;
	uint64_t offset;

	if (!o->sequential) {
		offset =
		    o->from + rng_below(&l->rng, o->to - o->from - length + 1);
		return offset - offset % o->align;
	}
	if (l->at < o->from || l->at + length > o->to)
		l->at = o->from;
	offset = l->at;
	l->at += length;
	return offset;
}

static int submit_random(struct load *l, struct load_slot *s)
{
	const struct load_options *o = &l->opt;
	uint64_t kind = rng_below(&l->rng, o->reads + o->writes + o->flushes);
	size_t length = random_length(l);
	uint64_t offset;

	if (length > o->to - o->from)
		length = o->to - o->from;
	offset = next_offset(l, length);
	if (kind < o->reads)
		return submit(l, s, AOE_READ, offset, length);
	if (kind < o->reads + o->writes)
		return submit(l, s, AOE_WRITE, offset, length);
	return submit(l, s, AOE_FLUSH, 0, 0);
}

/* Keeps `depth` requests going; with a pause, one more at a time. */
static void load_fill(struct load *l)
{
	struct load_slot *s;

	if (l->filling || l->stopped || !l->h->e)
		return;
	l->filling = true;
	while (l->submitted < l->opt.ops && (s = free_slot(l))) {
		int error = submit_random(l, s);

		if (error == -EAGAIN) {
			l->blocked = true;
			l->blocks++;
			break;
		}
		l->submitted++;
		if (error) {
			l->finished++;
			l->failed++;
			l->last_error = error;
			s->began = world_now(l->h->w);
			if (!allowed(l, s, error))
				world_fail(l->h->w, "submit gave %d", error);
		}
		if (l->opt.pause)
			break;
	}
	l->filling = false;
}

static void load_fire(struct event *ev)
{
	struct load *l = container_of(ev, struct load, next);

	load_fill(l);
	host_pump(l->h);
	load_next(l);
}

static void load_next(struct load *l)
{
	struct world *w = l->h->w;

	if (!l->opt.pause)
		load_fill(l);
	else if (!l->next.place && l->submitted < l->opt.ops && free_slot(l))
		event_at(&w->events, &l->next,
		    world_now(w) + rng_below(&l->rng, l->opt.pause));
}

static void load_room(struct host_waiter *waiter)
{
	struct load *l = container_of(waiter, struct load, waiter);

	if (!l->blocked)
		return;
	l->blocked = false;
	load_next(l);
}

static void load_destroy(struct owned *o)
{
	struct load *l = container_of(o, struct load, owned);

	/* The engine drops unfinished requests; their buffers go after it. */
	host_stop(l->h);
	list_del(&l->waiter.link);
	for (unsigned i = 0; i < l->opt.depth; i++) {
		event_cancel(&l->h->w->events, &l->slot[i].cancel);
		free(l->slot[i].buf);
	}
	event_cancel(&l->h->w->events, &l->next);
	free(l->slot);
	free(l->times);
	free(l);
}

static void defaults(struct load *l)
{
	struct load_options *o = &l->opt;

	if (!o->depth)
		o->depth = 1;
	if (!o->reads && !o->writes && !o->flushes)
		o->reads = o->writes = 1;
	if (!o->to || o->to > l->size)
		o->to = l->size;
	if (!o->min)
		o->min = 1;
	if (!o->max)
		o->max = LOAD_BUFFER;
	if (!o->patience)
		o->patience = 20 * NSEC_MS;
	if (!o->align)
		o->align = 1;
}

/* Loads that only end by load_stop() have no times. */
static void load_make_times(struct load *l)
{
	if (l->opt.ops > TIMES_MAX)
		return;
	l->times = calloc(l->opt.ops + 1, sizeof(*l->times));
	if (!l->times)
		abort();
}

struct load *load_new(struct host *h, struct device *dev, struct model *model,
    const struct load_options *opt)
{
	struct load *l = calloc(1, sizeof(*l));
	struct engine_device_info info;

	if (!l)
		abort();
	engine_device_info(dev, &info);
	l->h = h;
	l->dev = dev;
	l->model = model;
	l->size = info.sectors * 512;
	if (opt)
		l->opt = *opt;
	defaults(l);
	rng_seed(&l->rng, rng_u64(&h->w->rng));
	l->waiter.room = load_room;
	list_append(&h->waiters, &l->waiter.link);
	event_init(&l->next, load_fire);
	l->slot = calloc(l->opt.depth, sizeof(*l->slot));
	load_make_times(l);
	if (!l->slot)
		abort();
	for (unsigned i = 0; i < l->opt.depth; i++) {
		struct load_slot *s = &l->slot[i];

		s->l = l;
		s->buf = malloc(LOAD_BUFFER);
		if (!s->buf)
			abort();
		list_init(&s->op.link);
		event_init(&s->cancel, cancel_fire);
	}
	world_own(h->w, &l->owned, load_destroy);
	return l;
}

void load_start(struct load *l)
{
	l->stopped = false;
	l->started = world_now(l->h->w);
	load_next(l);
	host_pump(l->h);
}

void load_stop(struct load *l)
{
	l->stopped = true;
	l->blocked = false;
}

void load_cancel(struct load *l)
{
	for (unsigned i = 0; i < l->opt.depth; i++)
		cancel_slot(&l->slot[i]);
}

static int by_length(const void *a, const void *b)
{
	nsec_t x = *(const nsec_t *)a, y = *(const nsec_t *)b;

	return (x > y) - (x < y);
}

nsec_t load_quantile(struct load *l, double share)
{
	if (!l->timed)
		return 0;
	qsort(l->times, l->timed, sizeof(*l->times), by_length);
	return l->times[(size_t)(share * (l->timed - 1))];
}

void load_again(struct load *l, unsigned ops)
{
	l->opt.ops = ops;
	free(l->times);
	l->times = NULL;
	l->timed = 0;
	load_make_times(l);
	l->submitted = l->finished = l->failed = l->cancelled = 0;
	l->first_error = l->last_error = 0;
	l->bytes = 0;
	l->slowest = 0;
}

static bool all_ended(void *ctx)
{
	struct load *l = ctx;

	return !l->running && (l->stopped || l->finished >= l->opt.ops);
}

bool load_wait(struct load *l, nsec_t limit)
{
	if (world_until(l->h->w, all_ended, l, limit))
		return true;
	world_fail(l->h->w, "%u of %u requests ended, %u are stuck",
	    l->finished, l->opt.ops, l->running);
	return false;
}

bool load_run(struct load *l)
{
	load_start(l);
	return load_wait(l, LOAD_LONG);
}

int load_post(struct load *l, enum aoe_op op, uint64_t offset, size_t length)
{
	struct load_slot *s = free_slot(l);
	int error;

	if (!s || length > LOAD_BUFFER)
		abort();
	error = submit(l, s, op, offset, length);
	s->single = true;
	host_pump(l->h);
	return error;
}

static bool none_running(void *ctx)
{
	struct load *l = ctx;

	return !l->running;
}

int load_one(struct load *l, enum aoe_op op, uint64_t offset, size_t length)
{
	int error;

	l->slowest = 0;
	error = load_post(l, op, offset, length);
	if (error)
		return error;
	if (world_until(l->h->w, none_running, l, LOAD_LONG))
		return l->last_error;
	world_fail(l->h->w, "request at %llu+%zu never ends",
	    (unsigned long long)offset, length);
	return -ETIMEDOUT;
}
