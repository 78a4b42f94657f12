/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/choice.h"
#include <assert.h>
#include "aoe-user/core/state.h"

#define CHOICE_LAME (1ull << 63)
#define CHOICE_DELAY_MAX ((1ull << 46) - 1)

uint64_t choice_delay(const struct path *p)
{
	return (p->rtt.srtt / 1000 + 1) * (p->inflight + 1);
}

/* Of two with the same delay the older one is first. */
static uint64_t choice_key(const struct path *p)
{
	return (p->lame ? CHOICE_LAME : 0) |
	       MIN(choice_delay(p), CHOICE_DELAY_MAX) << 16 | p->number;
}

static struct path *choice_first(const struct remote *r)
{
	return container_of(r->ready.first, struct path, ready);
}

static void choice_place(struct remote *r)
{
	struct device *dev = r->dev;

	if (r->full || r->ready.first == NULL)
		heap_remove(&dev->choices, &r->choice);
	else
		heap_set(&dev->choices, &r->choice, r->ready.first->key);
}

static void choice_count(struct path *p, bool sound)
{
	if (sound == p->sound)
		return;
	assert(sound || p->dev->sound > 0);
	p->dev->sound += sound ? 1u : -1u;
	p->sound = sound;
}

void choice_update(struct path *p)
{
	bool usable = p->state == PATH_UP && p->port != NULL;

	choice_count(p, usable && !p->lame);
	if (!usable) {
		heap_remove(&p->remote->ready, &p->ready);
		list_del(&p->parked);
		list_del(&p->fresh);
	} else if (list_empty(&p->parked)) {
		heap_set(&p->remote->ready, &p->ready, choice_key(p));
	}
	choice_place(p->remote);
	device_wake(p->dev);
}

void choice_fresh(struct path *p)
{
	if (p->state != PATH_UP)
		return;
	list_del(&p->fresh);
	list_append(&p->dev->fresh, &p->fresh);
}

static void choice_park(struct path *p, struct list *where)
{
	assert(p->state == PATH_UP && list_empty(&p->parked));
	heap_remove(&p->remote->ready, &p->ready);
	list_append(where, &p->parked);
	choice_place(p->remote);
}

static void choice_unpark(struct path *p)
{
	list_del(&p->parked);
	choice_update(p);
}

struct path *choice_best(struct device *dev)
{
	struct remote *r;
	struct path *p;

	while (dev->choices.first != NULL) {
		r = container_of(dev->choices.first, struct remote, choice);
		p = choice_first(r);
		if (p->lame && dev->sound > 0)
			return NULL;
		if (p->port->blocked) {
			choice_block(p);
		} else if (!window_has_room(&p->peer->window)) {
			choice_park(p, &p->peer->parked);
		} else if (r->inflight >= remote_data_cap(dev, r)) {
			r->full = true;
			choice_place(r);
		} else {
			return p;
		}
	}
	return NULL;
}

void choice_block(struct path *p)
{
	list_del(&p->parked);
	choice_park(p, &p->port->parked);
}

void choice_unblock(struct port *port)
{
	struct list *l, *tmp;

	list_each(l, tmp, &port->parked)
		choice_unpark(list_entry(l, struct path, parked));
}

void choice_remote_room(struct remote *r)
{
	if (!r->full)
		return;
	r->full = false;
	choice_place(r);
	device_wake(r->dev);
}

void choice_peer_room(struct engine *e, struct peer *peer)
{
	if (list_empty(&peer->parked))
		return;
	choice_unpark(list_first(&peer->parked, struct path, parked));
	/* There may be more room than that. */
	if (!list_empty(&peer->parked) && list_empty(&peer->roomy_link))
		list_append(&e->roomy, &peer->roomy_link);
}

bool choice_next(struct engine *e)
{
	struct peer *peer;

	while (!list_empty(&e->roomy)) {
		peer = list_first(&e->roomy, struct peer, roomy_link);
		list_del(&peer->roomy_link);
		if (peer->window.inflight >= peer->window.size ||
		    list_empty(&peer->parked))
			continue;
		choice_peer_room(e, peer);
		return true;
	}
	return false;
}
