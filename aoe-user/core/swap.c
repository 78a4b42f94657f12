/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/swap.h"
#include <errno.h>
#include "aoe-user/core/ask.h"
#include "aoe-user/core/request_run.h"
#include "aoe-user/core/state.h"

/* So long the others have to show that the disk is still there. */
#define SWAP_PATIENCE NSEC_SEC

/* It may still answer who it is. */
static bool swap_may_answer(const struct path *p)
{
	return p->need != 0 && p->port != NULL && p->port->up;
}

static bool swap_is_undecided(const struct device *dev)
{
	const struct list *l;

	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		if (swap_may_answer(list_entry(l, struct path, dev_link)))
			return true;
	}
	return false;
}

static void swap_ask_others(const struct path *p, nsec_t now)
{
	struct list *l, *paths = &p->dev->paths;
	struct path *q;

	for (l = paths->next; l != paths; l = l->next) {
		q = list_entry(l, struct path, dev_link);
		if (q != p)
			ask_anew(q, PATH_NEED_IDENTIFY, now);
	}
}

void swap_suspect(const struct path *p, nsec_t now)
{
	struct device *dev = p->dev;

	if (dev->swapped)
		return;
	if (dev->swap_at == NSEC_NEVER) {
		dev->swap_at = nsec_add(now, SWAP_PATIENCE);
		swap_ask_others(p, now);
	}
	device_arm(dev, swap_tick(dev, now));
}

void swap_clear(struct device *dev)
{
	dev->swapped = false;
	dev->swap_at = NSEC_NEVER;
}

nsec_t swap_tick(struct device *dev, nsec_t now)
{
	if (dev->swap_at == NSEC_NEVER)
		return NSEC_NEVER;
	if (dev->alive > 0) {
		dev->swap_at = NSEC_NEVER;
		return NSEC_NEVER;
	}
	if (now < dev->swap_at && swap_is_undecided(dev))
		return dev->swap_at;
	dev->swap_at = NSEC_NEVER;
	dev->swapped = true;
	device_event(dev, ENGINE_SWAPPED);
	request_finish_all(dev, -ESTALE, now);
	device_check_up(dev);
	return NSEC_NEVER;
}
