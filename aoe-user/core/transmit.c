/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/transmit.h"
#include <errno.h>
#include "aoe-user/core/ask.h"
#include "aoe-user/core/flight.h"
#include "aoe-user/core/flush.h"
#include "aoe-user/core/life.h"
#include "aoe-user/core/request_run.h"
#include "aoe-user/core/setting.h"
#include "aoe-user/core/state.h"

static struct wire_header transmit_header(const struct port *port,
    struct mac dst, struct aoe_addr addr, uint8_t command, uint32_t tag)
{
	return (struct wire_header){
	    .dst = dst,
	    .src = port->mac,
	    .version = WIRE_VERSION,
	    .addr = addr,
	    .command = command,
	    .tag = tag,
	};
}

/* ---- queries ---- */

static struct engine_frame *transmit_query(struct engine *e, struct port *port)
{
	struct wire_config read = {.ccmd = WIRE_CONFIG_READ};
	struct wire_header h;
	size_t len;

	if (port->query_offered)
		return NULL;
	if (port->query_due) {
		port->query_due = false;
		port->query_addr = (struct aoe_addr){
		    .shelf = ADDR_SHELF_ALL, .slot = ADDR_SLOT_ALL};
	} else if (port->expects > 0) {
		port->query_addr = port->expect[--port->expects];
	} else {
		return NULL;
	}
	h = transmit_header(port, mac_broadcast, port->query_addr, WIRE_CONFIG,
	    copy_tag(&e->copies));
	len = wire_put_config(
	    port->query_header, sizeof(port->query_header), &h, &read);
	port->query = (struct engine_frame){
	    .iov[0] = {port->query_header, wire_pad(port->query_header, len)},
	    .port = port->id,
	    .query = true,
	};
	port->query_offered = true;
	return &port->query;
}

static void transmit_query_result(struct engine *e, struct port *port,
    enum engine_tx_result result, nsec_t now)
{
	port->query_offered = false;
	if (result == ENGINE_TX_SENT) {
		e->stats.queries++;
		return;
	}
	if (port->query_addr.shelf == ADDR_SHELF_ALL)
		port->query_due = true;
	else if (port->expects < PORT_EXPECT_MAX)
		port->expect[port->expects++] = port->query_addr;
	if (result == ENGINE_TX_AGAIN)
		port->blocked = true;
	else
		transmit_port_down(e, port, now);
}

/* ---- copies ---- */

static void transmit_frame(
    struct copy *c, size_t header, const void *data, size_t len)
{
	c->frame.port = c->path->port->id;
	if (len == 0)
		header = wire_pad(c->header, header);
	c->frame.iov[0] = (struct iovec){c->header, header};
	c->frame.iov[1] = (struct iovec){(void *)(uintptr_t)data, len};
}

static void transmit_put_ata(
    struct copy *c, const struct wire_ata *ata, const void *data, size_t len)
{
	struct wire_header h = transmit_header(c->path->port,
	    c->path->remote->mac, c->dev->addr, WIRE_ATA, c->tag);
	size_t header = wire_put_ata(c->header, sizeof(c->header), &h, ata);

	c->opcode = ata->command;
	transmit_frame(c, header, data, len);
}

static void transmit_put_config(struct copy *c)
{
	struct wire_config read = {.ccmd = WIRE_CONFIG_READ};
	struct wire_header h = transmit_header(c->path->port,
	    c->path->remote->mac, c->dev->addr, WIRE_CONFIG, c->tag);

	transmit_frame(c,
	    wire_put_config(c->header, sizeof(c->header), &h, &read), NULL, 0);
}

/* A string that fits in there travels in the header's buffer, and is padded. */
static void transmit_put_setting(struct copy *c)
{
	struct wire_config set = {.ccmd = WIRE_CONFIG_FORCE,
	    .string = c->rq->buf,
	    .string_len = c->rq->length};
	struct wire_header h = transmit_header(c->path->port,
	    c->path->remote->mac, c->dev->addr, WIRE_CONFIG, c->tag);
	size_t len = wire_put_config(c->header, sizeof(c->header), &h, &set);

	if (len != 0) {
		transmit_frame(c, len, NULL, 0);
		return;
	}
	set.string = NULL;
	len = wire_put_config(c->header, sizeof(c->header), &h, &set);
	transmit_frame(c, len, c->rq->buf, c->rq->length);
}

static struct engine_frame *transmit_control(
    struct engine *e, struct port *port)
{
	struct wire_ata ata = {0};
	struct path *p;
	struct copy *c;
	bool config;

