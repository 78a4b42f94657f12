/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fake/target.h"
#include <stdlib.h>
#include <string.h>

struct target_late {
	struct target_late *next;
	uint64_t due;
	unsigned port;
	struct frame frame;
	uint8_t bytes[];
};

int target_init(struct target *t)
{
	uint8_t *mem = malloc((size_t)2 * PORT_BATCH * FRAME_ROOM);

	if (!mem)
		return -1;
	for (unsigned i = 0; i < PORT_BATCH; i++) {
		t->in[i].b = mem + (size_t)2 * i * FRAME_ROOM;
		t->out[i].b = t->in[i].b + FRAME_ROOM;
	}
	t->last = &t->first;
	return 0;
}

void target_free(struct target *t)
{
	struct target_late *late;

	while ((late = t->first)) {
		t->first = late->next;
		free(late);
	}
	free(t->in[0].b);
}

static void flush(struct target *t, unsigned port)
{
	unsigned sent = port_send(&t->port[port], t->out, t->ready);

	t->count.sent += sent;
	t->count.failed_sends += t->ready - sent;
	t->ready = 0;
}

static void keep(
    struct target *t, unsigned port, const struct frame *f, uint64_t due)
{
	struct target_late *late = malloc(sizeof(*late) + f->len);

	if (!late)
		return;
	late->next = NULL;
	late->due = due;
	late->port = port;
	late->frame.b = late->bytes;
	late->frame.len = f->len;
	memcpy(late->bytes, f->b, f->len);
	*t->last = late;
	t->last = &late->next;
	t->late++;
}

/* Gives the answer in out[ready] away: to nobody, once or twice. */
static void emit(struct target *t, unsigned port, uint64_t now)
{
	struct frame *f = &t->out[t->ready];
	unsigned copies = 1;

	if (fault_chance(&t->fault, t->fault.drop)) {
		t->count.dropped_out++;
		return;
	}
	if (fault_chance(&t->fault, t->fault.dup)) {
		t->count.duplicated++;
		copies = 2;
	}
	while (copies--) {
		if (t->delay) {
			keep(t, port, f, now + t->delay);
			continue;
		}
		if (++t->ready == PORT_BATCH)
			flush(t, port);
		if (copies) {
			t->out[t->ready].len = f->len;
			memmove(t->out[t->ready].b, f->b, f->len);
		}
	}
}

static void serve_one(
    struct target *t, unsigned port, const struct frame *in, uint64_t now)
{
	unsigned mtu;
	bool asked = false;

	if (in->len < FRAME_ARG ||
	    frame_be16(in->b + FRAME_TYPE) != FRAME_ETHERTYPE ||
	    in->b[FRAME_VERFLAGS] & FRAME_FLAG_R) {
		t->count.foreign++;
		return;
	}
	if (fault_chance(&t->fault, t->fault.drop)) {
		t->count.dropped_in++;
		return;
	}
	if (t->delay && t->late >= t->options.buffers) {
		t->count.overflowed++;
		return;
	}
	mtu = port_mtu(&t->port[port]);
	for (unsigned i = 0; i < t->slots; i++) {
		struct slot *s = &t->slot[i];

		if (!slot_is_asked(s, in->b))
			continue;
		asked = true;
		if (slot_answer(
			s, in, t->port[port].mac, mtu, &t->out[t->ready]))
			emit(t, port, now);
	}
	if (asked)
		t->count.received++;
	else
		t->count.foreign++;
}

void target_serve(struct target *t, unsigned port, uint64_t now)
{
	unsigned n = port_receive(&t->port[port], t->in);

	for (unsigned i = 0; i < n; i++)
		serve_one(t, port, &t->in[i], now);
	flush(t, port);
}

uint64_t target_release(struct target *t, uint64_t now)
{
	struct target_late *late;

	while ((late = t->first) && late->due <= now) {
		if (port_send(&t->port[late->port], &late->frame, 1))
			t->count.sent++;
		else
			t->count.failed_sends++;
		t->first = late->next;
		if (!t->first)
			t->last = &t->first;
		t->late--;
		free(late);
	}
	return late ? late->due : 0;
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
