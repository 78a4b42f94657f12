/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The window against simple networks: one that loses at random, one that drops
 * what is too much.
 */
#include "aoe-user/core/window.h"
#include "tests/unit/unit.h"

struct line {
	struct window w;
	nsec_t now;
};

static void init(struct line *x, unsigned max)
{
	x->now = NSEC_SEC;
	window_init(&x->w);
	window_set_max(&x->w, max);
}

/*
 * One round trip: a full window is sent, `lost` of a hundred frames and all
 * beyond `room` get lost, the rest takes `each` per frame.
 */
static void round_trip(
    struct line *x, unsigned lost, unsigned room, nsec_t each)
{
	static unsigned turn;
	unsigned n = 0;

	while (window_has_room(&x->w)) {
		window_sent(&x->w, x->now);
		n++;
	}
	assert_int_equal(x->w.inflight, MAX(x->w.size, n));
	for (unsigned i = 0; i < n; i++) {
		bool gone = i >= room || (turn += lost) >= 100;

		turn %= 100;
		if (i < room)
			x->now += each;
		if (gone)
			window_on_loss(&x->w, x->now);
		else
			window_on_answer(&x->w, x->now);
	}
	assert_int_equal(x->w.inflight, 0);
}

static void counts_what_is_out(void **state)
{
	struct line x;

	(void)state;
	init(&x, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(window_has_room(&x.w));
		window_sent(&x.w, x.now);
	}
	assert_false(window_has_room(&x.w));
	window_on_drop(&x.w, x.now);
	assert_true(window_has_room(&x.w));
	for (unsigned i = 0; i < 3; i++)
		window_on_drop(&x.w, x.now);
	assert_int_equal(x.w.inflight, 0);
}

static void follows_its_users(void **state)
{
	struct line x;

	(void)state;
	init(&x, 16);
	assert_int_equal(x.w.size, 16);
	window_set_max(&x.w, 32);
	assert_int_equal(x.w.size, 32);
	x.w.size = 8;
	window_set_max(&x.w, 48);
	assert_int_equal(x.w.size, 8);
	window_set_max(&x.w, 4);
	assert_int_equal(x.w.size, 4);
	window_set_max(&x.w, 0);
	assert_int_equal(x.w.size, 1);
}

static void stays_open_without_loss(void **state)
{
	struct line x;

	(void)state;
	init(&x, 32);
	for (unsigned i = 0; i < 1000; i++)
		round_trip(&x, 0, 1000, 10 * NSEC_US);
	assert_int_equal(x.w.size, 32);
}

/* Loss that a smaller window does not cure must not cost half the rate. */
static void keeps_its_size_under_noise(void **state)
{
	struct line x;
	uint64_t sum = 0;

	(void)state;
	init(&x, 64);
	for (unsigned i = 0; i < 4000; i++) {
		/* A round trip of fixed length: fewer frames, less rate. */
		round_trip(&x, 8, 1000, NSEC_MS / x.w.size);
		sum += x.w.size;
		assert_in_range(x.w.size, 2, 64);
	}
	assert_true(sum / 4000 > 48);
}

/* An experiment costs something: noise that passes soon is not worth one. */
static void waits_before_it_tries(void **state)
{
	struct line x;
	nsec_t end;

	(void)state;
	init(&x, 64);
	end = x.now + WINDOW_WAIT;
	while (x.now < end) {
		round_trip(&x, 8, 1000, NSEC_MS / x.w.size);
		assert_int_equal(x.w.size, 64);
	}
}

/* A target with room for a dozen: the window finds it, and a bit of loss. */
static void shrinks_under_overload(void **state)
{
	struct line x;
	uint64_t sum = 0;

	(void)state;
	init(&x, 128);
	for (unsigned i = 0; i < 20000; i++) {
		round_trip(&x, 0, 12, 20 * NSEC_US);
		if (i >= 10000)
			sum += x.w.size;
		assert_in_range(x.w.size, 2, 128);
	}
	assert_in_range(sum / 10000, 6, 24);
}

static void recovers_after_overload(void **state)
{
	struct line x;
	nsec_t end;

	(void)state;
	init(&x, 64);
	for (unsigned i = 0; i < 20000; i++)
		round_trip(&x, 0, 6, 20 * NSEC_US);
	assert_true(x.w.size < 32);
	end = x.now + 2 * WINDOW_WAIT_MAX;
	while (x.now < end)
		round_trip(&x, 0, 1000, NSEC_MS);
	assert_int_equal(x.w.size, 64);
}

/*
 * A window far beyond what is asked for, or what there are frames for, hides no
 * overload: what is out counts.
 */
