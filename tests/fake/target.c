/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fake/target.h"
#include <stdlib.h>
#include <string.h>

int target_init(struct target *t)
{
	uint8_t *mem = malloc((size_t)2 * PORT_BATCH * FRAME_ROOM);

	if (!mem)
		return -1;
	for (unsigned i = 0; i < PORT_BATCH; i++) {
		t->in[i].b = mem + (size_t)2 * i * FRAME_ROOM;
		t->out[i].b = t->in[i].b + FRAME_ROOM;
	}
	return 0;
}

void target_free(struct target *t)
{
	uint8_t *mem = t->out[0].b - FRAME_ROOM;

	late_free(&t->late);
	for (unsigned i = 0; i < t->ports; i++)
		port_close(&t->port[i]);
	free(mem);
}

static void flush(struct target *t, unsigned port)
{
	unsigned sent = port_send(&t->port[port], t->out, t->ready);

	t->count.sent += sent;
	t->count.failed_sends += t->ready - sent;
	t->ready = 0;
}

/* The answer in out[ready] goes out now; `again`: it is there once more. */
static void push(struct target *t, unsigned port, bool again)
{
	struct frame *f = &t->out[t->ready], *next;

	if (++t->ready == PORT_BATCH)
		flush(t, port);
	next = &t->out[t->ready];
	if (again) {
		memmove(next->b, f->b, f->len);
		next->len = f->len;
		next->data = f->data;
		next->data_len = f->data_len;
	}
}

static bool is_lost(struct target *t, enum fault_way way, const struct frame *f)
{
	bool in = way == FAULT_IN;

	switch (fault_lose(&t->fault, way, f->len + f->data_len)) {
	case FAULT_IN_HOLE:
		++*(in ? &t->count.holed_in : &t->count.holed_out);
		return true;
	case FAULT_DROPPED:
		++*(in ? &t->count.dropped_in : &t->count.dropped_out);
		return true;
	default:
		return false;
	}
}

/* How often the frame arrives. */
static unsigned copies(struct target *t, enum fault_way way)
{
	if (!fault_chance(&t->fault, t->fault.line[way].dup))
		return 1;
	t->count.duplicated++;
	return 2;
}

/* How long the network keeps the frame. */
static uint64_t hold(struct target *t, enum fault_way way)
{
	struct fault_line *l = &t->fault.line[way];

	if (!fault_chance(&t->fault, l->hold))
		return 0;
	t->count.held++;
	return l->hold_time;
}

/* Gives the answer in out[ready] away: to nobody, once or twice. */
static void emit(
    struct target *t, unsigned port, const struct late_work *work, uint64_t now)
{
	const struct frame *f;
	bool merges = t->options.persona->merges;
	struct late *late;
	uint64_t due;
	unsigned n;

	if (is_lost(t, FAULT_OUT, &t->out[t->ready]))
		return;
	n = copies(t, FAULT_OUT);
	while (n--) {
		f = &t->out[t->ready];
		due = now + t->delay + fault_below(&t->fault, t->jitter) +
		      hold(t, FAULT_OUT);
		if (due == now && !merges) {
			push(t, port, n > 0);
			continue;
		}
		late = late_put(&t->late, f, port, false, due);
		if (late)
			late->work = *work;
	}
}

/* Merges the request with its like in progress, or drops it: true. */
static bool is_in_progress(
    struct target *t, const struct late_work *work, const uint8_t *in)
{
	const struct slot_range *r = &work->range, *old;

	for (struct late *l = t->late.first; l; l = l->next) {
		old = &l->work.range;
		if (l->request || l->work.slot != work->slot ||
		    r->lba >= old->lba + old->count ||
		    old->lba >= r->lba + r->count)
			continue;
		if (old->opcode == r->opcode && old->lba == r->lba &&
		    old->count == r->count) {
			t->count.merged++;
			memcpy(l->bytes + FRAME_DST, in + FRAME_SRC, 6);
			memcpy(l->bytes + FRAME_TAG, in + FRAME_TAG, 4);
		} else {
			t->count.overlapped++;
		}
		return true;
	}
	return false;
}

/* More than the target takes at once? */
static bool is_full(const struct target *t)
{
	unsigned parallel = t->options.persona->parallel;

	return ((t->delay || t->jitter) &&
		   t->late.answers >= t->options.buffers) ||
	       (parallel && t->late.answers >= parallel);
}

