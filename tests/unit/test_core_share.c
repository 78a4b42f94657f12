/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shares: who may have how much of a pool, and that the sums are right however
 * holders come and go.
 */
#include "aoe-user/core/share.h"
#include "tests/unit/unit.h"

#define USERS 12u

struct users {
	struct share_pool p;
	struct share s[USERS];
};

static void init(struct users *u, unsigned max, unsigned holders)
{
	share_pool_init(&u->p, max);
	for (unsigned i = 0; i < USERS; i++)
		share_init(&u->s[i]);
	for (unsigned i = 0; i < holders; i++)
		share_hold(&u->p, &u->s[i]);
}

/* Takes all that it gets, or `most`; how many it has then. */
static unsigned fill(struct users *u, unsigned i, unsigned most)
{
	while (u->s[i].used < most && share_has_room(&u->p, &u->s[i]))
		share_take(&u->p, &u->s[i]);
	return u->s[i].used;
}

static void empty(struct users *u, unsigned i)
{
	while (u->s[i].used > 0)
		share_give(&u->p, &u->s[i]);
}

static unsigned sum(const struct users *u)
{
	unsigned n = 0;

	for (unsigned i = 0; i < USERS; i++)
		n += u->s[i].used;
	return n;
}

static void one_has_all(void **state)
{
	struct users u;

	(void)state;
	init(&u, 100, 1);
	assert_int_equal(fill(&u, 0, 1000), 100);
	empty(&u, 0);
	assert_int_equal(u.p.beyond, 0);
	share_hold(&u.p, &u.s[1]);
	share_release(&u.p, &u.s[0]);
	assert_int_equal(fill(&u, 1, 1000), 100);
}

/* Half is divided; of the rest nobody has more than it leaves. */
static void parts(void **state)
{
	struct users u;

	(void)state;
	init(&u, 160, 4);
	assert_int_equal(u.p.each, 20);
	assert_int_equal(fill(&u, 0, 1000), 20 + 40);
	assert_int_equal(fill(&u, 1, 1000), 20 + 20);
	assert_int_equal(fill(&u, 2, 1000), 20 + 10);
	assert_int_equal(fill(&u, 3, 1000), 20 + 5);
	assert_true(sum(&u) <= 160);
	/* What one gives back is for all, until they are level. */
	empty(&u, 0);
	assert_int_equal(fill(&u, 3, 1000), 20 + 25);
	assert_int_equal(fill(&u, 1, 1000), 20 + 23);
}

/* However many are greedy, who comes last has its part and more. */
static void greedy_ones_leave_room(void **state)
{
	(void)state;
	for (unsigned n = 1; n < USERS; n++) {
		struct users u;

		init(&u, 1200, n + 1);
		for (unsigned turn = 0; turn < 1200; turn++)
			fill(&u, turn % n, u.s[turn % n].used + 1);
		assert_true(sum(&u) <= 1200);
		assert_true(fill(&u, n, 1000) > u.p.each + 600 / (n + 2) / 2);
		assert_true(sum(&u) <= 1200);
	}
}

/* One at least, in a pool that is too small, and for who holds nothing. */
static void one_at_least(void **state)
{
	struct users u;

	(void)state;
	init(&u, 4, USERS - 1);
	assert_int_equal(u.p.each, 1);
	for (unsigned i = 0; i < USERS; i++)
		assert_int_equal(fill(&u, i, 1000), 1);
	init(&u, 4, 1);
	assert_int_equal(fill(&u, 0, 1000), 4);
	assert_int_equal(fill(&u, 1, 1000), 1);
	empty(&u, 0);
	empty(&u, 1);
	assert_int_equal(u.p.beyond, 0);
}

/* What was in use when a part became smaller is not taken away. */
static void holders_come_and_go(void **state)
{
	struct users u;

	(void)state;
	init(&u, 64, 1);
	assert_int_equal(fill(&u, 0, 1000), 64);
	share_hold(&u.p, &u.s[1]);
	assert_int_equal(u.p.each, 16);
	assert_int_equal(u.p.beyond, 48);
	assert_false(share_has_room(&u.p, &u.s[0]));
	assert_int_equal(fill(&u, 1, 1000), 16);
	share_release(&u.p, &u.s[0]);
	assert_int_equal(u.p.each, 64);
	assert_int_equal(u.p.beyond, 63);
	empty(&u, 0);
	assert_int_equal(u.p.beyond, 0);
	assert_int_equal(fill(&u, 1, 1000), 64);
}

/* `beyond` is what a walk over all would find. */
static void counts_are_right(void **state)
{
	struct unit_random rnd = unit_random(__func__);
	struct users u;

	(void)state;
	init(&u, 50, 0);
	for (unsigned n = 0; n < 20000; n++) {
		struct share *s = &u.s[unit_below(&rnd, USERS)];
		unsigned beyond = 0, holders = 0;

		if (unit_below(&rnd, 50) == 0) {
			if (list_empty(&s->link))
				share_hold(&u.p, s);
			else
				share_release(&u.p, s);
		} else if (unit_below(&rnd, 5) < 3) {
			if (share_has_room(&u.p, s))
				share_take(&u.p, s);
		} else if (s->used > 0) {
			share_give(&u.p, s);
		}
		for (unsigned i = 0; i < USERS; i++) {
			bool held = !list_empty(&u.s[i].link);
			unsigned part = held ? u.p.each : 1;

			holders += held;
			if (u.s[i].used > part)
				beyond += u.s[i].used - part;
		}
		assert_int_equal(u.p.holders, holders);
		assert_int_equal(u.p.beyond, beyond);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_has_all),
	    cmocka_unit_test(parts),
	    cmocka_unit_test(greedy_ones_leave_room),
	    cmocka_unit_test(one_at_least),
	    cmocka_unit_test(holders_come_and_go),
	    cmocka_unit_test(counts_are_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
