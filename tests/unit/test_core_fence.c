/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/copy.h"
#include "aoe-user/core/fence.h"
#include "tests/unit/unit.h"

static void arrives(
    struct aoe_request *rq, enum aoe_op op, uint64_t lba, uint64_t count)
{
	static uint64_t arrivals;

	*rq = (struct aoe_request){.op = op};
	list_init(&rq->s.wait);
	rq->s.range = (struct range){
	    .lba = lba, .end = lba + count, .arrival = arrivals++};
}

static struct range *enter(struct fence *f, struct aoe_request *rq,
    enum aoe_op op, uint64_t lba, uint64_t count)
{
	arrives(rq, op, lba, count);
	return fence_arrive(f, rq);
}

static bool overlapped(enum aoe_op first, uint64_t lba, uint64_t count,
    enum aoe_op second, uint64_t lba2, uint64_t count2)
{
	struct aoe_request a, b;
	struct heap woken = {0};
	struct fence f;
	bool waits;

	fence_init(&f, 1);
	assert_null(enter(&f, &a, first, lba, count));
	waits = enter(&f, &b, second, lba2, count2) != NULL;
	/* Never one that came later. */
	assert_null(fence_earlier(&f, &a));
	if (waits)
		fence_wait(&b, &a.s.range);
	fence_leave(&f, &a, &woken);
	assert_ptr_equal(woken.first, waits ? &b.s.turn : NULL);
	assert_null(fence_earlier(&f, &b));
	return waits;
}

static void who_waits_for_whom(void **state)
{
	(void)state;
	assert_false(overlapped(AOE_READ, 10, 5, AOE_READ, 10, 5));
	assert_true(overlapped(AOE_READ, 10, 5, AOE_WRITE, 10, 5));
	assert_true(overlapped(AOE_WRITE, 10, 5, AOE_READ, 10, 5));
	assert_true(overlapped(AOE_WRITE, 10, 5, AOE_WRITE, 10, 5));
	assert_false(overlapped(AOE_FLUSH, 10, 5, AOE_WRITE, 10, 5));
	assert_false(overlapped(AOE_WRITE, 10, 5, AOE_FLUSH, 10, 5));
	/* A setting waits for a setting, and nothing else does. */
	assert_true(overlapped(AOE_SET_CONFIG, 0, 1, AOE_SET_CONFIG, 0, 1));
	assert_false(overlapped(AOE_SET_CONFIG, 0, 1, AOE_WRITE, 0, 1));
	assert_false(overlapped(AOE_WRITE, 0, 1, AOE_SET_CONFIG, 0, 1));
}

static void what_overlaps(void **state)
{
	(void)state;
	for (uint64_t lba = 0; lba < 12; lba++) {
		for (uint64_t count = 1; count < 8; count++) {
			bool want = lba < 7 && lba + count > 4;

			assert_int_equal(
			    overlapped(AOE_WRITE, 4, 3, AOE_WRITE, lba, count),
			    want);
		}
	}
}

/* One that waits itself still comes before those behind it. */
static void order_of_arrival(void **state)
{
	struct aoe_request a, b, c;
	struct heap woken = {0};
	struct fence f;

	(void)state;
	fence_init(&f, 1);
	assert_null(enter(&f, &a, AOE_WRITE, 0, 4));
	assert_ptr_equal(enter(&f, &b, AOE_READ, 2, 8), &a.s.range);
	fence_wait(&b, &a.s.range);
	assert_ptr_equal(enter(&f, &c, AOE_WRITE, 8, 1), &b.s.range);
	fence_wait(&c, &b.s.range);
	fence_leave(&f, &a, &woken);
	assert_ptr_equal(woken.first, &b.s.turn);
	heap_remove(&woken, &b.s.turn);
	assert_null(woken.first);
	assert_null(fence_earlier(&f, &b));
	assert_ptr_equal(fence_earlier(&f, &c), &b.s.range);
	fence_leave(&f, &b, &woken);
	assert_ptr_equal(woken.first, &c.s.turn);
	assert_null(fence_earlier(&f, &c));
	/* It is not there twice. */
	heap_remove(&woken, &c.s.turn);
	fence_leave(&f, &b, &woken);
	assert_null(woken.first);
}

