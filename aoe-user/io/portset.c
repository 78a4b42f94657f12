/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/io/portset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "aoe-user/io/clock.h"

static struct netport *port_of(struct list *l)
{
	return list_entry(l, struct netport, link);
}

int portset_init(struct portset *s, struct engine *engine, int epoll,
    unsigned prefix, size_t ring_bytes, const struct log *log)
{
	*s = (struct portset){
	    .engine = engine,
	    .log = log,
	    .ring_bytes = ring_bytes,
	    .epoll = epoll,
	    .all = true,
	};
	list_init(&s->ports);
	list_init(&s->waiting);
	for (unsigned i = 0; i < PORTSET_PLACES; i++)
		list_init(&s->by_index[i]);
	return filter_compile(&s->filter, prefix);
}

void portset_drop(struct portset *s, struct netport *p)
{
	epoll_ctl(s->epoll, EPOLL_CTL_DEL, p->fd, NULL);
	list_del(&p->link);
	list_del(&p->by_index);
	list_del(&p->waiting);
	s->slots -= p->slots;
	netport_fini(p);
	free(p);
}

void portset_fini(struct portset *s)
{
	struct list *l, *tmp;

	if (!s->engine)
		return;
	list_each(l, tmp, &s->ports)
		portset_drop(s, port_of(l));
	s->engine = NULL;
}

int portset_add(struct portset *s, int fd, struct netport **out)
{
	struct epoll_event ev = {.events = EPOLLIN};
	struct netport *p;
	int ret;

	if (fd < 0)
		return fd;
	p = calloc(1, sizeof(*p));
	if (!p) {
		close(fd);
		return -ENOMEM;
	}
	netport_init(p, fd, s->log);
	p->events = ev.events;
	ev.data.ptr = p;
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev)) {
		ret = -errno;
		netport_fini(p);
		free(p);
		return ret;
	}
	list_append(&s->ports, &p->link);
	*out = p;
	return 0;
}

struct netport *portset_named(const struct portset *s, const char *name)
{
	struct list *l, *tmp;

	list_each(l, tmp, &s->ports) {
		if (!strcmp(port_of(l)->wanted, name))
			return port_of(l);
	}
	return NULL;
}

int portset_add_name(struct portset *s, const char *name)
{
	struct netport *p = NULL;
	int ret;

	if (!name[0] || strlen(name) >= sizeof(p->wanted))
		return -EINVAL;
	s->all = false;
	if (portset_named(s, name))
		return 0;
	ret = portset_add(s, netport_socket(&s->filter), &p);
	if (ret)
		return ret;
	snprintf(p->wanted, sizeof(p->wanted), "%s", name);
	snprintf(p->name, sizeof(p->name), "%s", name);
	return 0;
}

int portset_add_fd(struct portset *s, int fd, unsigned ifindex)
{
	struct netport *p = NULL;
	int ret;

	s->all = false;
	ret = portset_add(s, fd, &p);
	if (ret)
		return ret;
	p->ifindex = ifindex;
	portset_note(s, p);
	/* Until the link monitor tells the name. */
	snprintf(p->name, sizeof(p->name), "#%u", ifindex);
	return 0;
}

/* 0 unless none of the interfaces that are there has a ring. */
static int portset_check_deaf(const struct portset *s, char *why, size_t size)
{
	const struct netport *deaf = NULL;
	struct list *l, *tmp;

	list_each(l, tmp, &s->ports) {
		const struct netport *p = port_of(l);

		if (p->ifindex && !p->deaf)
			return 0;
		if (p->deaf)
			deaf = p;
	}
	if (!deaf)
		return 0;
	snprintf(why, size, "%s: cannot listen: %s", deaf->name,
	    strerror(-deaf->deaf));
	return deaf->deaf;
}

static int portset_check_all(const struct portset *s, char *why, size_t size)
{
	if (!list_empty(&s->ports))
		return portset_check_deaf(s, why, size);
	if (s->sealed)
		return -EPERM;
	if (s->idle[0]) {
		snprintf(why, size,
		    "%s is down and there is no other Ethernet interface; "
		    "try: ip link set %s up",
		    s->idle, s->idle);
		return -ENETDOWN;
	}
	snprintf(why, size, "no Ethernet interface here (see: ip link)");
	return -ENODEV;
}

