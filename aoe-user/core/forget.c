/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/forget.h"
#include <assert.h>
#include "aoe-user/core/ask.h"
#include "aoe-user/core/errand.h"
#include "aoe-user/core/state.h"

#define FORGET_SILENT (300 * NSEC_SEC)

/* An answer to what it has out, or had, would be missed. */
static bool forget_awaits(const struct path *p)
{
	const struct list *l;

	for (l = p->slow.next; l != &p->slow; l = l->next)
		if (!copy_is_control(list_entry(l, struct copy, path_link)))
			return true;
	return !list_empty(&p->out) || !list_empty(&p->lost);
}

static bool forget_may(const struct path *p)
{
	switch (p->state) {
	case PATH_NEW:
	case PATH_SILENT:
	case PATH_REFUSED:
	case PATH_DOWN:
		return !forget_awaits(p);
	case PATH_UP:
	case PATH_ASKED:
	case PATH_SUSPECT:
		break;
	}
	return false;
}

static nsec_t forget_heard(const struct path *p)
{
	return MAX(p->heard_at, p->last_answer);
}

/*
 * Somebody may need it yet: it owes a flush, or a request waits for it. While
 * nobody stands for the disk, those that did are what it is known by.
 */
static bool forget_keeps(const struct device *dev, const struct remote *r)
{
	const struct list *l;

	if (!list_empty(&r->paths) || remote_has_debt(r) ||
	    (r->ours && dev->alive == 0))
		return true;
	for (l = dev->held.next; l != &dev->held; l = l->next)
		if (list_entry(l, struct copy, held_link)->held == r)
			return true;
	for (l = dev->requests.next; l != &dev->requests; l = l->next)
		if (errand_slice(
			list_entry(l, struct aoe_request, s.link), r) != NULL)
			return true;
	return false;
}

static void forget_remotes(struct device *dev)
{
	struct list *l, *tmp;
	struct remote *r;

	list_each(l, tmp, &dev->remotes) {
		r = list_entry(l, struct remote, link);
		if (!forget_keeps(dev, r))
			device_remote_drop(dev, r);
	}
}

static void forget_path(struct path *p)
{
	assert(!path_is_alive(p));
	ask_drop(p);
	path_free(p->dev->e, p);
}

bool forget_oldest(struct device *dev)
{
	struct path *p, *oldest = NULL;
	struct list *l;

	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		p = list_entry(l, struct path, dev_link);
		if (!forget_may(p))
			continue;
		if (oldest == NULL || forget_heard(p) < forget_heard(oldest))
			oldest = p;
	}
	if (oldest == NULL)
		return false;
	dev->e->stats.evicted++;
	forget_path(oldest);
	forget_remotes(dev);
	return true;
}

void forget_silent(struct device *dev, nsec_t now)
{
	struct list *l, *tmp;
	struct path *p;

	if (dev->alive == 0)
		return;
	list_each(l, tmp, &dev->paths) {
		p = list_entry(l, struct path, dev_link);
		/* Nobody can be heard through a port that is down. */
		if (p->state == PATH_DOWN || !forget_may(p) ||
		    nsec_since(forget_heard(p), now) < FORGET_SILENT)
			continue;
		path_log(p, LOG_LEVEL_INFO, "silent for long; forgotten");
		forget_path(p);
	}
	forget_remotes(dev);
}
