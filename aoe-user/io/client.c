/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/io/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>
#include "aoe-user/io/claim.h"

#define RING_BYTES (4u << 20)
/* More jumbo answers than this at once would not fit in it. */
#define CLIENT_WINDOW 256u

static void *memory_get(void *ctx, size_t size)
{
	(void)ctx;
	return calloc(1, size);
}

static void memory_put(void *ctx, void *p, size_t size)
{
	(void)ctx;
	(void)size;
	free(p);
}

static bool client_want(void *ctx, struct aoe_addr addr)
{
	const struct aoe *a = ctx;

	for (size_t i = 0; i < a->only_count; i++)
		if (addr_match(a->only[i], addr))
			return true;
	return !a->only_count;
}

static void client_on_device(void *ctx, struct device *dev, unsigned events)
{
	const struct aoe *a = ctx;

	if (a->on_device)
		a->on_device(a->ctx, dev, events);
}

static void client_on_room(void *ctx)
{
	const struct aoe *a = ctx;

	if (a->on_room)
		a->on_room(a->ctx);
}

static void client_on_link(void *ctx, const struct link *l)
{
	struct aoe *a = ctx;

	portset_link(&a->ports, l);
}

static void client_on_gone(void *ctx, unsigned index)
{
	struct aoe *a = ctx;

	portset_gone(&a->ports, index);
}

static void client_on_dump(void *ctx, bool complete)
{
	struct aoe *a = ctx;

	portset_dump(&a->ports, complete);
}