static void finds_overload_below_its_size(void **state)
{
	struct line x;
	unsigned sent = 0, lost = 0;

	(void)state;
	init(&x, 65535);
	for (unsigned i = 0; i < 20000; i++) {
		unsigned n = 0;

		while (n < 100 && window_has_room(&x.w)) {
			window_sent(&x.w, x.now);
			n++;
		}
		for (unsigned k = 0; k < n; k++) {
			x.now += 20 * NSEC_US;
			if (k < 80)
				window_on_answer(&x.w, x.now);
			else
				window_on_loss(&x.w, x.now);
		}
		if (i < 10000)
			continue;
		sent += n;
		lost += n > 80 ? n - 80 : 0;
	}
	assert_true(lost * 50 < sent);
}

/* After a time of heavy loss that noise follows, which no size cures. */
static void recovers_into_noise(void **state)
{
	struct line x;
	nsec_t end;

	(void)state;
	init(&x, 64);
	for (unsigned i = 0; i < 20000; i++)
		round_trip(&x, 40, 1000, NSEC_MS / x.w.size);
	assert_in_range(x.w.size, 2, 3);
	end = x.now + 2 * WINDOW_WAIT_MAX;
	while (x.now < end)
		round_trip(&x, 15, 1000, NSEC_MS / x.w.size);
	assert_true(x.w.size > 32);
}

/* Even when everything is lost, one or two frames may go out. */
static void never_closes(void **state)
{
	struct line x;

	(void)state;
	for (unsigned max = 1; max < 6; max++) {
		init(&x, max);
		for (unsigned i = 0; i < 3000; i++) {
			x.now += NSEC_MS;
			round_trip(&x, 100, 1000, 0);
			assert_in_range(x.w.size, MIN(max, 2u), max);
		}
	}
}

/* A cut for losses that turn out to have been none is taken back at once. */
static void undoes_a_needless_cut(void **state)
{
	struct line x;
	unsigned lost = 0;

	(void)state;
	init(&x, 64);
	for (unsigned i = 0; i < 20; i++)
		round_trip(&x, 0, 1000, 20 * NSEC_US);
	while (x.w.size == 64) {
		round_trip(&x, 50, 1000, 20 * NSEC_US);
		lost += 32;
		assert_in_range(lost, 1, 1000);
	}
	assert_true(x.w.size < 64);
	/* Fewer than half of them: it may still have been right. */
	for (unsigned i = 0; i < x.w.cut.lost / 2 - 1; i++)
		window_on_spurious(&x.w, x.now);
	assert_true(x.w.size < 64);
	window_on_spurious(&x.w, x.now);
	window_on_spurious(&x.w, x.now);
	assert_int_equal(x.w.size, 64);
	assert_int_equal(x.w.state, WINDOW_STEADY);
}

/* Those that come too late, or before any cut, change nothing. */
static void old_cuts_stay(void **state)
{
	struct line x;

	(void)state;
	init(&x, 64);
	window_on_spurious(&x.w, x.now);
	assert_int_equal(x.w.size, 64);
	while (x.w.size == 64)
		round_trip(&x, 50, 1000, 20 * NSEC_US);
	for (unsigned i = 0; i < 1000; i++)
		window_on_spurious(&x.w, x.now + WINDOW_UNDO + 1);
	assert_true(x.w.size < 64);
}

/* The rate falls with the window: given up after one epoch, and not kept. */
static void gives_up_what_costs_rate(void **state)
{
	unsigned small = 0, turns = 4000;
	struct line x;

	(void)state;
	init(&x, 64);
	for (unsigned i = 0; i < turns; i++) {
		round_trip(&x, 4, 1000, NSEC_MS / x.w.size);
		small += x.w.size < 64;
	}
	assert_int_equal(x.w.size, 64);
	assert_true(small > 0);
	assert_true(small < turns / 20);
}

/* The target is the bottleneck and frames are lost by chance. */
static void noise_does_not_shrink_it_to_the_knee(void **state)
{
	uint64_t sum = 0;
	struct line x;

	(void)state;
	init(&x, 64);
	for (unsigned i = 0; i < 40000; i++) {
		round_trip(&x, 3, 1000, 20 * NSEC_US);
		sum += x.w.size;
	}
	assert_true(sum / 40000 > 56);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(counts_what_is_out),
	    cmocka_unit_test(follows_its_users),
	    cmocka_unit_test(stays_open_without_loss),
	    cmocka_unit_test(keeps_its_size_under_noise),
	    cmocka_unit_test(waits_before_it_tries),
	    cmocka_unit_test(shrinks_under_overload),
	    cmocka_unit_test(recovers_after_overload),
	    cmocka_unit_test(finds_overload_below_its_size),
	    cmocka_unit_test(recovers_into_noise),
	    cmocka_unit_test(never_closes),
	    cmocka_unit_test(undoes_a_needless_cut),
	    cmocka_unit_test(old_cuts_stay),
	    cmocka_unit_test(gives_up_what_costs_rate),
	    cmocka_unit_test(noise_does_not_shrink_it_to_the_knee),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
