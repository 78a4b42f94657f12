/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/discover.h"
#include <assert.h>
#include <string.h>
#include "aoe-user/core/ask.h"
#include "aoe-user/core/forget.h"
#include "aoe-user/core/restart.h"
#include "aoe-user/core/state.h"

#define DISCOVER_PERIOD (60 * NSEC_SEC)
#define DISCOVER_EXPECT NSEC_SEC      /* between directed queries */
#define DISCOVER_AGAIN (20 * NSEC_MS) /* ... when there was no room for one */
#define DISCOVER_MAX_PATHS 256u
#define DISCOVER_STORM 20u /* reasons for doubt in ... */
#define DISCOVER_STORM_TIME NSEC_SEC
#define DISCOVER_STORM_LASTS (10 * NSEC_SEC) /* after the last of them */

/* A lost query costs little when it is repeated soon. */
static const nsec_t discover_repeat[] = {
    50 * NSEC_MS, 150 * NSEC_MS, 300 * NSEC_MS, 600 * NSEC_MS, 1200 * NSEC_MS};

void discover_init(struct engine *e)
{
	e->discover = (struct discover){
	    .timer.kind = TIMER_DISCOVER,
	    .unset_limit = {.period = 60 * NSEC_SEC, .burst = 1},
	};
}

/* +-10 %, so that hosts started together do not ask together for ever. */
static nsec_t discover_jitter(struct engine *e, nsec_t period)
{
	nsec_t tenth = period / 10;

	if (tenth == 0)
		return period;
	return period - tenth + rng_below(&e->rng, 2 * tenth);
}

static void discover_query_all(struct engine *e)
{
	struct port *p;

	for (p = port_next(e, NULL); p != NULL; p = port_next(e, p)) {
		p->query_due = true;
		port_work(e, p);
	}
}

void discover_start(struct engine *e, nsec_t now)
{
	discover_query_all(e);
	e->discover.round = 0;
	timer_set(&e->timers, &e->discover.timer,
	    nsec_add(now, discover_jitter(e, discover_repeat[0])));
}

/*
 * Paths that stopped answering the periodic queries are asked directly; those
 * that have not answered for long are dropped.
 */
static void discover_miss(struct engine *e, nsec_t period, nsec_t now)
{
	struct device *dev;
	struct list *l;
	struct path *p;

	for (dev = device_next(e, NULL); dev; dev = device_next(e, dev)) {
		forget_silent(dev, now);
		for (l = dev->paths.next; l != &dev->paths; l = l->next) {
			p = list_entry(l, struct path, dev_link);
			if (p->need == 0 &&
			    nsec_since(p->heard_at, now) > period * 5 / 2)
				ask_start(p, PATH_NEED_BOTH, now);
		}
	}
}

void discover_tick(struct engine *e, nsec_t now)
{
	struct discover *d = &e->discover;
	nsec_t wait = e->cfg.discover_period;

	discover_query_all(e);
	if (d->round < ARRAY_SIZE(discover_repeat))
		d->round++;
	if (wait == 0)
		wait = DISCOVER_PERIOD;
	if (d->round < ARRAY_SIZE(discover_repeat))
		wait = discover_repeat[d->round];
	else
		discover_miss(e, wait, now);
	timer_set(
	    &e->timers, &d->timer, nsec_add(now, discover_jitter(e, wait)));
}

/* False when there is no room; a port that is down is asked nothing. */
static bool discover_ask(struct engine *e, struct port *p, struct aoe_addr addr)
{
	unsigned i;

	for (i = 0; i < p->expects; i++) {
		if (addr_equal(p->expect[i], addr))
			return true;
	}
	if (p->expects == PORT_EXPECT_MAX)
		return !p->up;
	assert(p->expects < PORT_EXPECT_MAX);
	p->expect[p->expects++] = addr;
	port_work(e, p);
	return true;
}

nsec_t discover_expected(struct device *dev, nsec_t now)
{
	bool wanted = dev->opens > 0 || now < dev->expect_until;
	struct engine *e = dev->e;
	bool all = true;
	struct port *p;

	if (dev->up || !wanted)
		return NSEC_NEVER;
	for (p = port_next(e, NULL); p != NULL; p = port_next(e, p))
		all &= discover_ask(e, p, dev->addr);
	/* Those before it leave soon. */
	return nsec_add(
	    now, discover_jitter(e, all ? DISCOVER_EXPECT : DISCOVER_AGAIN));
}

/* FNV-1a: tells whether a config string changed, without keeping each MAC's. */
static uint64_t discover_hash(const uint8_t *p, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ull;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return h;
}

static void discover_string(
    struct device *dev, struct remote *r, const struct wire_config *c)
{
	r->config_hash = discover_hash(c->string, c->string_len);
	memcpy(dev->config, c->string, c->string_len);
	dev->config_len = c->string_len;
}

void discover_set(
    struct device *dev, struct remote *r, const struct wire_config *c)
{
	discover_string(dev, r, c);
	device_event(dev, ENGINE_CONFIG);
}

/* What the target says is not what it said before. */
static bool discover_differs(
    const struct remote *r, const struct wire_config *c)
{
	return !r->configured ||
	       r->config_hash != discover_hash(c->string, c->string_len) ||
	       r->buffers != c->buffers || r->firmware != c->firmware ||
	       r->sectors_max != c->sectors;
}

/* True when that is not what it said before. */
static bool discover_adopt(
    struct path *p, const struct wire_config *c, nsec_t asked_at)
{
	struct remote *r = p->remote;

