/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/copy.h"
#include "aoe-user/core/device.h"
#include "aoe-user/core/fence.h"
#include "tests/unit/unit.h"

struct pair {
	struct device dev;
	struct aoe_request a, b;
};

static void put(struct pair *p, struct aoe_request *rq, enum aoe_op op,
    uint64_t lba, uint64_t count)
{
	rq->op = op;
	rq->s.lba = lba;
	rq->s.count = count;
	list_append(&p->dev.requests, &rq->s.link);
}

static bool overlapped(enum aoe_op first, uint64_t lba, uint64_t count,
    enum aoe_op second, uint64_t lba2, uint64_t count2)
{
	struct pair p = {0};

	list_init(&p.dev.requests);
	put(&p, &p.a, first, lba, count);
	put(&p, &p.b, second, lba2, count2);
	/* Never one that came later. */
	assert_false(fence_overlapped(&p.dev, &p.a));
	return fence_overlapped(&p.dev, &p.b);
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
	struct pair p = {0};
	struct aoe_request c = {0};

	(void)state;
	list_init(&p.dev.requests);
	put(&p, &p.a, AOE_WRITE, 0, 4);
	put(&p, &p.b, AOE_READ, 2, 8);
	put(&p, &c, AOE_WRITE, 8, 1);
	assert_true(fence_overlapped(&p.dev, &p.b));
	assert_true(fence_overlapped(&p.dev, &c));
	list_del(&p.a.s.link);
	assert_false(fence_overlapped(&p.dev, &p.b));
	assert_true(fence_overlapped(&p.dev, &c));
	list_del(&p.b.s.link);
	assert_false(fence_overlapped(&p.dev, &c));
}

static bool late(
    const struct device *dev, enum aoe_op op, uint64_t lba, uint64_t count)
{
	struct aoe_request rq = {.op = op, .s.lba = lba, .s.count = count};

	return fence_late(dev, &rq);
}

static void late_copies(void **state)
{
	struct device dev = {0};
	struct copy c[3] = {{.kind = COPY_WRITE, .lba = 10, .count = 2},
	    {.kind = COPY_WRITE, .lba = 20, .count = 1},
	    {.kind = COPY_SETTING}};

	(void)state;
	list_init(&dev.late);
	assert_false(late(&dev, AOE_WRITE, 0, 100));
	list_append(&dev.late, &c[0].owner_link);
	list_append(&dev.late, &c[1].owner_link);
	assert_false(late(&dev, AOE_WRITE, 0, 10));
	assert_true(late(&dev, AOE_WRITE, 0, 11));
	assert_true(late(&dev, AOE_WRITE, 11, 1));
	assert_false(late(&dev, AOE_WRITE, 12, 8));
	assert_true(late(&dev, AOE_WRITE, 12, 9));
	assert_false(late(&dev, AOE_WRITE, 21, 100));
	list_del(&c[0].owner_link);
	assert_false(late(&dev, AOE_WRITE, 0, 20));
	/* A setting waits for a setting, and nothing else does. */
	assert_false(late(&dev, AOE_SET_CONFIG, 0, 0));
	list_append(&dev.late, &c[2].owner_link);
	assert_true(late(&dev, AOE_SET_CONFIG, 0, 0));
	assert_false(late(&dev, AOE_WRITE, 0, 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_waits_for_whom),
	    cmocka_unit_test(what_overlaps),
	    cmocka_unit_test(order_of_arrival),
	    cmocka_unit_test(late_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
