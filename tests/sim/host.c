/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "aoe-user/core/pump.h"

#define BATCH 8u         /* frames pulled before the first result is given */
#define HOST_CHECK 1000u /* pumps between looks at the whole engine */

/* In front of every block, so that a wrong size at `put` is noticed. */
struct block {
	size_t size;
	uint64_t magic;
};

#define MAGIC 0x5a1dca7e5a1dca7eull

struct parked {
	struct list link;
	struct host_port *port;
	size_t len;
	uint8_t data[];
};

static void *host_get(void *ctx, size_t size)
{
	struct host *h = ctx;
	struct block *b;

	if (++h->gets == h->fail_at)
		return NULL;
	b = calloc(1, sizeof(*b) + size);
	if (!b)
		return NULL;
	b->size = size;
	b->magic = MAGIC;
	h->bytes += size;
	if (h->bytes > h->peak)
		h->peak = h->bytes;
	return b + 1;
}

static void host_put(void *ctx, void *p, size_t size)
{
	struct host *h = ctx;
	struct block *b = p;

	if (!p)
		return;
	b--;
	if (b->magic != MAGIC || b->size != size) {
		world_fail(h->w, "put of %zu bytes at a block of %zu", size,
		    b->magic == MAGIC ? b->size : 0);
		return;
	}
	h->bytes -= size;
	b->magic = 0;
	free(b);
}

static void host_sink(
    void *ctx, enum log_level level, const char *object, const char *text)
{
	struct host *h = ctx;

	if (level <= LOG_LEVEL_WARN)
		h->warnings++;
	if (level <= LOG_LEVEL_INFO)
		h->said++;
	snprintf(h->line[h->lines++ % HOST_LOG], HOST_LINE, "%s: %s",
	    object ? object : "-", text);
	world_note(h->w, "log %d %s: %s", level, object ? object : "-", text);
}

static void host_on_device(void *ctx, struct device *dev, unsigned events)
{
	struct host *h = ctx;

	if (!h->pumping)
		world_fail(h->w, "on_device outside of engine_reap");
	(void)dev;
	for (unsigned i = 0; i < HOST_EVENTS; i++)
		h->seen[i] += events >> i & 1;
}

static void host_on_room(void *ctx)
{
	struct host *h = ctx;
	struct list *node, *tmp;

	if (!h->pumping)
		world_fail(h->w, "on_room outside of engine_reap");
	list_each(node, tmp, &h->waiters) {
		struct host_waiter *w =
		    list_entry(node, struct host_waiter, link);

		w->room(w);
	}
}

static enum engine_tx_result verdict(
    const struct host_port *p, const struct engine_frame *f)
{
	size_t len = f->iov[0].iov_len + f->iov[1].iov_len;

	if (!p->up)
		return ENGINE_TX_PORT_DOWN;
	if (p->too_big && len > p->real_mtu + 14)
		return ENGINE_TX_TOO_BIG;
	return ENGINE_TX_SENT;
}

static void transmit(struct host_port *p, const struct engine_frame *f)
{
	uint8_t frame[NET_MTU_MAX + 64];
	size_t head = f->iov[0].iov_len, body = f->iov[1].iov_len;

	if (head > sizeof(frame) || body > sizeof(frame) - head) {
		world_fail(p->h->w, "frame of %zu + %zu bytes", head, body);
		return;
	}
	if (f->port != p->id)
		world_fail(p->h->w, "frame for port %u offered on port %u",
		    f->port, p->id);
	memcpy(frame, f->iov[0].iov_base, head);
	if (body)
		memcpy(frame + head, f->iov[1].iov_base, body);
	referee_tx(
	    &p->h->referee, p->id, p->net->mac, p->mtu, frame, head + body);
	net_send(p->net, frame, head + body, 0);
}

static void queue_full(struct host_port *p)
{
	struct world *w = p->h->w;

	p->full = true;
	p->h->agains++;
	event_at(&w->events, &p->ready,
	    world_now(w) + rng_between(&w->rng, NSEC_US, 500 * NSEC_US));
}

static struct host_port *port_of(struct host *h, unsigned id)
{
	for (unsigned i = 0; i < h->ports; i++)
		if (h->port[i].id == id)
			return &h->port[i];
	world_fail(h->w, "frame for port %u, which there is not", id);
	return NULL;
}

/* As sendmmsg() does it: from the first frame that does not fit, none went. */
static unsigned send_frames(void *ctx, unsigned port,
    struct engine_frame *const *f, unsigned n, enum engine_tx_result *why)
{
	struct host *h = ctx;
	struct host_port *p = port_of(h, port);