static int client_watch(struct aoe *a, int fd, void *key)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = key};

	return epoll_ctl(a->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static int client_descriptors(struct aoe *a)
{
	int ret;

	a->epoll = epoll_create1(EPOLL_CLOEXEC);
	a->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (a->epoll < 0 || a->wake < 0)
		return -errno;
	ret = clock_timer_init(&a->timer);
	if (!ret)
		ret = client_watch(a, a->timer.fd, &a->timer);
	if (!ret)
		ret = client_watch(a, a->wake, &a->wake);
	return ret;
}

/* With every prefix taken, sharing one still works: tags are also random. */
static int client_prefix(struct aoe *a, const struct aoe_options *o)
{
	unsigned start;

	if (o->tag_prefix < 0 || o->tag_prefix > (int)CLAIM_PREFIX_MAX)
		return -EINVAL;
	a->tag_prefix = (unsigned)o->tag_prefix;
	if (a->tag_prefix)
		return 0;
	if (getrandom(&start, sizeof(start), 0) != sizeof(start))
		return -errno;
	a->prefix_claim = claim_tag_prefix(start, &a->tag_prefix);
	if (a->prefix_claim >= 0)
		return 0;
	a->tag_prefix = 1 + start % CLAIM_PREFIX_MAX;
	log_msg(a->log, LOG_LEVEL_WARN, NULL,
	    "no tag prefix can be reserved (%s); sharing number %u with "
	    "another process on this host",
	    strerror(-a->prefix_claim), a->tag_prefix);
	return 0;
}

/* Whoever names one address and a serial number wants that disk or none. */
static bool client_single(const struct aoe_options *o)
{
	return o->only_count == 1 && addr_is_device(o->only[0]);
}

static int client_engine(struct aoe *a, const struct aoe_options *o)
{
	struct engine_config config = {
	    .alloc = {memory_get, memory_put, NULL},
	    .log = a->log,
	    .tag_prefix = (uint8_t)a->tag_prefix,
	    .max_requests = o->max_requests,
	    .max_window = o->max_window ? o->max_window : CLIENT_WINDOW,
	    .dead_time = o->dead_time,
	    .late_copy = aoe_late_copy(o),
	    .discover_period = o->discover_period,
	    .allow_unset = o->allow_unset,
	    .ignore_serial = o->ignore_serial,
	    .strict_flush = o->strict_flush,
	    .serials = o->serials,
	    .serial_count = o->serial_count,
	    .only_serials = o->serial_count && client_single(o),
	    .ctx = a,
	    .want = client_want,
	    .on_device = client_on_device,
	    .on_room = client_on_room,
	};

	if (getrandom(&config.seed, sizeof(config.seed), 0) !=
	    sizeof(config.seed))
		return -errno;
	return engine_new(&a->engine, &config, clock_now());
}

static int client_ports(struct aoe *a, const struct aoe_options *o)
{
	int ret;

	ret = portset_init(&a->ports, a->engine, a->epoll, a->tag_prefix,
	    o->ring_bytes ? o->ring_bytes : RING_BYTES, a->log);
	for (size_t i = 0; !ret && i < o->port_count; i++)
		ret = portset_add_fd(
		    &a->ports, o->ports[i].fd, o->ports[i].ifindex);
	for (size_t i = 0; !ret && !o->port_count && i < o->interface_count;
	     i++)
		ret = portset_add_name(&a->ports, o->interfaces[i]);
	return ret;
}

static int client_links(struct aoe *a, char *why)
{
	int ret;

	a->links.ctx = a;
	a->links.on_link = client_on_link;
	a->links.on_gone = client_on_gone;
	a->links.on_dump = client_on_dump;
	ret = linkmon_open(&a->links);
	if (!ret)
		ret = client_watch(a, linkmon_fd(&a->links), &a->links);
	if (!ret)
		ret = portset_check(&a->ports, why, AOE_WHY);
	return ret;
}

static int client_capture(struct aoe *a, const struct aoe_options *o, char *why)
{
	int ret;

	if (!o->capture)
		return 0;
	ret = capture_open(&a->capture, o->capture, o->capture_limit, a->log);
	if (ret)
		snprintf(why, AOE_WHY, "%s: cannot write the capture: %s",
		    o->capture, strerror(-ret));
	return ret;
}

static int client_only(struct aoe *a, const struct aoe_options *o)
{
	if (!o->only_count)
		return 0;
	a->only = calloc(o->only_count, sizeof(*a->only));
	if (!a->only)
		return -ENOMEM;
	memcpy(a->only, o->only, o->only_count * sizeof(*a->only));
	a->only_count = o->only_count;
	return 0;
}

static int client_start(struct aoe *a, const struct aoe_options *o, char *why)
{
	int ret = client_only(a, o);

	if (!ret)
		ret = client_descriptors(a);
	if (!ret)
		ret = client_prefix(a, o);
	if (!ret)
		ret = client_capture(a, o, why);
	if (!ret)
		ret = client_engine(a, o);
	if (!ret)
		ret = client_ports(a, o);
	if (!ret)
		ret = client_links(a, why);
	if (ret == -EPERM && !why[0])
		snprintf(why, AOE_WHY,
		    "raw Ethernet needs CAP_NET_RAW: run as root, or `setcap "
		    "cap_net_raw+ep` on the program, or `--cap-add NET_RAW` "
		    "for a container");
	else if (ret && !why[0])
		snprintf(why, AOE_WHY, "cannot start: %s", strerror(-ret));
	return ret;
}

/* Callers built with other versions of the struct: newer fields must be 0. */
static int client_options(
    struct aoe_options *to, const struct aoe_options *from)
{
	const uint8_t *bytes = (const void *)from;

	*to = (struct aoe_options){.size = sizeof(*to)};
	if (!from)
		return 0;
	for (size_t i = sizeof(*to); i < from->size; i++)
		if (bytes[i])
			return -EINVAL;
	if (from->size < sizeof(from->size))
		return -EINVAL;
	memcpy(to, from, MIN(from->size, sizeof(*to)));
	return 0;
}

int aoe_new(struct aoe **out, const struct aoe_options *options, char *why)
{
	struct aoe_options o;
	struct aoe *a;
	int ret;

	why[0] = '\0';
	ret = client_options(&o, options);
	a = ret ? NULL : calloc(1, sizeof(*a));
	if (!a) {
		snprintf(why, AOE_WHY, "cannot start: %s",
		    ret ? "options of another version" : "out of memory");
		return ret ? ret : -ENOMEM;
	}
	a->epoll = a->wake = a->timer.fd = a->prefix_claim = -1;
	a->log = o.log;
	a->ctx = o.ctx;
	a->serials = o.serials;
	a->serial_count = o.serial_count;
	a->on_device = o.on_device;
	a->on_room = o.on_room;
	writer_init(&a->writers, o.shared);
	ret = client_start(a, &o, why);
	if (ret) {
		aoe_free(a);
		return ret;
	}
	/* Whatever the first list of links made ready leaves now. */
	aoe_flush_tx(a);
	*out = a;
	return 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void aoe_free(struct aoe *a)
{
	if (!a)
		return;
	if (a->engine) {
		engine_quiesce(a->engine, clock_now());
		while (engine_reap(a->engine))
			;
	}
	linkmon_close(&a->links);
	portset_fini(&a->ports);
	engine_free(a->engine);
	capture_close(a->capture);
	writer_fini(&a->writers);
	clock_timer_fini(&a->timer);
	close_fd(a->prefix_claim);
	close_fd(a->wake);
	close_fd(a->epoll);
	free(a->only);
	free(a);
}
