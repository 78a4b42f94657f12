/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold of all there is, between any two calls. All of it could be
 * worked out from the copies and the paths; it is kept in lists, trees and
 * counters so that nobody has to.
 */
#include <assert.h>
#include "aoe-user/core/check_path.h"
#include "aoe-user/core/choice.h"
#include "aoe-user/core/flight.h"
#include "aoe-user/core/request_run.h"
#include "aoe-user/core/state.h"

/* ---- requests ---- */

/* The copies of a slice, and those of them that are not given up. */
static void check_slice(const struct slice *s)
{
	const struct list *l, *head = &s->rq->s.copies;
	unsigned copies = 0, out = 0;
	const struct copy *c;

	for (l = head->next; l != head; l = l->next) {
		c = list_entry(l, struct copy, owner_link);
		if (!flight_covers(c, s))
			continue;
		copies++;
		out += c->state != COPY_LOST;
	}
	assert(s->copies == copies && s->out == out);
	assert(s->copies <= SLICE_COPIES_MAX && s->count > 0);
	assert((s->remote != NULL) == (s->mem == NULL));
	/* It is on its way, on a queue, is read back, or waits for a copy. */
	assert(s->out > 0 || !list_empty(&s->queue) || s->read_at != 0 ||
	       (s->error != 0 && s->copies > 0));
}

/* What its phase is about: sectors that are left, lists that it is on. */
static void check_phase(const struct aoe_request *rq, uint64_t left)
{
	bool errand = rq->s.phase == REQUEST_FLUSH ||
		      (rq->op == AOE_SET_CONFIG && rq->s.phase == REQUEST_MAIN);
	bool uncut = slice_uncut(rq);
	unsigned i;

	if (uncut)
		assert(rq->s.cut_done < rq->s.part[rq->s.cut_part].count);
	for (i = rq->s.cut_part; i < rq->s.parts; i++)
		left += rq->s.part[i].count;
	assert(rq->s.left == left - (uncut ? rq->s.cut_done : 0));
	assert(list_empty(&rq->s.ready) == !(errand || uncut));
	assert(rq->s.phase != REQUEST_EDGES || rq->op == AOE_WRITE);
	assert(rq->s.phase != REQUEST_UNFLUSHED || rq->op == AOE_WRITE);
	assert(rq->s.phase != REQUEST_MAIN || rq->op != AOE_FLUSH);
}

/* Returns how many slices it has. */
static unsigned check_request(
    const struct device *dev, const struct aoe_request *rq)
{
	const struct list *l;
	const struct slice *s;
	uint64_t arrival = rq->s.range.arrival, left = 0;
	uint64_t end = 0;
	unsigned n = 0;
	bool waits =
	    rq->s.phase == REQUEST_WAITING || rq->s.phase == REQUEST_UNFLUSHED;

	assert(rq->s.dev == dev && rq->s.phase != REQUEST_DONE);
	assert(arrival < dev->e->arrivals);
	if (rq->op != AOE_FLUSH)
		check_waiters(&rq->s.range);
	else
		assert(!rq->s.range.node.in);
	if (rq->s.hides != NULL)
		assert(waits && !rq->s.hides->node.in);
	/* Nobody is forgotten. */
	assert(waits == (!list_empty(&rq->s.wait) || rq->s.turn.in));
	for (l = rq->s.slices.next; l != &rq->s.slices; l = l->next) {
		s = list_entry(l, struct slice, link);
		assert(s->rq == rq && (n == 0 || s->lba >= end));
		end = s->lba + (s->remote == NULL ? s->count : 0);
		check_slice(s);
		left += s->count;
		n++;
	}
	assert(!waits || left == 0);
	check_phase(rq, left);
	return n;
}

/* ---- devices ---- */

/* `ranges`: of requests that no other one hides. */
static void check_fence(const struct device *dev, unsigned ranges)
{
	const struct fence *f = &dev->fence;
	unsigned n = check_tree(f->reads.tree.root);

	n += check_tree(f->writes.tree.root);
	n += check_tree(f->settings.tree.root);
	assert(n == ranges);
	n = check_tree(f->late_writes.tree.root);
	n += check_tree(f->late_settings.tree.root);
	assert(n == check_list(&dev->late));
}

