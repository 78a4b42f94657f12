/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The search for the frame size that passes, against networks that let frames
 * up to some size through.
 */
#include "aoe-user/core/payload.h"
#include "tests/unit/unit.h"

struct line {
	struct payload pl;
	nsec_t now;
	uint32_t tag;
	unsigned passes; /* sectors */
	unsigned news[3];
};

static void init(struct line *x, unsigned most, unsigned passes)
{
	*x = (struct line){.now = NSEC_SEC, .passes = passes};
	payload_init(&x->pl);
	payload_set_most(&x->pl, most);
}

/* One frame of the size that is due, and what becomes of it; its size. */
static unsigned one(struct line *x)
{
	unsigned n = payload_next(&x->pl, x->now);
	nsec_t sent = x->now;

	assert_in_range(n, 1, x->pl.most);
	payload_sent(&x->pl, n, ++x->tag);
	x->now += NSEC_MS;
	if (n <= x->passes)
		x->news[payload_answered(&x->pl, n, x->tag, x->now)]++;
	else
		x->news[payload_lost(&x->pl, n, x->tag, sent, x->now)]++;
	return n;
}

static void one_trial_at_a_time(void **state)
{
	struct line x;

	(void)state;
	init(&x, 17, 17);
	assert_int_equal(payload_next(&x.pl, x.now), 17);
	payload_sent(&x.pl, 17, 1);
	for (unsigned i = 2; i < 10; i++) {
		assert_int_equal(payload_next(&x.pl, x.now), PAYLOAD_SMALL);
		payload_sent(&x.pl, PAYLOAD_SMALL, i);
	}
	/* Small answers prove nothing. */
	payload_answered(&x.pl, PAYLOAD_SMALL, 2, x.now);
	assert_int_equal(payload_next(&x.pl, x.now), PAYLOAD_SMALL);
	assert_int_equal(payload_answered(&x.pl, 17, 1, x.now), PAYLOAD_SAME);
	assert_int_equal(payload_next(&x.pl, x.now), 17);
	assert_int_equal(payload_shown(&x.pl), 17);
}

static void small_links_need_no_trial(void **state)
{
	struct line x;

	(void)state;
	for (unsigned most = 1; most <= PAYLOAD_SMALL; most++) {
		init(&x, most, 17);
		for (unsigned i = 0; i < 10; i++)
			assert_int_equal(one(&x), most);
		assert_int_equal(x.pl.trial, 0);
	}
}

/* A stray loss of a trial is no proof. */
static void one_loss_is_no_proof(void **state)
{
	struct line x;

	(void)state;
	init(&x, 17, 2);
	assert_int_equal(one(&x), 17);
	assert_int_equal(one(&x), 17);
	x.passes = 17;
	assert_int_equal(one(&x), 17);
	assert_int_equal(one(&x), 17);
	assert_int_equal(x.news[PAYLOAD_FELL], 0);
}

static void finds_what_passes(void **state)
{
	struct line x;

	(void)state;
	for (unsigned passes = 2; passes <= 127; passes++) {
		unsigned lost = 0;

		init(&x, 127, passes);
		for (unsigned i = 0; i < 60; i++)
			lost += one(&x) > passes;
		if (passes == 127) {
			assert_int_equal(lost, 0);
			continue;
		}
		/* Near enough, with few frames lost for it. */
		assert_in_range(x.pl.proved, passes - passes / 8 - 1, passes);
		assert_in_range(lost, 3, 3 * 7);
		assert_int_equal(x.news[PAYLOAD_FELL], 1);
		assert_int_equal(payload_shown(&x.pl), x.pl.proved);
	}
}

/* The hole is cured: found out within the wait, which grows meanwhile. */
static void recovers(void **state)
{
	struct line x;
	nsec_t cured;

	(void)state;
	init(&x, 17, 2);
	for (unsigned i = 0; i < 100000; i++)
		one(&x);
	/* Hardly anything is lost for the trials. */
	assert_true(x.pl.wait >= 16 * NSEC_SEC);
	cured = x.now;
	x.passes = 17;
	while (payload_shown(&x.pl) < 17)
		one(&x);
	assert_true(x.now - cured <= 64 * NSEC_SEC);
	assert_int_equal(x.news[PAYLOAD_ROSE], 1);
	assert_int_equal(one(&x), 17);
}

/* Proved, then all at once only small frames pass. */
static void falls_when_large_ones_vanish(void **state)
{
	struct line x;
	unsigned lost = 0;

	(void)state;
	init(&x, 17, 17);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(one(&x), 17);
	x.passes = 2;
	while (x.news[PAYLOAD_FELL] == 0) {
		one(&x);
		assert_true(++lost < 20);
	}
	x.now += 100 * NSEC_US;
	assert_int_equal(payload_shown(&x.pl), PAYLOAD_SMALL);
}

/* What was sent before the first loss was seen is one event, not many. */
static void a_burst_is_no_hole(void **state)
{
	struct line x;
	nsec_t sent;

	(void)state;
	init(&x, 17, 17);
	one(&x);
	sent = x.now;
	x.now += NSEC_MS;
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(payload_lost(&x.pl, 17, 1000 + i, sent, x.now),
		    PAYLOAD_SAME);
	assert_int_equal(one(&x), 17);
	/* That answer ends the run of losses. */
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(
		    payload_lost(&x.pl, 17, 2000 + i, x.now, x.now + NSEC_MS),
		    PAYLOAD_SAME);
}

/* Frames of middling size do not hide that the largest ones vanish. */
static void middling_frames_hide_nothing(void **state)
{
	struct line x;
	unsigned turns = 0;

	(void)state;
	init(&x, 17, 17);
	one(&x);
	x.passes = 8;
	while (x.news[PAYLOAD_FELL] == 0) {
		one(&x);
		payload_sent(&x.pl, 8, ++x.tag);
		payload_answered(&x.pl, 8, x.tag, x.now);
		assert_true(++turns < 40);
	}
	for (unsigned i = 0; i < 30; i++)
		one(&x);
	assert_int_equal(payload_shown(&x.pl), 8);
}

static void starts_over_with_another_limit(void **state)
{
	struct line x;

	(void)state;
	init(&x, 17, 2);
	for (unsigned i = 0; i < 50; i++)
		one(&x);
	payload_set_most(&x.pl, 8);
	assert_int_equal(payload_shown(&x.pl), 8);
	assert_int_equal(payload_next(&x.pl, x.now), 8);
	/* A trial that nobody will judge. */
	payload_sent(&x.pl, 8, ++x.tag);
	assert_int_equal(payload_next(&x.pl, x.now), PAYLOAD_SMALL);
	payload_drop_trial(&x.pl);
	assert_int_equal(payload_next(&x.pl, x.now), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_trial_at_a_time),
	    cmocka_unit_test(small_links_need_no_trial),
	    cmocka_unit_test(one_loss_is_no_proof),
	    cmocka_unit_test(finds_what_passes),
	    cmocka_unit_test(recovers),
	    cmocka_unit_test(falls_when_large_ones_vanish),
	    cmocka_unit_test(a_burst_is_no_hole),
	    cmocka_unit_test(middling_frames_hide_nothing),
	    cmocka_unit_test(starts_over_with_another_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
