/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold of all there is, between any two calls. All of it could be
 * worked out from the copies and the paths; it is kept in lists, trees and
 * counters so that nobody has to.
 */
#include <assert.h>
#include "aoe-user/core/choice.h"
#include "aoe-user/core/flight.h"
#include "aoe-user/core/request_run.h"
#include "aoe-user/core/state.h"

/* ---- trees and lists ---- */

/* How many are below, and that no one is above a heavier one. */
static unsigned check_tree(const struct tree_node *n)
{
	if (n == NULL)
		return 0;
	assert(n->in);
	assert(n->left == NULL || n->left->up == n);
	assert(n->right == NULL || n->right->up == n);
	assert(n->left == NULL || n->left->weight <= n->weight);
	assert(n->right == NULL || n->right->weight <= n->weight);
	return 1 + check_tree(n->left) + check_tree(n->right);
}

static unsigned check_heap(const struct heap_node *n)
{
	const struct heap_node *child, *prev = n;
	unsigned count = 1;

	if (n == NULL)
		return 0;
	assert(n->in);
	for (child = n->child; child != NULL; child = child->next) {
		assert(child->key >= n->key && child->prev == prev);
		count += check_heap(child);
		prev = child;
	}
	return count;
}

static unsigned check_list(const struct list *head)
{
	const struct list *l;
	unsigned n = 0;

	for (l = head->next; l != head; l = l->next) {
		assert(l->next->prev == l);
		n++;
	}
	return n;
}

/* Whoever waits waits for what conflicts with it and came before it. */
static void check_waiters(const struct range *r)
{
	const struct aoe_request *rq;
	const struct list *l;

	for (l = r->waiters.next; l != &r->waiters; l = l->next) {
		rq = list_entry(l, struct aoe_request, s.wait);
		assert(rq->s.phase == REQUEST_WAITING && !rq->s.turn.in);
		assert(rq->s.range.lba < r->end && r->lba < rq->s.range.end);
	}
}

/* ---- copies ---- */

struct check_copies {
	unsigned used, control;
};

static void check_copy(const struct copy *c, struct check_copies *sum)
{
	bool queued = c->state == COPY_OUT || c->state == COPY_LOST;
	bool late = c->rq == NULL && copy_is_live(c) &&
		    (c->kind == COPY_WRITE || c->kind == COPY_SETTING);

	assert(list_empty(&c->path_link) == !queued);
	assert(c->range.node.in == late);
	assert(list_empty(&c->owner_link) == !(late || c->rq != NULL));
	if (!copy_is_live(c)) {
		assert(c->rq == NULL && list_empty(&c->ahead_link));
		return;
	}
	if (c->rq != NULL)
		assert(c->rq->s.dev == c->dev);
	if (late)
		check_waiters(&c->range);
	assert(c->path->dev == c->dev);
	sum->control += copy_is_own(c);
	sum->used += !copy_is_own(c);
}

static void check_copies(const struct engine *e)
{
	struct check_copies sum = {0};
	unsigned i;

	for (i = 0; i < e->copies.size; i++)
		check_copy(&e->copies.slots[i], &sum);
	assert(sum.used == e->copies.used);
	assert(sum.control == e->copies.control);
}

/* ---- paths ---- */

/* Those that were overtaken come first, and the others are `ahead`. */
static void check_out(const struct path *p)
{
	const struct list *l, *ahead = p->ahead.next;
	const struct copy *c;
	uint64_t seq = 0;

	for (l = p->out.next; l != &p->out; l = l->next) {
		c = list_entry(l, struct copy, path_link);
		assert(c->state == COPY_OUT && copy_is_data(c));
		assert(c->path == p && c->seq > seq);
		seq = c->seq;
		if (c->overtaken_at != NSEC_NEVER)
			continue;
		assert(ahead == &c->ahead_link);
		ahead = ahead->next;
	}
	assert(ahead == &p->ahead);
}