	if (list_empty(&port->control))
		return NULL;
	p = list_first(&port->control, struct path, control_link);
	/* Both or none: paths asked by half would wait for each other. */
	if (!copy_control_room(&e->copies, p->offer == PATH_NEED_BOTH ? 2 : 1))
		return NULL;
	config = p->offer & PATH_NEED_CONFIG;
	c = flight_ask(p, config ? COPY_CONFIG : COPY_IDENTIFY);
	if (c == NULL)
		return NULL;
	if (config) {
		p->offer &= ~PATH_NEED_CONFIG;
		transmit_put_config(c);
	} else {
		p->offer &= ~PATH_NEED_IDENTIFY;
		ata_put_identify(&ata);
		transmit_put_ata(c, &ata, NULL, 0);
	}
	if (p->offer == 0)
		list_del(&p->control_link);
	return &c->frame;
}

static void transmit_put_flush(struct copy *c)
{
	struct wire_ata ata = {0};

	c->flush_seq = c->dev->write_seq;
	ata_put_flush(&ata, flush_opcode(c->path->remote) == ATA_FLUSH_EXT);
	transmit_put_ata(c, &ata, NULL, 0);
}

static void transmit_put_transfer(struct copy *c, const uint8_t *mem)
{
	bool write = c->kind == COPY_WRITE;
	struct wire_ata ata = {0};

	ata_put_transfer(&ata, write, c->dev->id.lba48, c->lba, c->count);
	transmit_put_ata(c, &ata, write ? mem : NULL,
	    write ? (size_t)c->count * WIRE_SECTOR : 0);
}

static struct copy *transmit_slice(struct path *p, struct slice *s, nsec_t now)
{
	enum copy_kind kind = request_kind(s->rq);
	struct copy *c = flight_offer(p, s, kind, now);

	if (c == NULL)
		return NULL;
	if (kind == COPY_FLUSH)
		transmit_put_flush(c);
	else if (kind == COPY_SETTING)
		transmit_put_setting(c);
	else
		transmit_put_transfer(c, s->mem);
	return c;
}

/* What one more frame would have to wait for on that path, about. */
static uint64_t transmit_delay(const struct path *p)
{
	return (p->rtt.srtt / 1000 + 1) * (p->inflight + 1);
}

/*
 * The best path for the next frame over all ports, or NULL. `remote` restricts
 * it (an errand). A probe may exceed the window of a path that has credit.
 */
static struct path *transmit_choose(
    struct device *dev, const struct remote *remote, bool probe, nsec_t now)
{
	struct path *p, *best = NULL;
	struct list *l;

	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		p = list_entry(l, struct path, dev_link);
		if (remote != NULL && p->remote != remote)
			continue;
		if (!life_usable(p, now) || p->port->blocked)
			continue;
		if (remote == NULL && !path_has_room(p) &&
		    !(probe && p->probe_credit))
			continue;
		if (best == NULL || transmit_delay(p) < transmit_delay(best))
			best = p;
	}
	return best;
}

/* A flush may be sent without end, for that it gives up an older copy. */
static bool transmit_forget(struct slice *s)
{
	return request_kind(s->rq) == COPY_FLUSH && flight_forget(s);
}

/* A queued slice on this port; smaller first when the path carries less. */
static struct copy *transmit_queued(
    struct device *dev, struct port *port, nsec_t now)
{
	struct engine *e = dev->e;
	struct remote *remote;
	struct list *l, *tmp;
	struct slice *s, *rest;
	struct path *p;
	unsigned most;

	list_each(l, tmp, &dev->resend) {
		s = list_entry(l, struct slice, queue);
		remote = s->remote;
		p = transmit_choose(dev, remote, s->probe, now);
		if (p == NULL || p->port != port)
			continue;
		if (s->copies >= SLICE_COPIES_MAX && !transmit_forget(s))
			continue;
		if (s->rq->op == AOE_SET_CONFIG &&
		    !setting_fits(s->rq, port->mtu)) {
			request_finish(s->rq, -EMSGSIZE, now);
			return NULL;
		}
		most = remote != NULL
			   ? s->count
			   : path_payload(p, request_kind(s->rq), now);
		if (s->count > most) {
			if (slice_split(&e->slices, s, most) < 0)
				continue;
			rest = list_entry(s->link.next, struct slice, link);
			list_insert(&s->queue, &rest->queue);
		}
		if (s->probe)
			p->probe_credit = false;
		return transmit_slice(p, s, now);
	}
	return NULL;
}

