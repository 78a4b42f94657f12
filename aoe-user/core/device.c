/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/device.h"
#include <assert.h>
#include <stdio.h>
#include "aoe-user/core/slice.h"
#include "aoe-user/core/state.h"

#define DEVICE_LOG_PERIOD (5 * NSEC_SEC)
#define DEVICE_LOG_BURST 10
#define DEVICE_STORM_PERIOD (60 * NSEC_SEC)

static struct device *device_of(struct tree_node *n)
{
	return n != NULL ? container_of(n, struct device, node) : NULL;
}

static int device_order(const void *addr, const struct tree_node *n)
{
	return addr_compare(*(const struct aoe_addr *)addr,
	    container_of(n, const struct device, node)->addr);
}

static int device_remote_order(const void *mac, const struct tree_node *n)
{
	return mac_compare(*(const struct mac *)mac,
	    container_of(n, const struct remote, node)->mac);
}

void device_table_init(struct engine *e)
{
	tree_init(&e->devices, e->cfg.seed, device_order, NULL);
}

struct device *device_find(const struct engine *e, struct aoe_addr addr)
{
	return device_of(tree_find(&e->devices, &addr));
}

struct device *device_next(const struct engine *e, const struct device *dev)
{
	return device_of(
	    dev != NULL ? tree_next(&dev->node) : tree_first(&e->devices));
}

struct device *device_new(struct engine *e, struct aoe_addr addr)
{
	struct device *dev;

	dev = engine_get(e, sizeof(*dev));
	if (dev == NULL)
		return NULL;
	dev->e = e;
	dev->addr = addr;
	addr_format(addr, dev->name);
	list_init(&dev->remotes);
	list_init(&dev->paths);
	list_init(&dev->requests);
	list_init(&dev->ready);
	list_init(&dev->resend);
	list_init(&dev->errands);
	list_init(&dev->errand_requests);
	list_init(&dev->delayed);
	list_init(&dev->late);
	list_init(&dev->held);
	list_init(&dev->homeless);
	list_init(&dev->fresh);
	fence_init(&dev->fence, e->cfg.seed);
	list_init(&dev->active_link);
	list_init(&dev->event_link);
	list_init(&dev->roster_link);
	share_init(&dev->frames);
	share_init(&dev->slices);
	share_init(&dev->unfinished);
	dev->timer.kind = TIMER_DEVICE;
	dev->met_at = dev->swap_at = NSEC_NEVER;
	dev->limit = (struct log_limit){
	    .period = DEVICE_LOG_PERIOD, .burst = DEVICE_LOG_BURST};
	dev->storm_limit = dev->restart_limit =
	    (struct log_limit){.period = DEVICE_STORM_PERIOD, .burst = 1};
	tree_init(&dev->by_mac, e->cfg.seed, device_remote_order, NULL);
	tree_insert(&e->devices, &dev->node, &addr);
	e->device_count++;
	return dev;
}

void device_remove(struct engine *e, struct device *dev)
{
	struct list *l, *tmp;

	assert(list_empty(&dev->paths));
	assert(list_empty(&dev->frames.link));
	assert(list_empty(&dev->slices.link));
	assert(list_empty(&dev->unfinished.link));
	list_each(l, tmp, &dev->remotes)
		engine_put(e, list_entry(l, struct remote, link),
		    sizeof(struct remote));
	timer_clear(&e->timers, &dev->timer);
	list_del(&dev->active_link);
	list_del(&dev->event_link);
	assert(e->device_count > 0);
	e->device_count--;
	tree_remove(&e->devices, &dev->node);
	engine_put(e, dev, sizeof(*dev));
}

struct remote *device_remote(const struct device *dev, struct mac mac)
{
	struct tree_node *n = tree_find(&dev->by_mac, &mac);

	return n != NULL ? container_of(n, struct remote, node) : NULL;
}

