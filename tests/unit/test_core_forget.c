/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * MACs that are not there any more: how often they are asked, and when they are
 * dropped.
 */
#include "tests/unit/core_talk.h"

#define MAX_PATHS 4u

static struct mac made_up(unsigned n)
{
	return (struct mac){{2, 0, 0, 7, (uint8_t)(n >> 8), (uint8_t)n}};
}

static bool has_path(const struct rig *r, struct mac mac)
{
	struct engine_path_info info;

	for (unsigned n = 0; engine_path_info(r->dev, n, &info); n++)
		if (mac_equal(info.mac, mac))
			return true;
	return false;
}

static unsigned paths(const struct rig *r)
{
	struct engine_device_info info;

	engine_device_info(r->dev, &info);
	return info.paths;
}

/*
 * Runs the engine until then; only rig_target answers, queries as well. How
 * many control frames went to others.
 */
static unsigned live(struct rig *r, nsec_t until)
{
	struct rig_frame f;
	unsigned n = 0;

	while (engine_deadline(r->e) <= until && r->now <= until) {
		r->now = MAX(r->now, engine_deadline(r->e));
		engine_tick(r->e, r->now);
		while (rig_send(r, 1, &f)) {
			if (mac_equal(f.h.dst, mac_broadcast))
				rig_config(r, 1, rig_target, f.h.tag);
			else if (!mac_equal(f.h.dst, rig_target))
				n++;
			else if (rig_is_data(&f))
				rig_good(r, &f, 0);
			else
				rig_control(r, &f, rig_target);
		}
		engine_reap(r->e);
	}
	r->now = MAX(r->now, until);
	return n;
}

/* Seldom after a while; at once when it is heard; not at all in the end. */
static void rests(void **state)
{
	unsigned first, then;
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	rig_second(&r, rig_other);
	rig_config(&r, 1, rig_other, 0);
	first = live(&r, r.now + 10 * NSEC_SEC);
	assert_in_range(first, 2 * 8, 2 * 16);
	live(&r, r.now + 60 * NSEC_SEC);
	then = live(&r, r.now + 85 * NSEC_SEC);
	assert_in_range(then, 2 * 2, 2 * 5);
	rig_config(&r, 1, rig_other, 1);
	assert_in_range(live(&r, r.now + NSEC_SEC), 2, 12);
	assert_true(has_path(&r, rig_other));
	live(&r, r.now + 400 * NSEC_SEC);
	assert_false(has_path(&r, rig_other));
	assert_true(has_path(&r, rig_target));
	assert_int_equal(engine_stats(r.e)->evicted, 0);
	rig_fini(&r);
}

/* With nobody else to ask it is asked as often as ever. */
static void the_last_is_asked(void **state)
{
	struct rig_frame f;
	unsigned n = 0;
	struct rig r;
	nsec_t end;

	(void)state;
	rig_up(&r, NULL);
	rig_second(&r, rig_other);
	rig_config(&r, 1, rig_other, 0);
	live(&r, r.now + 85 * NSEC_SEC);
	rig_config(&r, 1, rig_target, 0);
	rig_run(&r, 1, r.now + 10 * NSEC_SEC);
	end = r.now + 10 * NSEC_SEC;
	while (engine_deadline(r.e) <= end) {
		r.now = MAX(r.now, engine_deadline(r.e));
		engine_tick(r.e, r.now);
		while (rig_send(&r, 1, &f))
			n += mac_equal(f.h.dst, rig_other);
	}
	assert_in_range(n, 2 * 8, 2 * 12);
	assert_true(has_path(&r, rig_target));
	rig_fini(&r);
}