	for (unsigned i = 0; i < n; i++) {
		*why = p ? verdict(p, f[i]) : ENGINE_TX_PORT_DOWN;
		if (*why == ENGINE_TX_SENT && p->full)
			*why = ENGINE_TX_AGAIN;
		if (*why == ENGINE_TX_SENT &&
		    rng_chance(&h->w->rng, h->again)) {
			queue_full(p);
			*why = ENGINE_TX_AGAIN;
		}
		if (*why != ENGINE_TX_SENT)
			return i;
		transmit(p, f[i]);
	}
	return n;
}

static nsec_t send_time(void *ctx)
{
	const struct host *h = ctx;

	return world_now(h->w);
}

void host_pump(struct host *h)
{
	struct pump pump = {.ctx = h, .send = send_frames, .now = send_time};
	unsigned moved, turns = 0;

	if (h->pumping || h->paused || !h->e)
		return;
	h->pumping = true;
	do {
		pump.batch = (unsigned)rng_between(&h->w->rng, 1, BATCH);
		moved = pump_run(&pump, h->e);
		moved += engine_reap(h->e);
		if (++turns > 1000000) {
			world_fail(h->w, "the engine never rests");
			h->w->stuck = true;
		}
	} while (moved && !h->w->stuck);
	h->pumping = false;
	if (++h->pumps % HOST_CHECK == 0)
		engine_check(h->e);
	event_at(&h->w->events, &h->tick, engine_deadline(h->e));
}

static void host_tick(struct event *ev)
{
	struct host *h = container_of(ev, struct host, tick);

	if (h->paused)
		return;
	engine_tick(h->e, world_now(h->w));
	host_pump(h);
}

static void host_ready(struct event *ev)
{
	struct host_port *p = container_of(ev, struct host_port, ready);

	p->full = false;
	engine_port_writable(p->h->e, p->id, true);
	host_pump(p->h);
}

static void take(struct host_port *p, const uint8_t *frame, size_t len)
{
	referee_rx(&p->h->referee, p->id, frame, len);
	engine_rx(p->h->e, p->id, frame, len, world_now(p->h->w));
}

static void park(struct host_port *p, const uint8_t *frame, size_t len)
{
	struct parked *k = malloc(sizeof(*k) + len);

	if (!k)
		abort();
	k->port = p;
	k->len = len;
	memcpy(k->data, frame, len);
	list_append(&p->h->parked, &k->link);
}

static void unpark(struct host *h)
{
	while (!list_empty(&h->parked)) {
		struct parked *k = list_first(&h->parked, struct parked, link);

		list_del(&k->link);
		if (h->e)
			take(k->port, k->data, k->len);
		free(k);
	}
}

static void host_receive(
    struct net_sink *sink, const uint8_t *frame, size_t len)
{
	struct host_port *p = container_of(sink, struct host_port, sink);

	if (!p->h->e || p->gone)
		return;
	if (p->h->paused) {
		park(p, frame, len);
		return;
	}
	take(p, frame, len);
	host_pump(p->h);
}

void host_pause(struct host *h, bool paused)
{
	h->paused = paused;
	if (paused)
		return;
	/* What waits in the socket is read before timers fire. */
	unpark(h);
	engine_tick(h->e, world_now(h->w));
	host_pump(h);
}

static void host_destroy(struct owned *o)
{
	struct host *h = container_of(o, struct host, owned);

	host_stop(h);
	referee_fini(&h->referee);
	free(h);
}

struct host *host_try(struct world *w, const struct engine_config *config,
    uint64_t fail_at, int *error)
{
	struct host *h = calloc(1, sizeof(*h));

	if (!h)
		abort();
	h->w = w;
	h->fail_at = fail_at;
	if (config)
		h->config = *config;
	h->log = (struct log){LOG_LEVEL_DEBUG, host_sink, h};
	h->config.alloc = (struct engine_alloc){host_get, host_put, h};
	h->config.log = &h->log;
	h->config.seed = rng_u64(&w->rng);
	h->config.tag_prefix = HOST_PREFIX;
	h->config.ctx = h;
	h->config.on_device = host_on_device;
	h->config.on_room = host_on_room;
	list_init(&h->waiters);
	list_init(&h->parked);
	event_init(&h->tick, host_tick);
	referee_init(&h->referee, w, HOST_PREFIX, h->config.tag_bits);
	world_own(w, &h->owned, host_destroy);
	*error = engine_new(&h->e, &h->config, world_now(w));
	if (!*error)
		return h;
	h->e = NULL;
	CHECK_EQ(w, h->bytes, 0);
	return NULL;
}

