/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fake/late.h"
#include <stdlib.h>
#include <string.h>

struct late *late_put(struct late_queue *q, const struct frame *f,
    unsigned port, bool request, uint64_t due)
{
	struct late *l = malloc(sizeof(*l) + f->len + f->data_len);
	struct late **at = &q->first;

	if (!l)
		return NULL;
	memset(l, 0, sizeof(*l));
	l->due = due;
	l->port = port;
	l->request = request;
	l->frame.b = l->bytes;
	l->frame.len = f->len + f->data_len;
	memcpy(l->bytes, f->b, f->len);
	if (f->data_len)
		memcpy(l->bytes + f->len, f->data, f->data_len);
	if (q->last && q->last->due <= due)
		at = &q->last->next;
	while (*at && (*at)->due <= due)
		at = &(*at)->next;
	l->next = *at;
	*at = l;
	if (!l->next)
		q->last = l;
	q->count++;
	q->answers += !request;
	return l;
}

struct late *late_take(struct late_queue *q, uint64_t now)
{
	struct late *l = q->first;

	if (!l || l->due > now)
		return NULL;
	q->first = l->next;
	if (!q->first)
		q->last = NULL;
	q->count--;
	q->answers -= !l->request;
	return l;
}

void late_wake(struct late_queue *q, uint64_t now)
{
	for (struct late *l = q->first; l; l = l->next) {
		if (l->due == LATE_NEVER)
			l->due = now;
	}
}

void late_free(struct late_queue *q)
{
	struct late *l;

	while ((l = q->first)) {
		q->first = l->next;
		free(l);
	}
}