/* On arrival the last in the way counts, as most have ended by then. */
static void last_then_first(void **state)
{
	struct aoe_request a, b, c, all;
	struct heap woken = {0};
	struct fence f;

	(void)state;
	fence_init(&f, 1);
	assert_null(enter(&f, &a, AOE_READ, 0, 1));
	assert_null(enter(&f, &b, AOE_WRITE, 1, 1));
	assert_null(enter(&f, &c, AOE_READ, 2, 1));
	assert_ptr_equal(enter(&f, &all, AOE_WRITE, 0, 9), &c.s.range);
	fence_leave(&f, &c, &woken);
	assert_ptr_equal(fence_earlier(&f, &all), &b.s.range);
	fence_leave(&f, &b, &woken);
	assert_ptr_equal(fence_earlier(&f, &all), &a.s.range);
	fence_leave(&f, &a, &woken);
	assert_null(fence_earlier(&f, &all));
}

/* All who waited for one have their turn in order of arrival. */
static void woken_in_order(void **state)
{
	struct aoe_request w, r[5];
	struct heap woken = {0};
	struct fence f;

	(void)state;
	fence_init(&f, 1);
	assert_null(enter(&f, &w, AOE_WRITE, 0, 9));
	for (unsigned i = 0; i < 5; i++)
		assert_ptr_equal(enter(&f, &r[i], AOE_READ, i, 1), &w.s.range);
	for (unsigned i = 0; i < 5; i++)
		fence_wait(&r[i * 2 % 5], &w.s.range);
	fence_leave(&f, &w, &woken);
	for (unsigned i = 0; i < 5; i++) {
		assert_ptr_equal(woken.first, &r[i].s.turn);
		assert_true(list_empty(&r[i].s.wait));
		heap_remove(&woken, woken.first);
	}
	assert_null(woken.first);
}

#define CROWD 60u

/* Requests that come, begin when the fence lets them, and end. */
struct crowd {
	struct fence f;
	struct heap woken;
	struct aoe_request rq[CROWD];
	bool here[CROWD], begun[CROWD];
};

static bool conflict(const struct aoe_request *a, const struct aoe_request *b)
{
	const struct range *r = &a->s.range, *q = &b->s.range;

	if (a->op == AOE_SET_CONFIG || b->op == AOE_SET_CONFIG)
		return a->op == b->op;
	return (a->op == AOE_WRITE || b->op == AOE_WRITE) && r->lba < q->end &&
	       q->lba < r->end;
}

/* The rule itself: nothing earlier is in its way. */
static bool may_begin(const struct crowd *c, unsigned n)
{
	for (unsigned i = 0; i < CROWD; i++) {
		if (c->here[i] &&
		    c->rq[i].s.range.arrival < c->rq[n].s.range.arrival &&
		    conflict(&c->rq[i], &c->rq[n]))
			return false;
	}
	return true;
}

static void turn(struct crowd *c, struct range *obstacle, unsigned n)
{
	if (obstacle != NULL)
		fence_wait(&c->rq[n], obstacle);
	else
		c->begun[n] = true;
}

static void leave(struct crowd *c, unsigned n)
{
	struct aoe_request *rq = &c->rq[n];

	fence_leave(&c->f, rq, &c->woken);
	heap_remove(&c->woken, &rq->s.turn);
	list_del(&rq->s.wait);
	c->here[n] = c->begun[n] = false;
	while (c->woken.first != NULL) {
		rq = container_of(c->woken.first, struct aoe_request, s.turn);
		heap_remove(&c->woken, &rq->s.turn);
		turn(c, fence_earlier(&c->f, rq), (unsigned)(rq - c->rq));
	}
}

