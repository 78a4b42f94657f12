/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/rival.h"
#include <assert.h>
#include <string.h>
#include "aoe-user/core/ask.h"
#include "aoe-user/core/state.h"

/* Without news for so long, nobody else is expected. */
#define RIVAL_QUIET (100 * NSEC_MS)
/* Who has been heard and does not say who he is has so many times that. */
#define RIVAL_PATIENCE 5u

bool rival_same(const struct device *dev, const struct ata_identity *a,
    const struct ata_identity *b)
{
	if (dev->e->cfg.ignore_serial)
		return strcmp(a->model, b->model) == 0 &&
		       a->sectors == b->sectors;
	return ata_same_identity(a, b, ata_serial_is_constant(b));
}

bool rival_chosen(const struct device *dev, const struct ata_identity *id)
{
	const struct engine_config *cfg = &dev->e->cfg;
	size_t i;

	for (i = 0; i < cfg->serial_count; i++) {
		if (strcmp(cfg->serials[i], id->serial) == 0)
			return true;
	}
	return false;
}

bool rival_allowed(const struct device *dev, const struct ata_identity *id)
{
	if (rival_chosen(dev, id))
		return true;
	return !dev->e->cfg.only_serials &&
	       !(dev->known && rival_chosen(dev, &dev->id));
}

/* ---- settled ---- */

static nsec_t rival_quiet(const struct device *dev)
{
	nsec_t quiet = dev->e->cfg.settle;

	return quiet ? quiet : RIVAL_QUIET;
}

/* A port that has not asked yet, or a path that has not said who it is. */
static bool rival_owed(const struct device *dev)
{
	const struct list *l;
	const struct path *p;
	const struct port *port;

	port = NULL;
	while ((port = port_next(dev->e, port)) != NULL) {
		if (port->up && port->asked_at == NSEC_NEVER)
			return true;
	}
	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		p = list_entry(l, struct path, dev_link);
		if (p->state == PATH_NEW && p->need != 0)
			return true;
	}
	return false;
}

/* When it will be settled if nothing happens. */
static nsec_t rival_due(const struct device *dev)
{
	nsec_t quiet = rival_quiet(dev);
	nsec_t last = nsec_add(dev->met_at, RIVAL_PATIENCE * quiet);
	nsec_t due = dev->news_at;
	const struct port *port;

	if (dev->known && rival_chosen(dev, &dev->id))
		return due; /* whoever else comes is refused */
	if (rival_owed(dev))
		return last;
	port = NULL;
	while ((port = port_next(dev->e, port)) != NULL) {
		if (port->up)
			due = MAX(due, port->asked_at);
	}
	return nsec_min(nsec_add(due, quiet), last);
}

void rival_restart(struct device *dev)
{
	assert(dev->opens == 0);
	dev->settled = false;
	dev->met_at = NSEC_NEVER;
}

void rival_news(struct device *dev, nsec_t now)
{
	bool anew = dev->met_at == NSEC_NEVER;

	if (dev->opens > 0 || (dev->settled && !anew))
		return;
	dev->settled = false;
	dev->news_at = now;
	if (anew)
		dev->met_at = now;
}

/* ---- contested ---- */

/* A disk that is not the device's, and no worse than that. */
static bool rival_is_one(const struct path *p)
{
	const struct device *dev = p->dev;

	return p->state == PATH_REFUSED && p->id.sectors != 0 &&
	       !rival_same(dev, &dev->id, &p->id) && rival_allowed(dev, &p->id);
}

static const struct path *rival_find(const struct device *dev)
{
	const struct list *l;
	const struct path *p;

	if (!dev->known || dev->alive == 0)
		return NULL;
	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		p = list_entry(l, struct path, dev_link);
		if (rival_is_one(p))
			return p;
	}
	return NULL;
}

static void rival_tell(struct device *dev, const struct path *p)
{
	device_log(dev, LOG_LEVEL_INFO,
	    "two disks answer for this address: %s, serial %s, %llu sectors, "
	    "and %s, serial %s, %llu sectors",
	    dev->id.model, dev->id.serial, (unsigned long long)dev->sectors,
	    p->id.model, p->id.serial, (unsigned long long)p->id.sectors);
	device_event(dev, ENGINE_CONTESTED);
}

void rival_look(struct device *dev, nsec_t now)
{
	const struct path *p = NULL;
	bool contested;

	/* It can be opened as what it was; who comes next is to be settled. */
	if (dev->opens == 0 && dev->alive == 0)
		dev->met_at = NSEC_NEVER;
	else if (!dev->settled && dev->met_at != NSEC_NEVER)
		dev->settled = rival_due(dev) <= now;
	if (dev->settled && dev->opens == 0)
		p = rival_find(dev);
	contested = p != NULL;
	if (contested && !dev->contested)
		rival_tell(dev, p);
	dev->contested = contested;
	device_check_up(dev);
	if (!dev->settled && dev->met_at != NSEC_NEVER)
		device_arm(dev, rival_due(dev));
}

nsec_t rival_tick(struct device *dev, nsec_t now)
{
	rival_look(dev, now);
	if (dev->settled || dev->met_at == NSEC_NEVER)
		return NSEC_NEVER;
	return rival_due(dev);
}

void rival_ask(struct device *dev, nsec_t now)
{
	struct list *l;
	struct path *p;

	if (!dev->contested)
		return;
	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		p = list_entry(l, struct path, dev_link);
		if (p->need == 0)
			ask_start(p, PATH_NEED_IDENTIFY, now);
	}
}

/* ---- for people ---- */

static bool rival_answers(const struct path *p)
{
	return p->id.sectors != 0 &&
	       (path_is_alive(p) || p->state == PATH_REFUSED);
}

/* No path before `p` shows the same disk, and the device neither. */
static bool rival_is_first(const struct path *p)
{
	const struct device *dev = p->dev;
	const struct list *l;
	const struct path *q;

	if (dev->known && rival_same(dev, &dev->id, &p->id))
		return false;
	for (l = dev->paths.next; l != &p->dev_link; l = l->next) {
		q = list_entry(l, struct path, dev_link);
		if (rival_answers(q) && rival_same(dev, &q->id, &p->id))
			return false;
	}
	return true;
}

const struct ata_identity *rival_identity(const struct device *dev, unsigned n)
{
	const struct list *l;
	const struct path *p;

	if (dev->known && n-- == 0)
		return &dev->id;
	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		p = list_entry(l, struct path, dev_link);
		if (rival_answers(p) && rival_is_first(p) && n-- == 0)
			return &p->id;
	}
	return NULL;
}
