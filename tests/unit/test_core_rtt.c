/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/rtt.h"
#include "tests/unit/unit.h"

static void before_any_sample(void **state)
{
	struct rtt r;

	(void)state;
	rtt_init(&r);
	assert_true(rtt_rto(&r) == RTT_INITIAL);
	assert_true(rtt_pto(&r) == RTT_INITIAL);
	assert_true(rtt_lost_age(&r, 5) == RTT_INITIAL);
	assert_true(rtt_reorder_window(&r, 5) == 0);
}

/* RFC 6298: SRTT gain 1/8, RTTVAR gain 1/4. */
static void samples(void **state)
{
	struct rtt r;

	(void)state;
	rtt_init(&r);
	rtt_sample(&r, 800);
	assert_true(r.srtt == 800);
	assert_true(r.rttvar == 400);
	assert_true(rtt_rto(&r) == 800 + 4 * 400);
	rtt_sample(&r, 1600);
	assert_true(r.srtt == 900);
	assert_true(r.rttvar == 500);
	rtt_sample(&r, 100);
	assert_true(r.srtt == 800);
	assert_true(r.rttvar == 575);
	for (unsigned i = 0; i < 200; i++)
		rtt_sample(&r, 2000);
	assert_in_range(r.srtt, 1990, 2000);
	assert_true(r.rttvar < 20);
	/* Quiet lines: a quarter more than a round trip is waited at least. */
	assert_in_range(rtt_pto(&r), 5 * 1990 / 4, 5 * 2000 / 4);
}

static void nothing_becomes_zero(void **state)
{
	struct rtt r;

	(void)state;
	rtt_init(&r);
	for (unsigned i = 0; i < 100; i++) {
		rtt_sample(&r, 0);
		assert_true(r.srtt > 0);
		assert_true(rtt_rto(&r) > 0);
	}
}

static void probes_within_a_second(void **state)
{
	struct rtt r;

	(void)state;
	rtt_init(&r);
	rtt_sample(&r, 20 * NSEC_SEC);
	assert_true(rtt_pto(&r) == RTT_PTO_MAX);
	assert_true(rtt_lost_age(&r, 0) == RTT_LOST_MAX);
}

static void learns_and_forgets_disorder(void **state)
{
	nsec_t now = 1000 * NSEC_SEC;
	struct rtt r;

	(void)state;
	rtt_init(&r);
	rtt_sample(&r, NSEC_MS);
	assert_true(rtt_reorder_window(&r, now) == NSEC_MS / 4);
	assert_true(rtt_lost_age(&r, now) == NSEC_MS + NSEC_MS / 4);
	/* Answered 8 ms later than usual, after it had been given up. */
	rtt_spurious(&r, 9 * NSEC_MS, now);
	assert_true(rtt_reorder_window(&r, now) == 8 * NSEC_MS);
	assert_true(rtt_lost_age(&r, now) == 9 * NSEC_MS);
	/* A smaller one does not unlearn it, but keeps it fresh. */
	now += 9 * NSEC_SEC;
	rtt_spurious(&r, 3 * NSEC_MS, now);
	assert_true(rtt_reorder_window(&r, now) == 8 * NSEC_MS);
	now += RTT_REORDER_DECAY - 1;
	assert_true(rtt_reorder_window(&r, now) == 8 * NSEC_MS);
	assert_true(rtt_reorder_window(&r, now + 1) == 4 * NSEC_MS);
	/* Two more periods pass without a look. */
	assert_true(
	    rtt_reorder_window(&r, now + 1 + 2 * RTT_REORDER_DECAY) == NSEC_MS);
	assert_true(rtt_reorder_window(&r, now + 100 * RTT_REORDER_DECAY) ==
		    NSEC_MS / 4);
}

static void bounds_what_it_learns(void **state)
{
	struct rtt r;

	(void)state;
	rtt_init(&r);
	rtt_sample(&r, NSEC_MS);
	rtt_spurious(&r, 30 * NSEC_SEC, NSEC_SEC);
	assert_true(rtt_reorder_window(&r, NSEC_SEC) == RTT_REORDER_MAX);
	/* Answered sooner than usual: no disorder. */
	rtt_init(&r);
	rtt_sample(&r, NSEC_MS);
	rtt_spurious(&r, NSEC_US, NSEC_SEC);
	assert_true(rtt_reorder_window(&r, NSEC_SEC) == NSEC_MS / 4);
}