static void check_requests(const struct device *dev)
{
	const struct aoe_request *rq;
	unsigned n = 0, ranges = 0, slices = 0;
	uint64_t arrival = 0;
	const struct list *l;

	for (l = dev->requests.next; l != &dev->requests; l = l->next) {
		rq = list_entry(l, struct aoe_request, s.link);
		assert(n == 0 || rq->s.range.arrival > arrival);
		arrival = rq->s.range.arrival;
		slices += check_request(dev, rq);
		ranges += rq->op != AOE_FLUSH;
		ranges -= rq->op != AOE_FLUSH && rq->s.hides != NULL;
		n++;
	}
	assert(n == dev->pending && n == dev->unfinished.used);
	assert(slices == dev->slices.used);
	check_fence(dev, ranges);
}

static void check_remote(const struct device *dev, const struct remote *r)
{
	unsigned inflight = 0, ready = 0, up = 0, refused = 0, alive = 0;
	const struct list *l;
	const struct path *p;

	for (l = r->paths.next; l != &r->paths; l = l->next) {
		p = list_entry(l, struct path, remote_link);
		assert(p->remote == r && p->dev == dev);
		inflight += p->inflight;
		ready += p->ready.in;
		up += p->state == PATH_UP;
		refused += p->state == PATH_REFUSED;
		alive += path_is_alive(p);
	}
	assert(r->dev == dev && inflight == r->inflight);
	assert(up == r->up && refused == r->refused && alive == r->alive);
	assert(up == 0 || r->ours);
	assert(r->written_seq <= dev->write_seq);
	assert(r->flushed_seq <= dev->write_seq);
	assert(r->doubted_seq <= r->written_seq);
	assert(!r->full || r->inflight > 0);
	assert(check_heap(r->ready.first) == ready);
	assert(r->choice.in == (ready > 0 && !r->full));
	assert(!r->choice.in || r->choice.key == r->ready.first->key);
	assert(list_empty(&r->errands) || !list_empty(&r->errand_link));
}

static void check_usable(const struct device *dev)
{
	bool usable = dev->opens > 0 || (dev->settled && !dev->contested);
	bool up = dev->alive > 0 && dev->known && !dev->swapped && usable;
	const struct aoe_request *rq;

	assert(dev->up == up);
	assert(!dev->contested || (dev->settled && dev->opens == 0));
	assert(dev->swap_at == NSEC_NEVER || dev->opens > 0);
	assert((dev->opens > 0) == !list_empty(&dev->frames.link));
	if (dev->pending == 0)
		return;
	/* Nobody waits longer than his deadline. */
	rq = list_first(&dev->requests, struct aoe_request, s.link);
	assert(rq->s.deadline == NSEC_NEVER ||
	       (dev->timer.node.in && dev->timer.node.key <= rq->s.deadline));
}

static void check_roster_of(const struct device *dev)
{
	bool listed = dev->opens == 0 && !dev->leaving;

	assert(list_empty(&dev->roster_link) == !listed);
	assert(!dev->stranger || listed);
	assert(!dev->leaving || (dev->events & ENGINE_GONE));
}

static void check_device(const struct device *dev)
{
	unsigned paths = 0, alive = 0, verified = 0, sound = 0;
	const struct list *l;
	const struct path *p;

	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		p = list_entry(l, struct path, dev_link);
		check_path(p);
		paths++;
		alive += path_is_alive(p);
		verified += p->state == PATH_UP;
		sound += p->sound;
	}
	assert(paths == dev->path_count && alive == dev->alive);
	assert(verified == dev->verified);
	assert(sound == dev->sound);
	assert(check_tree(dev->by_port.root) <= paths);
	for (l = dev->remotes.next; l != &dev->remotes; l = l->next)
		check_remote(dev, list_entry(l, struct remote, link));
	assert(check_tree(dev->by_mac.root) == check_list(&dev->remotes));
	check_usable(dev);
	check_roster_of(dev);
	check_heap(dev->choices.first);
	check_requests(dev);
}

/* ---- ports ---- */