static void check_lost(const struct path *p)
{
	unsigned ahead = check_list(&p->ahead_lost);
	const struct list *l;
	const struct copy *c;

	ahead += check_list(&p->ahead_errands);
	for (l = p->lost.next; l != &p->lost; l = l->next) {
		c = list_entry(l, struct copy, path_link);
		assert(c->state == COPY_LOST && c->path == p);
		if (c->overtaken_at == NSEC_NEVER)
			ahead--;
	}
	assert(ahead == 0);
	for (l = p->slow.next; l != &p->slow; l = l->next) {
		c = list_entry(l, struct copy, path_link);
		assert(c->state == COPY_OUT && !copy_is_data(c));
	}
}

static void check_path(const struct path *p)
{
	bool up = p->state == PATH_UP && p->port != NULL;

	assert((p->port == NULL) == (p->peer == NULL));
	assert(p->port != NULL || p->state == PATH_DOWN);
	assert(p->need != 0 || p->state == PATH_UP ||
	       p->state == PATH_REFUSED || p->state == PATH_SILENT);
	assert(p->sound == (up && !p->lame));
	assert(up == (p->ready.in || !list_empty(&p->parked)));
	assert(!p->ready.in || list_empty(&p->parked));
	assert(up == !list_empty(&p->fresh));
	assert(p->inflight >= check_list(&p->out));
	assert(p->node.in == (p->port != NULL));
	assert(p->early || list_empty(&p->early_link));
	check_out(p);
	check_lost(p);
}

/* ---- requests ---- */

static void check_request(
    const struct device *dev, const struct aoe_request *rq)
{
	const struct list *l;
	const struct slice *s;
	uint64_t arrival = rq->s.range.arrival;
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
		assert(s->rq == rq && s->count > 0);
		assert(s->out <= s->copies && s->copies <= SLICE_COPIES_MAX);
		/* It is on its way, on a queue, or waits for an old copy. */
		assert(s->out > 0 || !list_empty(&s->queue) ||
		       (s->error != 0 && s->copies > 0));
	}
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
	unsigned n = 0, ranges = 0;
	uint64_t arrival = 0;
	const struct list *l;

	for (l = dev->requests.next; l != &dev->requests; l = l->next) {
		rq = list_entry(l, struct aoe_request, s.link);
		assert(n == 0 || rq->s.range.arrival > arrival);
		arrival = rq->s.range.arrival;
		check_request(dev, rq);
		ranges += rq->op != AOE_FLUSH;
		ranges -= rq->op != AOE_FLUSH && rq->s.hides != NULL;
		n++;
	}
	assert(n == dev->pending);
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
	assert(!r->full || r->inflight > 0);
	assert(check_heap(r->ready.first) == ready);
	assert(r->choice.in == (ready > 0 && !r->full));
	assert(!r->choice.in || r->choice.key == r->ready.first->key);
	assert(list_empty(&r->errands) || !list_empty(&r->errand_link));
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
	assert(!dev->up || (dev->alive > 0 && dev->known && !dev->swapped));
	assert(dev->swap_at == NSEC_NEVER || dev->opens > 0);
	check_heap(dev->choices.first);
	check_requests(dev);
}

/* ---- ports ---- */

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
}

static void check_port(const struct port *port)
{
	struct tree_node *n;

	check_tree(port->peers.root);
	check_list(&port->parked);
	for (n = tree_first(&port->peers); n != NULL; n = tree_next(n))
		check_peer(port, container_of(n, struct peer, node));
}

void engine_check(const struct engine *e)
{
	const struct device *dev;
	const struct port *port;
	unsigned pending = check_list(&e->finished);

	assert(check_tree(e->devices.root) == e->device_count);
	check_tree(e->ports.root);
	check_heap(e->timers.heap.first);
	check_copies(e);
	for (dev = device_next(e, NULL); dev; dev = device_next(e, dev)) {
		check_device(dev);
		pending += dev->pending;
	}
	for (port = port_next(e, NULL); port; port = port_next(e, port))
		check_port(port);
	/* Those about to be called back are with the caller. */
	assert(pending <= e->pending);
}
