/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 5: what is a reason to ask a target once more who it is, and what an
 * answer that was asked for before that is worth.
 */
#include "tests/unit/core_talk.h"

/* Sends its config query and IDENTIFY, both unanswered. */
static void both_asked(struct rig *r, unsigned port, struct rig_frame f[2])
{
	unsigned n = 0;

	while (n < 2) {
		assert_true(rig_send(r, port, &f[n]));
		n += !mac_equal(f[n].h.dst, mac_broadcast);
	}
	assert_true(rig_is_query(&f[0]));
	assert_true(rig_is_identify(&f[1]));
}

/* The next frame that is no broadcast. */
static void next_directed(struct rig *r, unsigned port, struct rig_frame *f)
{
	do
		assert_true(rig_send(r, port, f));
	while (mac_equal(f->h.dst, mac_broadcast));
}

/* Its config answer is news: IDENTIFY was answered by who knows whom. */
static void another_config_asks_again(void **state)
{
	struct rig_frame f[2], g;
	struct rig_request q;
	struct rig r;

	(void)state;
	for (unsigned news = 0; news < 2; news++) {
		rig_up(&r, NULL);
		assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
		rig_config(&r, 1, rig_target, 0);
		both_asked(&r, 1, f);
		rig_control(&r, &f[1], rig_target);
		r.buffers = news ? 8 : 16;
		rig_control(&r, &f[0], rig_target);
		next_directed(&r, 1, &g);
		assert_int_equal(rig_is_data(&g), !news);
		rig_fini(&r);
	}
}

/* A second answer to the same query is not: two may answer for one MAC. */
static void the_first_answer_counts(void **state)
{
	struct rig_frame f[2], g;
	struct rig_request q;
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
	rig_config(&r, 1, rig_target, 0);
	both_asked(&r, 1, f);
	rig_control(&r, &f[0], rig_target);
	r.buffers = 8;
	rig_control(&r, &f[0], rig_target);
	rig_control(&r, &f[1], rig_target);
	next_directed(&r, 1, &g);
	assert_true(rig_is_data(&g));
	rig_fini(&r);
}

/* The answer to an older question comes last: it is not what holds now. */
static void the_last_question_counts(void **state)
{
	struct engine_device_info info;
	struct rig_frame f[2], g[2];
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	rig_config(&r, 1, rig_target, 0);
	both_asked(&r, 1, f);
	rig_run(&r, 2, r.now + 300 * NSEC_MS); /* nothing leaves port 1 */
	rig_config(&r, 1, rig_target, 0);
	both_asked(&r, 1, g);
	r.buffers = 8;
	rig_control(&r, &g[0], rig_target);
	rig_control(&r, &g[1], rig_target);
	r.buffers = 16;
	rig_control(&r, &f[0], rig_target);
	engine_device_info(r.dev, &info);
	assert_int_equal(info.buffers, 8);
	rig_fini(&r);
}

/* It starts where nobody knew it: its other paths are no better for that. */
static void a_new_path_is_a_doubt(void **state)
{
	struct rig_request q;
	struct rig_frame f;
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	rig_port(&r, 2, true);
	rig_config(&r, 2, rig_target, 0);
	assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
	next_directed(&r, 1, &f);
	assert_false(rig_is_data(&f));
	rig_fini(&r);
}

/*
 * Announced so often that the round under way goes on: IDENTIFY is asked once
 * more all the same, since its answer was another disk's perhaps.
 */
static void a_storm_hides_no_swap(void **state)
{
	struct rig_request q;
	struct rig_frame f[2], g;
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
	for (unsigned i = 0; i < 100; i++)
		rig_config(&r, 1, rig_target, 0);
	both_asked(&r, 1, f);
	rig_control(&r, &f[1], rig_target);
	rig_config(&r, 1, rig_target, 0);
	rig_control(&r, &f[0], rig_target);
	next_directed(&r, 1, &g);
	assert_true(rig_is_identify(&g));
	rig_control(&r, &g, rig_target);
	next_directed(&r, 1, &g);
	assert_true(rig_is_data(&g));
	rig_fini(&r);
}

/* One port could not send its query yet: a rival there was never asked. */
static void each_port_asks_for_rivals(void **state)
{
	struct engine_config config = {.settle = 100 * NSEC_MS};
	struct rig_frame f;
	struct rig r;
	nsec_t met;

	(void)state;
	rig_init(&r, &config);
	rig_port(&r, 1, true);
	rig_port(&r, 2, true);
	rig_config(&r, 1, rig_target, 1);
	rig_verify(&r, 1);
	met = r.now;
	engine_reap(r.e);
	while (r.now < met + 400 * NSEC_MS) {
		assert_int_equal(engine_open(r.e, r.dev), -EAGAIN);
		while (rig_send(&r, 1, &f))
			;
		r.now += 20 * NSEC_MS;
	}
	/* It is not waited for without end. */
	r.now = met + 600 * NSEC_MS;
	engine_tick(r.e, r.now);
	assert_int_equal(engine_open(r.e, r.dev), 0);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(another_config_asks_again),
	    cmocka_unit_test(the_first_answer_counts),
	    cmocka_unit_test(the_last_question_counts),
	    cmocka_unit_test(a_new_path_is_a_doubt),
	    cmocka_unit_test(a_storm_hides_no_swap),
	    cmocka_unit_test(each_port_asks_for_rivals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
