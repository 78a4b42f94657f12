/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/path.h"
#include <assert.h>
#include "aoe-user/core/choice.h"
#include "aoe-user/core/state.h"

#define PATH_SECTORS_UNSAID 2u /* when the target does not say its limit */

/* What a path of a device is found by. */
struct path_key {
	unsigned port;
	struct mac mac;
};

static int path_order(const void *key, const struct tree_node *n)
{
	const struct path *p = container_of(n, const struct path, node);
	const struct path_key *k = key;

	if (k->port != p->port->id)
		return k->port < p->port->id ? -1 : 1;
	return mac_compare(k->mac, p->remote->mac);
}

struct path *path_find(
    const struct device *dev, const struct port *port, struct mac mac)
{
	struct path_key key = {port->id, mac};
	struct tree_node *n = tree_find(&dev->by_port, &key);

	return n != NULL ? container_of(n, struct path, node) : NULL;
}

struct path *path_new(
    struct device *dev, struct remote *remote, struct port *port)
{
	struct path *p = engine_get(dev->e, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->peer = peer_get(dev->e, port, remote->mac);
	if (p->peer == NULL) {
		engine_put(dev->e, p, sizeof(*p));
		return NULL;
	}
	p->dev = dev;
	p->remote = remote;
	p->port = port;
	rtt_init(&p->rtt);
	payload_init(&p->payload_in);
	payload_init(&p->payload_out);
	p->number = dev->path_number++;
	list_init(&p->parked);
	list_init(&p->fresh);
	list_init(&p->control_link);
	list_init(&p->early_link);
	list_init(&p->out);
	list_init(&p->slow);
	list_init(&p->lost);
	list_init(&p->ahead);
	list_init(&p->ahead_lost);
	list_init(&p->ahead_errands);
	p->timer.kind = TIMER_PATH;
	p->control_at = p->gone_at = NSEC_NEVER;
	list_append(&dev->paths, &p->dev_link);
	list_append(&remote->paths, &p->remote_link);
	list_append(&port->paths, &p->port_link);
	if (dev->by_port.root == NULL)
		tree_init(&dev->by_port, dev->e->cfg.seed, path_order, NULL);
	tree_insert(
	    &dev->by_port, &p->node, &(struct path_key){port->id, remote->mac});
	dev->path_count++;
	return p;
}

static void path_set_cap(struct path *p, unsigned cap)
{
	assert(p->peer->caps >= p->cap);
	p->peer->caps = p->peer->caps - p->cap + cap;
	p->cap = cap;
	window_set_max(&p->peer->window, p->peer->caps);
	choice_peer_room(p->dev->e, p->peer);
}

void path_unport(struct engine *e, struct path *p)
{
	struct peer *peer = p->peer;

	path_set_cap(p, 0);
	tree_remove(&p->dev->by_port, &p->node);
	list_del(&p->port_link);
	list_del(&p->control_link);
	list_del(&p->early_link);
	p->peer = NULL;
	p->port = NULL;
	choice_update(p);
	peer_release(e, peer);
}

void path_free(struct engine *e, struct path *p)
{
	assert(list_empty(&p->out) && list_empty(&p->slow) &&
	       list_empty(&p->lost));
	assert(p->dev->path_count > 0);
	p->remote->up -= p->state == PATH_UP;
	p->dev->verified -= p->state == PATH_UP;
	p->remote->refused -= p->state == PATH_REFUSED;
	if (p->port != NULL)
		path_unport(e, p);
	timer_clear(&e->timers, &p->timer);
	list_del(&p->dev_link);
	list_del(&p->remote_link);
	p->dev->path_count--;
	engine_put(e, p, sizeof(*p));
}

/* What MTU and target allow. */
static unsigned path_most(const struct path *p)
{
	unsigned n = p->port != NULL ? wire_sectors_for_mtu(p->port->mtu) : 1;
	unsigned said = p->remote->sectors_max;

	n = MIN(n, said ? said : PATH_SECTORS_UNSAID);
	if (p->limit != 0)
		n = MIN(n, p->limit);
	return MAX(n, 1u);
}

struct payload *path_payload_of(struct path *p, enum copy_kind kind)
{
	return kind == COPY_WRITE ? &p->payload_out : &p->payload_in;
}

unsigned path_payload(struct path *p, enum copy_kind kind, nsec_t now)
{
	struct payload *pl = path_payload_of(p, kind);

	payload_set_most(pl, path_most(p));
	return payload_next(pl, now);
}

unsigned path_payload_shown(const struct path *p)
{
	unsigned most = path_most(p);

	if (p->payload_in.most == most)
		most = MIN(most, payload_shown(&p->payload_in));
	if (p->payload_out.most == most)
		most = MIN(most, payload_shown(&p->payload_out));
	return most;
}

bool path_has_room(const struct path *p)
{
	/* First, as it wants to know of every time when it was full. */
	return window_has_room(&p->peer->window) &&
	       p->remote->inflight < remote_data_cap(p->dev, p->remote);
}

/* Slots behind one MAC share its window: the largest use is all their caps. */
void path_update_caps(const struct device *dev, struct remote *r)
{
	unsigned cap = r->buffers != 0 ? remote_cap(dev, r) : 0;
	struct list *l;
	struct path *p;

	for (l = r->paths.next; l != &r->paths; l = l->next) {
		p = list_entry(l, struct path, remote_link);
		if (p->peer != NULL)
			path_set_cap(p, cap);
	}
	choice_remote_room(r);
}

bool path_is_alive(const struct path *p)
{
	return p->state == PATH_UP || p->state == PATH_ASKED ||
	       p->state == PATH_SUSPECT;
}

/* Those that are known to lead nowhere, or elsewhere, are asked first. */
static bool path_may_become(const struct path *p, enum path_state state)
{
	bool on = p->port != NULL && p->port->up;

	switch (state) {
	case PATH_NEW:
		return on && p->state == PATH_DOWN;
	case PATH_UP:
		return on && p->need == 0 && p->state != PATH_REFUSED &&
		       p->state != PATH_DOWN;
	case PATH_ASKED:
		return p->state == PATH_UP;
	case PATH_SUSPECT:
		return p->state == PATH_UP || p->state == PATH_ASKED;
	case PATH_SILENT:
		return path_is_alive(p) || p->state == PATH_REFUSED;
	case PATH_REFUSED:
		return p->state != PATH_DOWN;
	case PATH_DOWN:
		break;
	}
	return true;
}

/* One that is alive more or less. */
static void path_count_alive(struct path *p, bool alive)
{
	assert(alive || (p->dev->alive > 0 && p->remote->alive > 0));
	p->dev->alive += alive ? 1u : -1u;
	p->remote->alive += alive ? 1u : -1u;
	device_check_up(p->dev);
	device_arm(p->dev, 0); /* errands may be for others now */
}

void path_set(struct path *p, enum path_state state)
{
	bool was_alive = path_is_alive(p);

	if (state == p->state)
		return;
	/* Whether two disks answer has to be looked at again. */
	if (state == PATH_REFUSED || p->state == PATH_REFUSED)
		device_arm(p->dev, 0);
	assert(path_may_become(p, state));
	assert(
	    p->state != PATH_UP || (p->remote->up > 0 && p->dev->verified > 0));
	assert(p->state != PATH_REFUSED || p->remote->refused > 0);
	p->remote->up += (state == PATH_UP) - (p->state == PATH_UP);
	p->dev->verified += (state == PATH_UP) - (p->state == PATH_UP);
	p->remote->refused +=
	    (state == PATH_REFUSED) - (p->state == PATH_REFUSED);
	p->state = state;
	if (state == PATH_UP)
		fence_wake(&p->dev->homeless, &p->dev->e->woken);
	choice_fresh(p);
	choice_update(p);
	if (path_is_alive(p) != was_alive)
		path_count_alive(p, !was_alive);
}

void path_log(const struct path *p, enum log_level level, const char *text)
{
	char mac[MAC_TEXT];

	device_log(p->dev, level, "path to %s: %s",
	    mac_format(p->remote->mac, mac), text);
}

void path_news(const struct path *p, enum payload_news news)
{
	if (news == PAYLOAD_FELL)
		path_log(p, LOG_LEVEL_WARN,
		    "large frames get lost; using smaller ones");
	if (news == PAYLOAD_ROSE)
		path_log(p, LOG_LEVEL_INFO, "large frames pass again");
}
