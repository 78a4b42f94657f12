/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a portset tries again when it did not work at once. */
#include "aoe-user/io/portset.h"

#define RETRY_TELL (100 * NSEC_MS)
#define RETRY_LISTEN (100 * NSEC_MS) /* at first, then ever longer */
#define RETRY_LISTEN_MAX (10 * NSEC_SEC)

void portset_listen(
    struct portset *s, struct netport *p, unsigned ifindex, nsec_t now)
{
	bool was_deaf = p->deaf;

	if (!netport_attach(p, ifindex, p->mtu, s->ring_bytes)) {
		if (!was_deaf)
			return;
		p->retry_at = NSEC_NEVER;
		log_msg(s->log, LOG_LEVEL_WARN, p->name, "listening again");
		return;
	}
	if (!was_deaf)
		log_msg(s->log, LOG_LEVEL_ERROR, p->name,
		    "cannot listen, trying again: %s", strerror(-p->deaf));
	p->patience = was_deaf ? nsec_min(2 * p->patience, RETRY_LISTEN_MAX)
			       : RETRY_LISTEN;
	p->retry_at = nsec_add(now, p->patience);
}

bool portset_judge(struct portset *s, struct netport *p, nsec_t now)
{
	bool up = p->ready && !p->deaf;
	int ret;

	if (p->told && p->up == up)
		return false;
	p->up = up;
	ret = engine_port_set(s->engine, p->ifindex, p->mac, p->mtu, up, now);
	p->told = !ret;
	if (ret)
		p->retry_at = nsec_min(p->retry_at, nsec_add(now, RETRY_TELL));
	return true;
}

nsec_t portset_deadline(const struct portset *s)
{
	nsec_t at = NSEC_NEVER;
	struct list *l, *tmp;

	list_each(l, tmp, &s->waiting)
		at = nsec_min(
		    at, list_entry(l, struct netport, waiting)->retry_at);
	return at;
}

void portset_retry(struct portset *s, nsec_t now)
{
	struct list *l, *tmp;

	list_each(l, tmp, &s->waiting) {
		struct netport *p = list_entry(l, struct netport, waiting);

		if (p->retry_at > now)
			continue;
		p->retry_at = NSEC_NEVER;
		if (p->deaf)
			portset_listen(s, p, p->ifindex, now);
		if (p->ifindex && !portset_judge(s, p, now))
			engine_port_writable(s->engine, p->ifindex, true);
		portset_note(s, p);
	}
}