struct remote *device_remote_new(struct device *dev, struct mac mac)
{
	struct remote *r = engine_get(dev->e, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->mac = mac;
	list_init(&r->errands);
	list_init(&r->errand_link);
	list_init(&r->paths);
	r->dev = dev;
	tree_insert(&dev->by_mac, &r->node, &mac);
	list_append(&dev->remotes, &r->link);
	return r;
}

bool device_has_other(const struct device *dev, const struct remote *r)
{
	return dev->verified > r->up;
}

void device_remote_drop(struct device *dev, struct remote *r)
{
	assert(list_empty(&r->paths) && r->inflight == 0 &&
	       list_empty(&r->errands));
	list_del(&r->link);
	tree_remove(&dev->by_mac, &r->node);
	heap_remove(&dev->choices, &r->choice);
	list_del(&r->errand_link);
	engine_put(dev->e, r, sizeof(*r));
}

unsigned remote_cap(const struct device *dev, const struct remote *r)
{
	unsigned cap = r->buffers ? r->buffers : 1;

	if (dev->e->cfg.max_window != 0)
		cap = MIN(cap, dev->e->cfg.max_window);
	return cap;
}

/*
 * A target whose queue is full drops a question like any other frame. Of few
 * buffers the places would cost more than they save.
 */
unsigned remote_data_cap(const struct device *dev, const struct remote *r)
{
	unsigned cap = remote_cap(dev, r);

	if (r->wary && r->buffers > 2 * REMOTE_QUESTIONS)
		cap = MIN(cap, r->buffers - REMOTE_QUESTIONS);
	return cap;
}

enum trust remote_trust(const struct remote *r)
{
	if (r->up > 0)
		return TRUST_FULL;
	return r->ours && r->refused == 0 ? TRUST_HOLD : TRUST_NONE;
}

void device_activate(struct device *dev)
{
	if (list_empty(&dev->active_link))
		list_append(&dev->e->active, &dev->active_link);
}

void device_wake(struct device *dev)
{
	if (!device_is_idle(dev))
		device_activate(dev);
}

void device_fed(struct device *dev)
{
	if (dev->hungry && copy_has_room(&dev->e->copies, dev)) {
		dev->hungry = false;
		list_del(&dev->active_link);
	}
	device_wake(dev);
}

/* Where it waits to be sent. */
static struct list *device_queue_of(struct device *dev, const struct slice *s)
{
	if (s->remote == NULL)
		return &dev->resend;
	if (list_empty(&s->remote->errand_link))
		list_append(&dev->errands, &s->remote->errand_link);
	return &s->remote->errands;
}

void device_resend(struct device *dev, struct slice *s)
{
	list_del(&s->queue);
	list_push(device_queue_of(dev, s), &s->queue);
	device_activate(dev);
}

void device_queue(struct device *dev, struct slice *s)
{
	list_del(&s->queue);
	list_append(device_queue_of(dev, s), &s->queue);
	device_activate(dev);
}

void device_delay(struct device *dev, struct slice *s, nsec_t not_before)
{
	s->not_before = not_before;
	list_del(&s->queue);
	list_append(&dev->delayed, &s->queue);
	device_arm(dev, not_before);
}

bool device_is_idle(const struct device *dev)
{
	return list_empty(&dev->ready) && list_empty(&dev->resend) &&
	       list_empty(&dev->errands);
}

void device_event(struct device *dev, unsigned events)
{
	dev->events |= events;
	if (list_empty(&dev->event_link))
		list_append(&dev->e->events, &dev->event_link);
}

void device_check_up(struct device *dev)
{
	bool usable = dev->opens > 0 || (dev->settled && !dev->contested);
	bool up = dev->alive > 0 && dev->known && !dev->swapped && usable;

	if (up == dev->up)
		return;
	dev->up = up;
	if (up || usable || dev->alive == 0)
		device_log(dev, up ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
		    up ? "up, %llu sectors" : "no path answers (%llu sectors)",
		    (unsigned long long)dev->sectors);
	dev->events &= ~(unsigned)(ENGINE_UP | ENGINE_DOWN);
	device_event(dev, up ? ENGINE_UP : ENGINE_DOWN);
	device_wake(dev);
	if (!up)
		device_arm(dev, 0); /* asks for it if somebody waits */
}

void device_arm(struct device *dev, nsec_t at)
{
	timer_at_latest(&dev->e->timers, &dev->timer, at);
}

void device_log(
    const struct device *dev, enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vmsg(dev->e->cfg.log, level, dev->name, fmt, ap);
	va_end(ap);
}

void device_warn(struct device *dev, nsec_t now, const char *fmt, ...)
{
	unsigned dropped;
	va_list ap;

	if (!log_allow(&dev->limit, now, &dropped))
		return;
	if (dropped > 0)
		device_log(
		    dev, LOG_LEVEL_WARN, "%u similar lines not shown", dropped);
	va_start(ap, fmt);
	log_vmsg(dev->e->cfg.log, LOG_LEVEL_WARN, dev->name, fmt, ap);
	va_end(ap);
}