static void learns_how_far_answers_fall_behind(void **state)
{
	struct rtt r;

	(void)state;
	rtt_init(&r);
	assert_true(rtt_lost_behind(&r) == RTT_INITIAL);
	rtt_sample(&r, 800 * NSEC_US);
	assert_true(rtt_lost_behind(&r) == 25 * NSEC_US);
	/* It takes more than one to believe in very late ones. */
	rtt_overtaken(&r, 4 * NSEC_MS);
	assert_true(rtt_lost_behind(&r) == 250 * NSEC_US);
	for (unsigned i = 0; i < 8; i++)
		rtt_overtaken(&r, 4 * NSEC_MS);
	assert_in_range(rtt_lost_behind(&r), 4900 * NSEC_US, 5 * NSEC_MS);
	/* Answers in order make it forget, and no time alone does. */
	for (unsigned i = 0; i < RTT_BEHIND_ONE_IN; i++)
		rtt_overtaken(&r, 0);
	assert_in_range(rtt_lost_behind(&r), 1500 * NSEC_US, 2 * NSEC_MS);
	for (unsigned i = 0; i < 10 * RTT_BEHIND_ONE_IN; i++)
		rtt_overtaken(&r, 0);
	assert_true(rtt_lost_behind(&r) == 25 * NSEC_US);
	for (unsigned i = 0; i < 100; i++)
		rtt_overtaken(&r, 100 * NSEC_SEC);
	assert_in_range(rtt_lost_behind(&r), RTT_REORDER_MAX,
	    RTT_REORDER_MAX + RTT_REORDER_MAX / 4);
}

/* One answer in a hundred is very late: it is not what all the others get. */
static void does_not_wait_for_the_slowest(void **state)
{
	unsigned late = 0, n = 100000;
	struct unit_random u = unit_random("does_not_wait_for_the_slowest");
	struct rtt r;

	(void)state;
	rtt_init(&r);
	rtt_sample(&r, NSEC_MS);
	for (unsigned i = 0; i < n; i++) {
		/* Pareto: one in n is later than n times the least. */
		nsec_t behind =
		    100 * NSEC_US * 100000 / (1 + unit_below(&u, 100000));

		late += behind > rtt_lost_behind(&r);
		rtt_overtaken(&r, behind);
	}
	assert_in_range(late, n / 400, n / 40);
}

/* The first window says nothing of those in it that take longest. */
static void is_not_sure_at_once(void **state)
{
	struct rtt r;

	(void)state;
	rtt_init(&r);
	for (unsigned i = 0; i < RTT_SURE; i++) {
		assert_false(rtt_sure(&r, 0));
		rtt_sample(&r, NSEC_MS);
	}
	assert_true(rtt_sure(&r, 0));
	assert_false(rtt_sure(&r, 1000));
	for (unsigned i = 0; i < 2000; i++)
		rtt_sample(&r, NSEC_MS);
	assert_true(rtt_sure(&r, 1000));
}

static void settles_later_than_it_is_sure(void **state)
{
	struct rtt r;

	(void)state;
	rtt_init(&r);
	for (unsigned i = 0; i < RTT_SETTLED; i++) {
		assert_false(rtt_settled(&r));
		rtt_sample(&r, NSEC_MS);
	}
	assert_true(rtt_settled(&r));
}

/* The answers of a growing queue: the latest counts, not only the mean. */
static void expects_what_is_usual_now(void **state)
{
	struct rtt r;

	(void)state;
	rtt_init(&r);
	assert_true(rtt_usual(&r) == RTT_INITIAL);
	rtt_sample(&r, NSEC_MS);
	rtt_sample(&r, 3 * NSEC_MS);
	assert_true(rtt_usual(&r) == 3 * NSEC_MS);
	rtt_sample(&r, NSEC_US);
	assert_true(rtt_usual(&r) == r.srtt);
	assert_true(rtt_margin(&r) == 4 * r.rttvar);
	assert_true(rtt_pto_margin(&r) == 2 * r.rttvar);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(before_any_sample),
	    cmocka_unit_test(samples),
	    cmocka_unit_test(nothing_becomes_zero),
	    cmocka_unit_test(probes_within_a_second),
	    cmocka_unit_test(learns_and_forgets_disorder),
	    cmocka_unit_test(bounds_what_it_learns),
	    cmocka_unit_test(learns_how_far_answers_fall_behind),
	    cmocka_unit_test(does_not_wait_for_the_slowest),
	    cmocka_unit_test(is_not_sure_at_once),
	    cmocka_unit_test(settles_later_than_it_is_sure),
	    cmocka_unit_test(expects_what_is_usual_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
