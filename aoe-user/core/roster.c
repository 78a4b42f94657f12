/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/roster.h"
#include <assert.h>
#include "aoe-user/core/state.h"

#define ROSTER_DEFAULT_MAX 4096u
#define ROSTER_LOOK 8u /* devices looked at for one that may leave */

void roster_init(struct roster *r)
{
	*r = (struct roster){0};
	list_init(&r->strangers);
	list_init(&r->known);
}

static void roster_unlink(struct device *dev)
{
	struct roster *r = &dev->e->roster;

	assert(
	    !dev->stranger || (r->count > 0 && !list_empty(&dev->roster_link)));
	list_del(&dev->roster_link);
	r->count -= dev->stranger;
	dev->stranger = false;
}

static void roster_stay(struct device *dev)
{
	if (!dev->leaving)
		return;
	assert(dev->e->roster.leaving > 0);
	dev->e->roster.leaving--;
	dev->leaving = false;
}

void roster_heard(struct device *dev)
{
	struct roster *r = &dev->e->roster;

	roster_unlink(dev);
	if (dev->opens > 0 || dev->leaving)
		return;
	list_append(dev->known ? &r->known : &r->strangers, &dev->roster_link);
	dev->stranger = !dev->known;
	r->count += dev->stranger;
}

void roster_keep(struct device *dev)
{
	dev->events &= ~(unsigned)ENGINE_GONE;
	if (!dev->leaving)
		return;
	roster_stay(dev);
	roster_heard(dev);
}

void roster_remove(struct device *dev)
{
	roster_unlink(dev);
	roster_stay(dev);
}

static bool roster_in_use(const struct device *dev, nsec_t now)
{
	return dev->opens > 0 || dev->pending > 0 || dev->expect_until > now ||
	       !list_empty(&dev->late);
}

/* The one of the list that was heard longest ago, if it may leave. */
static struct device *roster_oldest(struct list *list, nsec_t now)
{
	struct device *dev;
	unsigned i;

	for (i = 0; i < ROSTER_LOOK && !list_empty(list); i++) {
		dev = list_first(list, struct device, roster_link);
		if (dev->stranger != dev->known && !roster_in_use(dev, now))
			return dev;
		/* Identified or put to use since: it goes to the end. */
		roster_heard(dev);
	}
	return NULL;
}

/*
 * Has one leave; false when none may. Strangers keep an eighth of the table, or
 * a real newcomer had no time to answer among made up ones.
 */
static bool roster_evict(struct engine *e, unsigned max, nsec_t now)
{
	struct roster *r = &e->roster;
	bool many = r->count > max / 8;
	struct device *dev;

	dev = roster_oldest(many ? &r->strangers : &r->known, now);
	if (dev == NULL)
		dev = roster_oldest(many ? &r->known : &r->strangers, now);
	if (dev == NULL)
		return false;
	assert(!dev->leaving && dev->opens == 0 && dev->pending == 0);
	roster_unlink(dev);
	dev->leaving = true;
	r->leaving++;
	e->stats.evicted++;
	device_event(dev, ENGINE_GONE);
	return true;
}

/* Those that leave are there until the next reap: not too many of them. */
static bool roster_make_room(struct engine *e, nsec_t now)
{
	unsigned max =
	    e->cfg.max_devices ? e->cfg.max_devices : ROSTER_DEFAULT_MAX;

	if (e->device_count < max + e->roster.leaving)
		return true;
	return e->roster.leaving <= max / 4 && roster_evict(e, max, now);
}

struct device *roster_add(
    struct engine *e, struct aoe_addr addr, bool wanted, nsec_t now)
{
	struct device *dev;

	if (!roster_make_room(e, now) && !wanted)
		return NULL;
	dev = device_new(e, addr);
	if (dev != NULL)
		roster_heard(dev);
	return dev;
}