static struct copy *transmit_new(
    struct device *dev, struct port *port, nsec_t now)
{
	struct path *p = transmit_choose(dev, NULL, false, now);
	struct aoe_request *rq;
	struct slice *s;
	struct copy *c;

	if (p == NULL || p->port != port)
		return NULL;
	rq = list_first(&dev->ready, struct aoe_request, s.ready);
	s = slice_cut(
	    &dev->e->slices, rq, path_payload(p, request_kind(rq), now));
	if (s == NULL)
		return NULL;
	if (!slice_uncut(rq))
		list_del(&rq->s.ready);
	c = transmit_slice(p, s, now);
	if (c == NULL) /* no frame free: it keeps its turn */
		device_resend(dev, s);
	return c;
}

static struct engine_frame *transmit_data(
    struct engine *e, struct port *port, nsec_t now)
{
	struct list *l, *tmp;
	struct device *dev;
	struct copy *c;

	list_each(l, tmp, &e->active) {
		dev = list_entry(l, struct device, active_link);
		if (dev->admit)
			request_admit(dev, now);
		if (device_is_idle(dev) && !dev->admit) {
			list_del(l);
			continue;
		}
		/* A dead disk with a long queue must not slow the others. */
		if (!dev->up || !copy_has_room(&e->copies, dev))
			continue;
		c = NULL;
		if (!list_empty(&dev->resend))
			c = transmit_queued(dev, port, now);
		if (c == NULL && !list_empty(&dev->ready))
			c = transmit_new(dev, port, now);
		if (c == NULL)
			continue;
		list_del(l);
		list_append(&e->active, l);
		return &c->frame;
	}
	return NULL;
}

struct engine_frame *transmit_next(
    struct engine *e, struct port *port, nsec_t now)
{
	struct engine_frame *f;

	if (!port->up)
		return NULL;
	port->blocked = false;
	f = transmit_query(e, port);
	if (f == NULL)
		f = transmit_control(e, port);
	if (f == NULL)
		f = transmit_data(e, port, now);
	return f;
}

/* ---- results ---- */

static void transmit_undo(struct copy *c, nsec_t now)
{
	struct path *p = c->path;

	if (copy_is_control(c)) {
		p->offer |= c->kind == COPY_CONFIG ? PATH_NEED_CONFIG
						   : PATH_NEED_IDENTIFY;
		if (list_empty(&p->control_link))
			list_append(&p->port->control, &p->control_link);
	}
	flight_unsent(c, now);
}

void transmit_port_down(struct engine *e, struct port *port, nsec_t now)
{
	struct list *l, *tmp;
	struct path *p;
	unsigned i;

	port->up = false;
	for (i = 0; i < e->device_count; i++) {
		list_each(l, tmp, &e->devices[i]->paths) {
			p = list_entry(l, struct path, dev_link);
			if (p->port == port)
				life_down(p, now);
		}
	}
}

static void transmit_too_big(struct path *p, const struct copy *c)
{
	p->limit = MAX(c->count / 2, 1u);
	path_log(
	    p, LOG_LEVEL_WARN, "frames do not fit the port's MTU; smaller");
}

void transmit_result(struct engine *e, struct engine_frame *frame,
    enum engine_tx_result result, nsec_t now)
{
	struct aoe_request *rq;
	struct copy *c;
	struct path *p;
	bool setting;

	if (result == ENGINE_TX_AGAIN)
		e->stats.tx_again++;
	if (frame->query) {
		transmit_query_result(
		    e, container_of(frame, struct port, query), result, now);
		return;
	}
	c = container_of(frame, struct copy, frame);
	p = c->path;
	if (result == ENGINE_TX_SENT) {
		flight_sent(c, now);
		if (copy_is_control(c))
			ask_sent(p, now);
		return;
	}
	if (result == ENGINE_TX_AGAIN)
		p->port->blocked = true;
	rq = c->rq;
	setting = c->kind == COPY_SETTING;
	if (result == ENGINE_TX_TOO_BIG && c->count > 1)
		transmit_too_big(p, c);
	else if (result == ENGINE_TX_TOO_BIG && !setting)
		result = ENGINE_TX_PORT_DOWN;
	transmit_undo(c, now);
	if (result == ENGINE_TX_TOO_BIG && setting)
		request_finish(rq, -EMSGSIZE, now);
	if (result == ENGINE_TX_PORT_DOWN)
		transmit_port_down(e, p->port, now);
}