/* A setting is for one sector of its own. */
static void arrive(
    struct crowd *c, unsigned n, struct unit_random *rnd, unsigned places)
{
	static const enum aoe_op ops[] = {
	    AOE_READ, AOE_WRITE, AOE_WRITE, AOE_SET_CONFIG};
	enum aoe_op op = ops[unit_below(rnd, 4)];
	uint64_t lba = op == AOE_SET_CONFIG ? 0 : unit_below(rnd, places);
	uint64_t count = op == AOE_SET_CONFIG ? 1 : 1 + unit_below(rnd, 4);

	c->here[n] = true;
	turn(c, enter(&c->f, &c->rq[n], op, lba, count), n);
}

/* Whoever comes, ends or is cancelled: all and only those begin that may. */
static void agrees_with_the_rule(void **state)
{
	struct unit_random rnd = unit_random(__func__);
	static struct crowd c;

	(void)state;
	fence_init(&c.f, 1);
	for (unsigned op = 0; op < 20000; op++) {
		unsigned n = unit_below(&rnd, CROWD);

		/* Nearly always one ends that has begun. */
		if (!c.here[n])
			arrive(&c, n, &rnd, op / 2000 % 2 ? 4 : 40);
		else if (c.begun[n] || unit_below(&rnd, 20) == 0)
			leave(&c, n);
		for (unsigned i = 0; i < CROWD; i++)
			assert_int_equal(
			    c.begun[i], c.here[i] && may_begin(&c, i));
	}
	for (unsigned i = 0; i < CROWD; i++) {
		if (c.here[i])
			leave(&c, i);
	}
	assert_null(c.f.reads.tree.root);
	assert_null(c.f.writes.tree.root);
	assert_null(c.f.settings.tree.root);
}

static bool late(
    const struct fence *f, enum aoe_op op, uint64_t lba, uint64_t count)
{
	struct aoe_request rq;

	arrives(&rq, op, lba, count);
	return fence_late(f, &rq) != NULL;
}

static void late_copies(void **state)
{
	struct copy c[3] = {{.kind = COPY_WRITE, .lba = 10, .count = 2},
	    {.kind = COPY_WRITE, .lba = 20, .count = 1},
	    {.kind = COPY_SETTING, .count = 1}};
	struct heap woken = {0};
	struct aoe_request rq;
	struct fence f;

	(void)state;
	fence_init(&f, 1);
	assert_false(late(&f, AOE_WRITE, 0, 100));
	fence_add_late(&f, &c[0], 1);
	fence_add_late(&f, &c[1], 2);
	assert_false(late(&f, AOE_WRITE, 0, 10));
	assert_true(late(&f, AOE_WRITE, 0, 11));
	assert_true(late(&f, AOE_WRITE, 11, 1));
	assert_false(late(&f, AOE_WRITE, 12, 8));
	assert_true(late(&f, AOE_WRITE, 12, 9));
	assert_false(late(&f, AOE_WRITE, 21, 100));
	/* Reads pass. */
	assert_false(late(&f, AOE_READ, 0, 100));
	arrives(&rq, AOE_WRITE, 0, 12);
	fence_wait(&rq, fence_late(&f, &rq));
	fence_leave_late(&f, &c[0], &woken);
	assert_ptr_equal(woken.first, &rq.s.turn);
	assert_false(late(&f, AOE_WRITE, 0, 20));
	/* A setting waits for a setting, and nothing else does. */
	assert_false(late(&f, AOE_SET_CONFIG, 0, 1));
	fence_add_late(&f, &c[2], 3);
	assert_true(late(&f, AOE_SET_CONFIG, 0, 1));
	assert_false(late(&f, AOE_WRITE, 0, 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_waits_for_whom),
	    cmocka_unit_test(what_overlaps),
	    cmocka_unit_test(order_of_arrival),
	    cmocka_unit_test(last_then_first),
	    cmocka_unit_test(woken_in_order),
	    cmocka_unit_test(agrees_with_the_rule),
	    cmocka_unit_test(late_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