/* Nothing but ports that cannot work: says why the first of them cannot. */
static int portset_check_none(const struct netport *p, char *why, size_t size)
{
	if (p->ifindex && p->unsuitable)
		snprintf(why, size, "%s: cannot be used: it is %s", p->name,
		    p->unsuitable);
	else if (!p->ifindex)
		snprintf(
		    why, size, "%s: no such interface (see: ip link)", p->name);
	else
		snprintf(why, size, "%s: is down; try: ip link set %s up",
		    p->name, p->name);
	return p->ifindex && !p->unsuitable ? -ENETDOWN : -ENODEV;
}

static void portset_warn(const struct portset *s, const struct netport *p)
{
	if (!p->ifindex)
		log_msg(s->log, LOG_LEVEL_WARN, p->name,
		    "no such interface yet; waiting for it");
	else if (p->unsuitable)
		log_msg(s->log, LOG_LEVEL_WARN, p->name, "not used: it is %s",
		    p->unsuitable);
	else if (!p->up)
		log_msg(s->log, LOG_LEVEL_WARN, p->name, "%s",
		    p->enabled ? "has no carrier" : "is down");
}

int portset_check(struct portset *s, char *why, size_t size)
{
	unsigned usable = 0, enabled = 0, count = 0;
	struct list *l, *tmp;

	if (s->all)
		return portset_check_all(s, why, size);
	list_each(l, tmp, &s->ports) {
		const struct netport *p = port_of(l);

		count++;
		usable += p->ifindex && !p->unsuitable;
		enabled += p->enabled;
	}
	/* One that is down may come up; the only one had better be up now. */
	if (!usable || (count == 1 && !enabled))
		return portset_check_none(port_of(s->ports.next), why, size);
	list_each(l, tmp, &s->ports)
		portset_warn(s, port_of(l));
	return portset_check_deaf(s, why, size);
}

struct sending {
	struct portset *set;
	struct capture *capture;
};

static unsigned portset_send_frames(void *ctx, unsigned port,
    struct engine_frame *const *frame, unsigned n, enum engine_tx_result *why)
{
	struct sending *sending = ctx;
	struct netport *p = portset_find(sending->set, port);
	unsigned sent;

	*why = ENGINE_TX_PORT_DOWN;
	if (!p)
		return 0;
	sent = netport_send(p, frame, n, sending->capture, why);
	portset_note(sending->set, p);
	return sent;
}

static nsec_t portset_now(void *ctx)
{
	(void)ctx;
	return clock_now();
}

void portset_send(struct portset *s, struct capture *c)
{
	struct sending sending = {s, c};
	struct pump pump = {
	    .ctx = &sending,
	    .send = portset_send_frames,
	    .now = portset_now,
	    .batch = PUMP_BATCH,
	};

	pump_run(&pump, s->engine);
}

void portset_writable(struct portset *s, struct netport *p)
{
	p->blocked = false;
	engine_port_writable(s->engine, p->ifindex, true);
	portset_note(s, p);
}

static void portset_watch(struct portset *s, struct netport *p)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = p};

	if (p->blocked)
		ev.events |= EPOLLOUT;
	if (ev.events == p->events)
		return;
	p->events = ev.events;
	epoll_ctl(s->epoll, EPOLL_CTL_MOD, p->fd, &ev);
}

void portset_note(struct portset *s, struct netport *p)
{
	list_del(&p->by_index);
	if (p->ifindex)
		list_push(
		    &s->by_index[p->ifindex % PORTSET_PLACES], &p->by_index);
	list_del(&p->waiting);
	if (p->retry_at != NSEC_NEVER)
		list_push(&s->waiting, &p->waiting);
	s->slots -= p->slots;
	p->slots = ring_slots(&p->ring);
	s->slots += p->slots;
	portset_watch(s, p);
}

struct netport *portset_nth(const struct portset *s, unsigned n)
{
	struct list *l, *tmp;

	list_each(l, tmp, &s->ports) {
		if (s->all && !port_of(l)->ifindex)
			continue; /* a spare */
		if (!n--)
			return port_of(l);
	}
	return NULL;
}

struct netport *portset_find(const struct portset *s, unsigned ifindex)
{
	const struct list *place = &s->by_index[ifindex % PORTSET_PLACES];

	for (const struct list *l = place->next; l != place; l = l->next) {
		struct netport *p = list_entry(l, struct netport, by_index);

		if (p->ifindex == ifindex)
			return p;
	}
	return NULL;
}
