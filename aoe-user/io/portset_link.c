/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the portset does when interfaces come, change and go. */
#include "aoe-user/io/portset.h"

#include <errno.h>
#include <stdio.h>
#include "aoe-user/io/clock.h"

/* The interface behind the port exists no more, or cannot be used any more. */
static void portset_lose(struct portset *s, struct netport *p)
{
	engine_port_remove(s->engine, p->ifindex, clock_now());
	netport_detach(p);
	p->enabled = false;
	p->unsuitable = NULL;
	portset_note(s, p);
}

/*
 * The port of an interface that is gone. It serves the next one, which may be
 * the same made again: without privilege there is no new socket.
 */
static struct netport *portset_spare(struct portset *s)
{
	struct list *l, *tmp;

	list_each(l, tmp, &s->ports) {
		struct netport *p = list_entry(l, struct netport, link);

		if (p->ifindex)
			continue;
		p->rx_frames = p->tx_frames = p->rx_dropped = p->tx_errors = 0;
		return p;
	}
	return NULL;
}

static struct netport *portset_adopt(struct portset *s, const struct link *l)
{
	struct netport *p = portset_spare(s);
	int ret;

	if (p || s->sealed)
		return p;
	ret = portset_add(s, netport_socket(&s->filter), &p);
	s->sealed = ret == -EPERM;
	/* Without a single port the client will not start, and says why. */
	if (ret && !(s->sealed && list_empty(&s->ports)))
		log_msg(s->log, LOG_LEVEL_WARN, l->name, "cannot be opened: %s",
		    strerror(-ret));
	return p;
}

/* The port for this interface: there already, waiting for it, or made now. */
static struct netport *portset_for(struct portset *s, const struct link *l)
{
	struct netport *p = portset_find(s, l->index);

	if (p)
		return p;
	if (!s->all) {
		p = portset_named(s, l->name);
		return p && !p->ifindex ? p : NULL;
	}
	if (link_unsuitable(l))
		return NULL;
	if (!link_is_up(l)) {
		snprintf(s->idle, sizeof(s->idle), "%s", l->name);
		return NULL;
	}
	return portset_adopt(s, l);
}

static void portset_log(
    const struct portset *s, const struct netport *p, const struct link *l)
{
	bool up = link_carrier(l) && !link_unsuitable(l);

	if (p->ifindex && p->mtu && strcmp(p->name, l->name))
		log_msg(s->log, LOG_LEVEL_INFO, l->name, "was %s", p->name);
	if (up && !p->ready)
		log_msg(s->log, LOG_LEVEL_INFO, l->name, "up, MTU %u", l->mtu);
	else if (up && p->mtu != l->mtu)
		log_msg(s->log, LOG_LEVEL_INFO, l->name, "MTU %u", l->mtu);
	else if (!up && p->ready && link_unsuitable(l))
		log_msg(s->log, LOG_LEVEL_WARN, l->name, "is now %s",
		    link_unsuitable(l));
	else if (!up && p->ready)
		log_msg(s->log, LOG_LEVEL_WARN, l->name,
		    link_is_up(l) ? "lost its carrier" : "went down");
}

void portset_link(struct portset *s, const struct link *l)
{
	const char *unsuitable = link_unsuitable(l);
	struct netport *p = portset_for(s, l);
	bool fits;

	if (!p)
		return;
	p->seen = true;
	portset_log(s, p, l);
	if (s->all && unsuitable) {
		portset_lose(s, p);
		portset_drop(s, p);
		return;
	}
	/* With the same MTU a deaf port waits until it is time to try again. */
	fits = p->ifindex == l->index &&
	       (p->deaf ? p->mtu == l->mtu : ring_fits(&p->ring, l->mtu));
	if (!mac_equal(p->mac, l->mac) || p->mtu != l->mtu)
		p->told = false;
	snprintf(p->name, sizeof(p->name), "%s", l->name);
	if (!s->all && !p->wanted[0])
		snprintf(p->wanted, sizeof(p->wanted), "%s", l->name);
	p->mac = l->mac;
	p->mtu = l->mtu;
	p->enabled = link_is_up(l);
	p->unsuitable = unsuitable;
	p->ready = link_carrier(l) && !unsuitable;
	if (!fits)
		portset_listen(s, p, l->index, clock_now());
	portset_judge(s, p, clock_now());
	portset_note(s, p);
}

void portset_gone(struct portset *s, unsigned index)
{
	struct netport *p = portset_find(s, index);

	if (!p)
		return;
	log_msg(s->log, LOG_LEVEL_WARN, p->name, "the interface is gone");
	portset_lose(s, p);
}

void portset_dump(struct portset *s, bool complete)
{
	struct list *l, *tmp;

	list_each(l, tmp, &s->ports) {
		struct netport *p = list_entry(l, struct netport, link);

		if (!complete)
			p->seen = false;
		else if (p->ifindex && !p->seen)
			portset_gone(s, p->ifindex);
	}
}