/* Newcomers have the place of who was heard longest ago, not of who is up. */
static void newcomers_find_room(void **state)
{
	struct engine_config config = {.max_paths = MAX_PATHS};
	struct rig r;
	size_t bytes;

	(void)state;
	rig_up(&r, &config);
	for (unsigned n = 0; n < MAX_PATHS; n++)
		rig_config(&r, 1, made_up(n), 1);
	assert_int_equal(paths(&r), MAX_PATHS);
	assert_false(has_path(&r, made_up(0)));
	assert_true(has_path(&r, made_up(1)));
	bytes = r.memory;
	for (unsigned n = 0; n < 500; n++)
		rig_config(&r, 1, made_up(n), 1);
	assert_int_equal(engine_stats(r.e)->no_room, 0);
	assert_true(engine_stats(r.e)->evicted >= 500);
	assert_int_equal(paths(&r), MAX_PATHS);
	assert_true(has_path(&r, rig_target));
	assert_int_equal(r.memory, bytes);
	rig_fini(&r);
}

/* A write that may still come into effect is not forgotten with its path. */
static void fences_stay(void **state)
{
	struct engine_config config = {.max_paths = MAX_PATHS};
	struct rig_request q;
	struct rig_frame f;
	unsigned fences;
	struct rig r;

	(void)state;
	rig_up(&r, &config);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 512), 0);
	assert_true(rig_send(&r, 1, &f));
	assert_true(rig_is_write(&f));
	rig_run(&r, 1, r.now + 10 * NSEC_SEC);
	assert_int_equal(rig_path(&r, 0).state, ENGINE_PATH_SILENT);
	engine_cancel(r.e, &q.rq, r.now);
	engine_reap(r.e);
	fences = engine_fences(r.e);
	assert_true(fences > 0);
	for (unsigned n = 0; n < 500; n++)
		rig_config(&r, 1, made_up(n), 1);
	assert_int_equal(engine_fences(r.e), fences);
	assert_true(has_path(&r, rig_target));
	rig_fini(&r);
}

/* Its path is forgotten, but not that it has writes which it did not flush. */
static void debts_stay(void **state)
{
	struct rig_request q[2], flush;
	struct rig_frame f[2];
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	rig_second(&r, rig_other);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(
		    rig_submit(&r, &q[i], AOE_WRITE, i * 512, 512), 0);
		talk_next_data(&r, &f[i]);
	}
	assert_false(mac_equal(f[0].h.dst, f[1].h.dst));
	for (unsigned i = 0; i < 2; i++)
		rig_good(&r, &f[i], 0);
	engine_reap(r.e);
	rig_config(&r, 1, rig_other, 0);
	live(&r, r.now + 400 * NSEC_SEC);
	assert_false(has_path(&r, rig_other));
	assert_int_equal(rig_stats(&r).flushes_moved, 0);
	assert_int_equal(rig_submit(&r, &flush, AOE_FLUSH, 0, 0), 0);
	assert_int_equal(rig_stats(&r).flushes_moved, 1);
	live(&r, r.now + NSEC_SEC);
	assert_int_equal(flush.done, 1);
	assert_int_equal(flush.error, 0);
	rig_fini(&r);
}

/* Nobody stands for the disk: the MACs that did are not forgotten. */
static void who_was_the_disk_stays(void **state)
{
	struct engine_config config = {.max_paths = MAX_PATHS};
	struct rig r;

	(void)state;
	rig_up(&r, &config);
	rig_config(&r, 1, rig_target, 0);
	rig_run(&r, 1, r.now + 10 * NSEC_SEC);
	for (unsigned n = 0; n < 500; n++)
		rig_config(&r, 1, made_up(n), 1);
	assert_false(has_path(&r, rig_target));
	/* It shows another disk: that one has taken the place of ours. */
	r.serial = 'B';
	rig_config(&r, 1, rig_target, 0);
	live(&r, r.now + 3 * NSEC_SEC);
	assert_true(r.events & ENGINE_SWAPPED);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rests),
	    cmocka_unit_test(the_last_is_asked),
	    cmocka_unit_test(newcomers_find_room),
	    cmocka_unit_test(fences_stay),
	    cmocka_unit_test(debts_stay),
	    cmocka_unit_test(who_was_the_disk_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