static void check_window(const struct window *w, unsigned caps)
{
	assert(w->max == MAX(caps, 1u));
	assert(w->size >= 1 && w->size <= w->max);
	assert(w->inflight <= w->peak);
	assert(w->state == WINDOW_STEADY || w->before_size > 0);
}

static void check_peer(const struct port *port, const struct peer *peer)
{
	unsigned users = 0, caps = 0, inflight = 0;
	const struct list *l;
	const struct path *p;

	for (l = port->paths.next; l != &port->paths; l = l->next) {
		p = list_entry(l, struct path, port_link);
		if (p->peer != peer)
			continue;
		users++;
		caps += p->cap;
		inflight += p->inflight;
	}
	assert(users == peer->users && caps == peer->caps);
	assert(inflight == peer->window.inflight);
	check_window(&peer->window, caps);
	for (l = peer->parked.next; l != &peer->parked; l = l->next)
		assert(list_entry(l, struct path, parked)->peer == peer);
	/* Somebody will tell them. */
	assert(list_empty(&peer->parked) || inflight > 0 ||
	       !list_empty(&peer->roomy_link));
}

static void check_port(const struct port *port)
{
	bool asks =
	    port->query_due || port->expects > 0 || !list_empty(&port->control);
	struct tree_node *n;

	check_tree(port->peers.root);
	assert(check_list(&port->parked) == 0 || port->blocked);
	assert(port->expects <= PORT_EXPECT_MAX);
	/* It asks as soon as it can. */
	assert(!asks || !port->up || port->blocked || port->query_offered ||
	       !list_empty(&port->work_link));
	for (n = tree_first(&port->peers); n != NULL; n = tree_next(n))
		check_peer(port, container_of(n, struct peer, node));
}

/* ---- what all devices use ---- */

/* What they use of a pool. */
struct check_pool {
	unsigned used, holders, beyond;
};

struct check_sum {
	struct check_pool copies, slices, requests;
	unsigned pending, strangers, leaving;
};

static void check_use(
    struct check_pool *sum, const struct share_pool *p, const struct share *s)
{
	unsigned part = list_empty(&s->link) ? 1 : p->each;

	sum->used += s->used;
	sum->holders += !list_empty(&s->link);
	sum->beyond += s->used > part ? s->used - part : 0;
}

static void check_uses(
    const struct engine *e, const struct device *dev, struct check_sum *sum)
{
	check_use(&sum->copies, &e->copies.pool, &dev->frames);
	check_use(&sum->slices, &e->slices.pool, &dev->slices);
	check_use(&sum->requests, &e->requests, &dev->unfinished);
	sum->pending += dev->pending;
	sum->strangers += dev->stranger;
	sum->leaving += dev->leaving;
}

static void check_pool(
    const struct share_pool *p, const struct check_pool *sum, unsigned used)
{
	assert(sum->used == used && sum->beyond == p->beyond);
	assert(sum->holders == p->holders);
	assert(check_list(&p->held) == p->holders);
}

static void check_all(const struct engine *e, const struct check_sum *sum)
{
	unsigned slices = e->slices.size - check_list(&e->slices.unused);
	unsigned pending = sum->pending + check_list(&e->finished);

	check_pool(&e->copies.pool, &sum->copies, e->copies.used);
	check_pool(&e->slices.pool, &sum->slices, slices);
	check_pool(&e->requests, &sum->requests, sum->pending);
	assert(e->roster.count == sum->strangers);
	assert(e->roster.count == check_list(&e->roster.strangers));
	assert(e->roster.leaving == sum->leaving);
	/* Those about to be called back are with the caller. */
	assert(pending <= e->pending);
}

void engine_check(const struct engine *e)
{
	struct check_sum sum = {0};
	const struct device *dev;
	const struct port *port;

	assert(check_tree(e->devices.root) == e->device_count);
	check_tree(e->ports.root);
	check_heap(e->timers.heap.first);
	check_copies(e);
	for (dev = device_next(e, NULL); dev; dev = device_next(e, dev)) {
		check_device(dev);
		check_uses(e, dev, &sum);
	}
	check_all(e, &sum);
	for (port = port_next(e, NULL); port; port = port_next(e, port))
		check_port(port);
}
