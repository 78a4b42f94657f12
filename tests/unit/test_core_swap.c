/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One of two MACs shows another disk when no path stands for ours: the other
 * MAC may still show it, for a second.
 */
#include "tests/unit/core_talk.h"

/*
 * rig_target has said nothing for so long, then rig_other shows another disk.
 * Whoever is asked from now on has ours.
 */
static void one_is_swapped(struct rig *r, nsec_t silence)
{
	talk_two_ports(r, NULL);
	rig_config(r, 1, rig_target, 0);
	talk_serve(r, silence, TALK_NOTHING, TALK_CONTROL);
	assert_int_equal(rig_path(r, 0).state, ENGINE_PATH_SILENT);
	r->serial = 'B';
	rig_config(r, 2, rig_other, 0);
	rig_verify(r, 2);
	r->serial = 'A';
	assert_int_equal(rig_path(r, 1).state, ENGINE_PATH_REFUSED);
}

static void the_other_shows_the_disk(void **state)
{
	struct rig_request q;
	struct rig r;

	(void)state;
	one_is_swapped(&r, 10 * NSEC_SEC);
	assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
	talk_serve(&r, 3 * NSEC_SEC, TALK_ALL, TALK_NOTHING);
	assert_int_equal(q.done, 1);
	assert_int_equal(q.error, 0);
	assert_false(r.events & ENGINE_SWAPPED);
	rig_fini(&r);
}

static void the_other_says_nothing(void **state)
{
	struct rig_request q;
	struct rig r;

	(void)state;
	one_is_swapped(&r, 10 * NSEC_SEC);
	assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
	talk_serve(&r, 1100 * NSEC_MS, TALK_NOTHING, TALK_NOTHING);
	assert_int_equal(q.done, 1);
	assert_int_equal(q.error, -ESTALE);
	assert_true(r.events & ENGINE_SWAPPED);
	rig_fini(&r);
}

/* It is asked seldom by then, and at once for this. */
static void the_other_is_asked(void **state)
{
	struct rig r;

	(void)state;
	one_is_swapped(&r, 120 * NSEC_SEC);
	talk_serve(&r, 3 * NSEC_SEC, TALK_ALL, TALK_NOTHING);
	assert_int_equal(rig_path(&r, 0).state, ENGINE_PATH_UP);
	assert_false(r.events & ENGINE_SWAPPED);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_other_shows_the_disk),
	    cmocka_unit_test(the_other_says_nothing),
	    cmocka_unit_test(the_other_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