static void execute(
    struct target *t, unsigned port, const struct frame *in, uint64_t now)
{
	unsigned mtu = t->port[port].mtu;
	bool asked = false;

	if (is_full(t)) {
		t->count.overflowed++;
		return;
	}
	for (unsigned i = 0; i < t->slots; i++) {
		struct slot *s = &t->slot[i];
		struct late_work work = {.slot = s};

		if (!slot_is_asked(s, in->b))
			continue;
		asked = true;
		if (t->options.persona->merges &&
		    slot_transfer(s, in, &work.range) &&
		    is_in_progress(t, &work, in->b))
			continue;
		if (slot_stray(
			s, in, t->port[port].mac, mtu, &t->out[t->ready]))
			push(t, port, false);
		if (slot_answer(
			s, in, t->port[port].mac, mtu, &t->out[t->ready]))
			emit(t, port, &work, now);
	}
	if (asked)
		t->count.received++;
	else
		t->count.foreign++;
}

/* A request has arrived: the trouble of the moment may have it. */
static void arrive(
    struct target *t, unsigned port, const struct frame *in, uint64_t now)
{
	const struct fault *f = &t->fault;

	if (f->trouble == TROUBLE_SILENT) {
		t->count.silenced++;
	} else if (f->trouble != TROUBLE_STALL) {
		execute(t, port, in, now);
	} else if (t->late.count >= t->options.buffers) {
		t->count.overflowed++;
	} else {
		t->count.stalled++;
		late_put(&t->late, in, port, true,
		    f->trouble_time ? f->trouble_end : LATE_NEVER);
	}
}

/* The way from the wire to the target, with its faults. */
static void receive(
    struct target *t, unsigned port, const struct frame *in, uint64_t now)
{
	unsigned n;
	uint64_t time;

	if (in->len < FRAME_ARG ||
	    frame_be16(in->b + FRAME_TYPE) != FRAME_ETHERTYPE ||
	    in->b[FRAME_VERFLAGS] & FRAME_FLAG_R) {
		t->count.foreign++;
		return;
	}
	if (is_lost(t, FAULT_IN, in))
		return;
	for (n = copies(t, FAULT_IN); n; n--) {
		time = hold(t, FAULT_IN);
		if (time)
			late_put(&t->late, in, port, true, now + time);
		else
			arrive(t, port, in, now);
	}
}

/* ATA commands that came together change places; others stay. */
static void shuffle(struct target *t, unsigned n)
{
	unsigned place[PORT_BATCH], places = 0, other;
	struct frame swap;

	for (unsigned i = 0; i < n; i++) {
		if (t->in[i].len > FRAME_ARG && !t->in[i].b[FRAME_COMMAND])
			place[places++] = i;
	}
	for (; places > 1; places--) {
		other = place[fault_below(&t->fault, places)];
		swap = t->in[other];
		t->in[other] = t->in[place[places - 1]];
		t->in[place[places - 1]] = swap;
	}
}

void target_serve(struct target *t, unsigned port, uint64_t now)
{
	struct port *p = &t->port[port];
	unsigned n = port_receive(p, t->in);

	if (!n)
		return;
	p->mtu = port_mtu(p);
	if (t->options.persona->any_order)
		shuffle(t, n);
	for (unsigned i = 0; i < n; i++)
		receive(t, port, &t->in[i], now);
	flush(t, port);
	port_release(p);
}

void target_signal(struct target *t, uint64_t now)
{
	fault_signal(&t->fault, now);
	if (t->fault.trouble == TROUBLE_NONE)
		late_wake(&t->late, now);
}

uint64_t target_release(struct target *t, uint64_t now)
{
	struct late *late;

	fault_tick(&t->fault, now);
	while ((late = late_take(&t->late, now))) {
		if (late->request) {
			arrive(t, late->port, &late->frame, now);
			flush(t, late->port);
		} else if (port_send(&t->port[late->port], &late->frame, 1)) {
			t->count.sent++;
		} else {
			t->count.failed_sends++;
		}
		free(late);
	}
	late = t->late.first;
	return late && late->due != LATE_NEVER ? late->due : 0;
}

void target_announce(struct target *t)
{
	for (unsigned p = 0; p < t->ports; p++) {
		for (unsigned i = 0; i < t->slots; i++) {
			slot_announce(&t->slot[i], t->port[p].mac,
			    port_mtu(&t->port[p]), &t->out[0]);
			port_send(&t->port[p], t->out, 1);
		}
	}
}
