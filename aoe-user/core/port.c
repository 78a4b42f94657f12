/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/port.h"
#include "aoe-user/core/state.h"

struct port *port_find(const struct engine *e, unsigned id)
{
	const struct list *l;
	struct port *p;

	for (l = e->ports.next; l != &e->ports; l = l->next) {
		p = list_entry(l, struct port, link);
		if (p->id == id)
			return p;
	}
	return NULL;
}

struct port *port_new(struct engine *e, unsigned id)
{
	struct port *p = engine_get(e, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->id = id;
	p->asked_at = NSEC_NEVER;
	list_init(&p->control);
	list_init(&p->work_link);
	list_append(&e->ports, &p->link);
	return p;
}

void port_work(struct engine *e, struct port *p)
{
	if (list_empty(&p->work_link))
		list_append(&e->port_work, &p->work_link);
}

void port_free(struct engine *e, struct port *p)
{
	list_del(&p->link);
	list_del(&p->work_link);
	engine_put(e, p, sizeof(*p));
}

struct peer *peer_get(struct engine *e, struct port *p, struct mac mac)
{
	struct list *l;
	struct peer *peer;

	for (l = e->peers.next; l != &e->peers; l = l->next) {
		peer = list_entry(l, struct peer, link);
		if (peer->port == p && mac_equal(peer->mac, mac)) {
			peer->users++;
			return peer;
		}
	}
	peer = engine_get(e, sizeof(*peer));
	if (peer == NULL)
		return NULL;
	peer->port = p;
	peer->mac = mac;
	peer->users = 1;
	window_init(&peer->window);
	list_append(&e->peers, &peer->link);
	return peer;
}

void peer_release(struct engine *e, struct peer *peer)
{
	if (--peer->users > 0)
		return;
	list_del(&peer->link);
	engine_put(e, peer, sizeof(*peer));
}
