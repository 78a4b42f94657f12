/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/port.h"
#include <assert.h>
#include "aoe-user/core/state.h"

static struct port *port_of(struct tree_node *n)
{
	return n != NULL ? container_of(n, struct port, node) : NULL;
}

static int port_order(const void *id, const struct tree_node *n)
{
	unsigned a = *(const unsigned *)id;
	unsigned b = container_of(n, const struct port, node)->id;

	return (a > b) - (a < b);
}

static int port_peer_order(const void *mac, const struct tree_node *n)
{
	return mac_compare(*(const struct mac *)mac,
	    container_of(n, const struct peer, node)->mac);
}

void port_table_init(struct engine *e)
{
	tree_init(&e->ports, e->cfg.seed, port_order, NULL);
}

struct port *port_find(const struct engine *e, unsigned id)
{
	return port_of(tree_find(&e->ports, &id));
}

struct port *port_next(const struct engine *e, const struct port *p)
{
	return port_of(p != NULL ? tree_next(&p->node) : tree_first(&e->ports));
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
	list_init(&p->paths);
	list_init(&p->parked);
	tree_init(&p->peers, e->cfg.seed, port_peer_order, NULL);
	tree_insert(&e->ports, &p->node, &id);
	return p;
}

void port_work(struct engine *e, struct port *p)
{
	if (list_empty(&p->work_link))
		list_append(&e->port_work, &p->work_link);
}

void port_free(struct engine *e, struct port *p)
{
	assert(p->peers.root == NULL && list_empty(&p->paths));
	tree_remove(&e->ports, &p->node);
	list_del(&p->work_link);
	engine_put(e, p, sizeof(*p));
}

struct peer *peer_get(struct engine *e, struct port *p, struct mac mac)
{
	struct tree_node *n = tree_find(&p->peers, &mac);
	struct peer *peer;

	if (n != NULL) {
		peer = container_of(n, struct peer, node);
		peer->users++;
		return peer;
	}
	peer = engine_get(e, sizeof(*peer));
	if (peer == NULL)
		return NULL;
	peer->port = p;
	peer->mac = mac;
	peer->users = 1;
	window_init(&peer->window);
	list_init(&peer->parked);
	list_init(&peer->roomy_link);
	tree_insert(&p->peers, &peer->node, &mac);
	return peer;
}

void peer_release(struct engine *e, struct peer *peer)
{
	assert(peer->users > 0);
	if (--peer->users > 0)
		return;
	assert(peer->caps == 0 && peer->window.inflight == 0);
	assert(list_empty(&peer->parked));
	list_del(&peer->roomy_link);
	tree_remove(&peer->port->peers, &peer->node);
	engine_put(e, peer, sizeof(*peer));
}
