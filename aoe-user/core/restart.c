/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/restart.h"
#include <assert.h>
#include "aoe-user/core/flush.h"
#include "aoe-user/core/state.h"

/* So long other paths may answer, or hear of it too. */
#define RESTART_WAIT (100 * NSEC_MS)
#define RESTART_SAME NSEC_SEC /* announcements of one start, over all ports */

/* Another path of the MAC that could know better. */
static bool restart_has_witness(const struct path *p)
{
	const struct list *l;
	const struct path *q;

	for (l = p->remote->paths.next; l != &p->remote->paths; l = l->next) {
		q = list_entry(l, struct path, remote_link);
		if (q != p && path_is_alive(q))
			return true;
	}
	return false;
}

static void restart_count(struct device *dev, struct remote *r)
{
	assert(r->told != REMOTE_RESTARTED);
	r->told = REMOTE_RESTARTED;
	flush_restarted(dev, r, r->told_at);
}

void restart_told(struct path *p, nsec_t now)
{
	struct remote *r = p->remote;
	bool first = p->told_at < r->told_at; /* through this port */

	p->told_at = now;
	if (first && nsec_since(r->told_at, now) < RESTART_SAME) {
		if (r->told != REMOTE_RESTARTED)
			restart_count(p->dev, r);
		return;
	}
	if (r->told == REMOTE_TOLD)
		return;
	r->told_at = now;
	r->told = REMOTE_TOLD;
	if (restart_has_witness(p))
		device_arm(p->dev, nsec_add(now, RESTART_WAIT));
	else
		restart_count(p->dev, r);
}

void restart_answered(struct path *p)
{
	if (p->remote->told == REMOTE_TOLD && p->told_at < p->remote->told_at)
		p->remote->told = REMOTE_UNTOLD;
}

nsec_t restart_tick(struct device *dev, nsec_t now)
{
	nsec_t due, next = NSEC_NEVER;
	struct remote *r;
	struct list *l;

	for (l = dev->remotes.next; l != &dev->remotes; l = l->next) {
		r = list_entry(l, struct remote, link);
		if (r->told != REMOTE_TOLD)
			continue;
		due = nsec_add(r->told_at, RESTART_WAIT);
		if (due <= now)
			restart_count(dev, r);
		else
			next = nsec_min(next, due);
	}
	return next;
}

void restart_decide(struct device *dev)
{
	restart_tick(dev, NSEC_NEVER);
}
