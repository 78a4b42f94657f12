/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether an announcement that one of two ports heard was a restart, and what
 * a flush makes of it.
 */
#include "tests/unit/core_talk.h"

/* One MAC behind two ports, a write that it did not flush. */
static void two_ways(
    struct rig *r, struct rig_request *q, const struct engine_config *config)
{
	struct rig_frame f;

	rig_up(r, config);
	rig_port(r, 2, true);
	rig_config(r, 2, rig_target, 1);
	assert_int_equal(rig_verify(r, 2), 1);
	rig_verify(r, 1);
	assert_int_equal(rig_submit(r, q, AOE_WRITE, 0, 512), 0);
	talk_next_data(r, &f);
	rig_good(r, &f, 0);
	rig_ends(r, q, 0);
}

/* What answers at the port that heard of it says nothing against it. */
static void the_first_port_does_not_deny_it(void **state)
{
	struct rig_request q;
	struct rig r;

	(void)state;
	two_ways(&r, &q, NULL);
	rig_config(&r, 1, rig_target, 0);
	assert_int_equal(rig_verify(&r, 1), 2);
	assert_int_equal(rig_stats(&r).restarts, 0);
	rig_run(&r, 1, r.now + 200 * NSEC_MS);
	assert_int_equal(rig_stats(&r).restarts, 1);
	rig_fini(&r);
}

/* A strict flush that comes before it is known fails: there is no other. */
static void a_flush_does_not_slip_through(void **state)
{
	struct engine_config config = {.strict_flush = true};
	struct rig_request q;
	struct rig r;

	(void)state;
	two_ways(&r, &q, &config);
	rig_config(&r, 1, rig_target, 0);
	assert_int_equal(rig_stats(&r).restarts, 0);
	assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
	rig_ends(&r, &q, -EIO);
	assert_int_equal(rig_stats(&r).restarts, 1);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_port_does_not_deny_it),
	    cmocka_unit_test(a_flush_does_not_slip_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