	/* A late answer to an older question. */
	if (r->configured && asked_at < r->config_asked)
		return false;
	r->config_asked = asked_at;
	if (!discover_differs(r, c))
		return false;
	r->configured = true;
	r->buffers = c->buffers;
	r->firmware = c->firmware;
	r->sectors_max = c->sectors;
	discover_set(p->dev, r, c);
	path_update_caps(p->dev, p->remote);
	return true;
}

static bool discover_wanted(
    struct engine *e, const struct wire_header *h, nsec_t now)
{
	unsigned dropped;

	if (!addr_is_device(h->addr))
		return false;
	if (h->src.b[0] & 1)
		return false;
	if (e->cfg.want != NULL && !e->cfg.want(e->cfg.ctx, h->addr))
		return false;
	if (addr_is_unset(h->addr) && !e->cfg.allow_unset &&
	    log_allow(&e->discover.unset_limit, now, &dropped))
		log_msg(e->cfg.log, LOG_LEVEL_WARN, NULL,
		    "a target has shelf address 4095: its shelf number is not "
		    "set; it is not used without --allow-4095");
	return true;
}

/*
 * Once a minute it is said when a target gives reasons to ask who it is faster
 * than anything that starts and stops would.
 */
static void discover_storm(const struct path *p, nsec_t now)
{
	struct device *dev = p->dev;
	char mac[MAC_TEXT];
	unsigned dropped;

	if (nsec_since(dev->storm_since, now) > DISCOVER_STORM_TIME) {
		dev->storm_since = now;
		dev->storm = 0;
	}
	if (++dev->storm < DISCOVER_STORM)
		return;
	dev->storm_until = nsec_add(now, DISCOVER_STORM_LASTS);
	if (!log_allow(&dev->storm_limit, now, &dropped))
		return;
	device_log(dev, LOG_LEVEL_WARN,
	    "%s announces itself or changes its parameters all the time: are "
	    "two targets started there, or does somebody forge answers?",
	    mac_format(p->remote->mac, mac));
}

static struct path *discover_path(
    struct engine *e, struct port *port, struct device *dev, struct mac src)
{
	unsigned max = e->cfg.max_paths ? e->cfg.max_paths : DISCOVER_MAX_PATHS;
	struct remote *r;

	if (dev->path_count >= max && !forget_oldest(dev))
		return NULL;
	r = device_remote(dev, src);
	if (r == NULL)
		r = device_remote_new(dev, src);
	return r != NULL ? path_new(dev, r, port) : NULL;
}

/*
 * The target may have started anew, or be another one. That it told us through
 * this port makes its paths from other ports no better.
 */
static void discover_doubt(const struct path *p, unsigned need, nsec_t now)
{
	struct list *l;

	for (l = p->remote->paths.next; l != &p->remote->paths; l = l->next)
		ask_doubt(list_entry(l, struct path, remote_link), need, now);
}

/* Unless it answers the kernel's driver on this host. */
static bool discover_started(const struct wire_header *h)
{
	return h->tag == 0 &&
	       (h->version == 0 || mac_equal(h->dst, mac_broadcast));
}

/* It was not asked by us, or by a broadcast: a reason to ask it itself. */
static void discover_heard(struct path *p, const struct wire_header *h,
    const struct wire_config *c, nsec_t now)
{
	bool differs = discover_differs(p->remote, c);

	if (discover_started(h))
		restart_told(p, now);
	/* Tag 0 is what we never ask with: the target may have started. */
	if (h->tag == 0 || differs) {
		discover_storm(p, now);
		discover_doubt(p, PATH_NEED_BOTH, now);
	} else if (p->state == PATH_REFUSED && p->need == 0) {
		ask_doubt(p, PATH_NEED_IDENTIFY, now);
	} else {
		ask_wake(p, now);
		ask_kick(p->dev, now);
	}
}

/* It answered what it was asked, if late. */
static void discover_asked(
    struct path *p, const struct wire_config *c, nsec_t asked_at, nsec_t now)
{
	if (discover_adopt(p, c, asked_at)) {
		discover_doubt(p, PATH_NEED_IDENTIFY, now);
		return;
	}
	ask_wake(p, now);
	if (p->need != 0)
		ask_kick(p->dev, now);
}

static struct path *discover_new(struct engine *e, struct port *port,
    struct device *dev, const struct wire_header *h,
    const struct wire_config *c, nsec_t now)
{
	struct path *p = discover_path(e, port, dev, h->src);
	bool known;

	if (p == NULL)
		return NULL;
	known = p->remote->configured;
	if (!known)
		discover_adopt(p, c, 0);
	path_update_caps(p->dev, p->remote);
	/* An announcement may tell a limit that the first query lifts. */
	ask_start(p, h->tag == 0 ? PATH_NEED_BOTH : PATH_NEED_IDENTIFY, now);
	if (known && (h->tag == 0 || discover_differs(p->remote, c)))
		discover_doubt(p, PATH_NEED_BOTH, now);
	return p;
}

void discover_answer(struct engine *e, struct port *port,
    const struct wire_header *h, const struct wire_config *c, nsec_t asked_at,
    nsec_t now)
{
	struct device *dev;
	struct path *p;

	if (!discover_wanted(e, h, now)) {
		e->stats.ignored++;
		return;
	}
	e->stats.configs++;
	dev = device_find(e, h->addr);
	if (dev == NULL)
		dev = roster_add(e, h->addr, false, now);
	if (dev != NULL)
		roster_heard(dev);
	p = dev != NULL ? path_find(dev, port, h->src) : NULL;
	if (p != NULL && asked_at == NSEC_NEVER)
		discover_heard(p, h, c, now);
	else if (p != NULL)
		discover_asked(p, c, asked_at, now);
	if (p == NULL && dev != NULL)
		p = discover_new(e, port, dev, h, c, now);
	if (p != NULL)
		p->heard_at = now;
	else
		e->stats.no_room++;
}