struct host *host_new(struct world *w, const struct engine_config *config)
{
	int error;
	struct host *h = host_try(w, config, 0, &error);

	if (!h) {
		fprintf(stderr, "engine_new: %d\n", error);
		abort();
	}
	return h;
}

void host_stop(struct host *h)
{
	if (!h->e)
		return;
	for (unsigned i = 0; i < h->ports; i++) {
		net_detach(&h->port[i].sink);
		event_cancel(&h->w->events, &h->port[i].ready);
	}
	event_cancel(&h->w->events, &h->tick);
	engine_check(h->e);
	engine_free(h->e);
	h->e = NULL;
	unpark(h);
	CHECK_EQ(h->w, h->bytes, 0);
}

struct host_port *host_add_port(struct host *h, struct mac mac, unsigned mtu)
{
	struct host_port *p = &h->port[h->ports];

	if (h->ports == HOST_PORTS)
		abort();
	p->h = h;
	h->ports++;
	p->id = ++h->numbers + 1; /* as ifindex: not 0, not dense from 0 */
	p->net = net_port_new(&h->w->net, mac);
	p->sink.receive = host_receive;
	net_attach(p->net, &p->sink);
	event_init(&p->ready, host_ready);
	host_port_state(p, true, mtu);
	return p;
}

void host_port_state(struct host_port *p, bool up, unsigned mtu)
{
	int error;

	p->up = up;
	p->gone = false;
	p->mtu = mtu;
	if (!up)
		referee_down(&p->h->referee, p->id);
	error = engine_port_set(
	    p->h->e, p->id, p->net->mac, mtu, up, world_now(p->h->w));
	p->refused = error != 0;
	/* Memory runs out only when the scenario wants it to. */
	if (error != -ENOMEM || !p->h->fail_at)
		CHECK_EQ(p->h->w, error, 0);
	host_pump(p->h);
}

void host_port_remove(struct host_port *p)
{
	p->up = p->full = false;
	p->gone = true;
	event_cancel(&p->h->w->events, &p->ready);
	referee_down(&p->h->referee, p->id);
	engine_port_remove(p->h->e, p->id, world_now(p->h->w));
	host_pump(p->h);
}

void host_port_remake(struct host_port *p, bool anew)
{
	if (anew)
		p->id = ++p->h->numbers + 1;
	host_port_state(p, true, p->mtu);
}

struct wait {
	struct host *h;
	struct aoe_addr addr;
};

static bool device_up(void *ctx)
{
	struct wait *wait = ctx;
	struct device *dev = engine_find(wait->h->e, wait->addr);
	struct engine_device_info info;

	if (!dev)
		return false;
	engine_device_info(dev, &info);
	return info.state == ENGINE_DEVICE_UP;
}

struct device *host_wait(struct host *h, struct aoe_addr addr, nsec_t limit)
{
	struct wait wait = {h, addr};

	if (world_until(h->w, device_up, &wait, limit))
		return engine_find(h->e, addr);
	world_fail(h->w, "e%u.%u does not come up", addr.shelf, addr.slot);
	return NULL;
}

/* With mirrors the serial is anybody's. */
static void host_hold(struct host *h, struct device *dev)
{
	struct engine_device_info info;

	engine_device_info(dev, &info);
	if (!h->config.ignore_serial)
		referee_hold(&h->referee, info.addr, info.identify);
}

struct opening {
	struct host *h;
	struct device *dev;
	int error;
};

/* It is too early while another disk may still show up for the address. */
static bool opened(void *ctx)
{
	struct opening *o = ctx;

	o->error = engine_open(o->h->e, o->dev);
	return o->error != -EAGAIN;
}

struct device *host_open(struct host *h, struct aoe_addr addr)
{
	struct opening o = {.h = h};

	/* As whoever opens by name does: it is asked for until it answers. */
	CHECK_EQ(h->w, engine_expect(h->e, addr, world_now(h->w)), 0);
	host_pump(h);
	o.dev = host_wait(h, addr, 30 * NSEC_SEC);
	if (!o.dev)
		return NULL;
	world_until(h->w, opened, &o, 2 * NSEC_SEC);
	if (!CHECK_EQ(h->w, o.error, 0))
		return NULL;
	host_hold(h, o.dev);
	return o.dev;
}

bool host_logged(const struct host *h, const char *text)
{
	for (unsigned i = 0; i < HOST_LOG; i++)
		if (strstr(h->line[i], text))
			return true;
	return false;
}

unsigned host_seen(const struct host *h, enum engine_event event)
{
	for (unsigned i = 0; i < HOST_EVENTS; i++)
		if (event == 1u << i)
			return h->seen[i];
	return 0;
}
