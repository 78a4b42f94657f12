/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/check_path.h"
#include <assert.h>
#include "aoe-user/core/flight.h"
#include "aoe-user/core/request_run.h"

/* ---- trees and lists ---- */

/* How many are below, and that no one is above a heavier one. */
unsigned check_tree(const struct tree_node *n)
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

unsigned check_heap(const struct heap_node *n)
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

unsigned check_list(const struct list *head)
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
void check_waiters(const struct range *r)
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
	assert((c->held != NULL) == !list_empty(&c->held_link));
	assert(c->held == NULL ||
	       (c->held->dev == c->dev && c->state != COPY_OFFERED));
	if (late)
		check_waiters(&c->range);
	assert(c->path->dev == c->dev);
	sum->control += copy_is_own(c);
	sum->used += !copy_is_own(c);
}

void check_copies(const struct engine *e)
{
	struct check_copies sum = {0};
	unsigned i;

	for (i = 0; i < e->copies.size; i++)
		check_copy(&e->copies.slots[i], &sum);
	assert(sum.used == e->copies.used);
	assert(sum.control == e->copies.control);
	assert(sum.used + sum.control < e->copies.size);
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

/* What is to be asked, and when. */
static void check_asked(const struct path *p)
{
	bool on = p->port != NULL && p->port->up;
	bool wants = p->offer != 0 || p->touch;

	assert(on || p->state == PATH_DOWN || p->state == PATH_NEW);
	assert((p->offer & ~p->need) == 0);
	assert(!p->deferred || (p->need != 0 && p->offer == 0));
	assert(!p->resting || (p->need != 0 && !p->deferred));
	assert(!wants || !on || !list_empty(&p->control_link));
	assert(p->port != NULL || list_empty(&p->control_link));
}

static void check_payload(const struct payload *pl)
{
	assert(pl->proved >= PAYLOAD_SMALL);
	assert(pl->failed == 0 || pl->failed > pl->proved);
}

void check_path(const struct path *p)
{
	bool up = p->state == PATH_UP && p->port != NULL;

	check_asked(p);
	check_payload(&p->payload_in);
	check_payload(&p->payload_out);
	assert(list_empty(&p->out) || path_is_alive(p));
	/* Whatever is unanswered is looked at again. */
	assert(
	    (list_empty(&p->out) && list_empty(&p->lost)) || p->timer.node.in);
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
