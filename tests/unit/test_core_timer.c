/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/timer.h"
#include "tests/unit/unit.h"

#define COUNT 40u
#define OPS 200000u

/* The model: when each timer is to fire, by its number. */
struct model {
	struct timers ts;
	struct timer t[COUNT];
	nsec_t at[COUNT];
};

static nsec_t first(const struct model *m)
{
	nsec_t at = NSEC_NEVER;

	for (unsigned i = 0; i < COUNT; i++)
		at = nsec_min(at, m->at[i]);
	return at;
}

static void check(const struct model *m)
{
	assert_true(timer_first(&m->ts) == first(m));
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(m->t[i].node.in, m->at[i] != NSEC_NEVER);
		if (m->t[i].node.in)
			assert_true(m->t[i].node.key == m->at[i]);
	}
}

static void expire(struct model *m, nsec_t now)
{
	struct timer *t = timer_expire(&m->ts, now);
	unsigned i;

	if (t == NULL) {
		assert_true(first(m) > now);
		return;
	}
	i = (unsigned)(t - m->t);
	assert_true(m->at[i] == first(m));
	assert_true(m->at[i] <= now);
	m->at[i] = NSEC_NEVER;
}

static void agrees_with_the_model(void **state)
{
	struct unit_random rnd = unit_random(__func__);
	struct model m = {0};

	(void)state;
	for (unsigned i = 0; i < COUNT; i++)
		m.at[i] = NSEC_NEVER;
	for (unsigned op = 0; op < OPS; op++) {
		unsigned i = unit_below(&rnd, COUNT);
		/* Few values, so that many are equal. */
		nsec_t at = unit_below(&rnd, op % 2 ? 8 : 1000);

		switch (unit_below(&rnd, 6)) {
		case 0:
		case 1:
			timer_set(&m.ts, &m.t[i], at);
			m.at[i] = at;
			break;
		case 2:
			timer_at_latest(&m.ts, &m.t[i], at);
			m.at[i] = nsec_min(m.at[i], at);
			break;
		case 3:
			timer_clear(&m.ts, &m.t[i]);
			m.at[i] = NSEC_NEVER;
			break;
		case 4:
			timer_set(&m.ts, &m.t[i], NSEC_NEVER);
			m.at[i] = NSEC_NEVER;
			break;
		default:
			expire(&m, at);
		}
		check(&m);
	}
	while (first(&m) != NSEC_NEVER)
		expire(&m, NSEC_NEVER - 1);
	assert_null(m.ts.heap.first);
}

static void empty_heap(void **state)
{
	struct timers ts = {0};
	struct timer t = {0};

	(void)state;
	assert_true(timer_first(&ts) == NSEC_NEVER);
	assert_null(timer_expire(&ts, NSEC_NEVER));
	timer_clear(&ts, &t);
	timer_at_latest(&ts, &t, NSEC_NEVER);
	assert_false(t.node.in);
	timer_set(&ts, &t, 5);
	assert_null(timer_expire(&ts, 4));
	assert_ptr_equal(timer_expire(&ts, 5), &t);
	assert_false(t.node.in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agrees_with_the_model),
	    cmocka_unit_test(empty_heap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
