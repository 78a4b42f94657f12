/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A full table of devices: who leaves it for a newcomer, and when.
 */
#include "tests/unit/core_rig.h"

#define MAX_DEVICES 16u

static struct aoe_addr made_up(unsigned n)
{
	return (struct aoe_addr){.shelf = 2, .slot = (uint8_t)n};
}

/* Somebody makes an address up. */
static void forge(struct rig *r, unsigned n)
{
	struct wire_header h = rig_header(rig_other, WIRE_CONFIG, 1);
	struct wire_config c = {.buffers = 16, .sectors = 2};
	uint8_t frame[WIRE_MIN_FRAME];

	h.addr = made_up(n);
	rig_rx(r, 1, frame, wire_put_config(frame, sizeof(frame), &h, &c));
}

static unsigned count(const struct rig *r)
{
	const struct device *dev = NULL;
	unsigned n = 0;

	while ((dev = engine_next(r->e, dev)) != NULL)
		n++;
	return n;
}

static void init(struct rig *r)
{
	struct engine_config config = {.max_devices = MAX_DEVICES};

	rig_init(r, &config);
	rig_port(r, 1, true);
	rig_config(r, 1, rig_target, 1);
	assert_int_equal(rig_verify(r, 1), 1);
	engine_reap(r->e);
	assert_non_null(r->dev);
}

/* The one heard last stays, the oldest goes, who was identified stays. */
static void strangers_go_first(void **state)
{
	struct device *oldest;
	struct rig r;

	(void)state;
	init(&r);
	for (unsigned n = 1; n < MAX_DEVICES; n++)
		forge(&r, n);
	assert_int_equal(engine_stats(r.e)->evicted, 0);
	oldest = engine_find(r.e, made_up(2));
	forge(&r, 1);
	r.events = 0;
	forge(&r, MAX_DEVICES);
	assert_int_equal(engine_stats(r.e)->evicted, 1);
	/* It lives until its end is told. */
	assert_ptr_equal(engine_find(r.e, made_up(2)), oldest);
	assert_int_equal(r.events, 0);
	engine_reap(r.e);
	assert_int_equal(r.events & ENGINE_GONE, ENGINE_GONE);
	assert_null(engine_find(r.e, made_up(2)));
	assert_non_null(engine_find(r.e, made_up(1)));
	for (unsigned n = 0; n < 200; n++) {
		forge(&r, n);
		engine_reap(r.e);
		assert_in_range(count(&r), 1, MAX_DEVICES);
	}
	assert_non_null(engine_find(r.e, rig_addr));
	rig_fini(&r);
}

/* Not more leave before a reap than a fourth of the table. */
static void memory_is_bounded(void **state)
{
	struct rig r;

	(void)state;
	init(&r);
	for (unsigned n = 0; n < 200; n++)
		forge(&r, n);
	assert_in_range(count(&r), MAX_DEVICES, MAX_DEVICES * 3 / 2);
	assert_true(engine_stats(r.e)->no_room > 100);
	engine_reap(r.e);
	assert_int_equal(count(&r), MAX_DEVICES);
	rig_fini(&r);
}

/* What is open, or was asked for, stays; what is asked for finds room. */
static void those_in_use_stay(void **state)
{
	struct device *dev;
	struct rig r;

	(void)state;
	init(&r);
	dev = r.dev;
	rig_settle(&r);
	assert_int_equal(engine_open(r.e, dev), 0);
	for (unsigned n = 1; n < MAX_DEVICES; n++)
		assert_int_equal(engine_expect(r.e, made_up(n), r.now), 0);
	forge(&r, 100);
	assert_null(engine_find(r.e, made_up(100)));
	assert_int_equal(engine_stats(r.e)->evicted, 0);
	assert_int_equal(engine_expect(r.e, made_up(101), r.now), 0);
	assert_non_null(engine_find(r.e, made_up(101)));
	/* Not for ever. */
	r.now += 61 * NSEC_SEC;
	engine_tick(r.e, r.now);
	for (unsigned n = 0; n < 200; n++) {
		forge(&r, n);
		engine_reap(r.e);
	}
	assert_true(engine_stats(r.e)->evicted > 100);
	assert_in_range(count(&r), 1, MAX_DEVICES + 1);
	assert_ptr_equal(engine_find(r.e, rig_addr), dev);
	rig_fini(&r);
}

/* With a write that may still come it stays, though nobody has it open. */
static void fences_stay(void **state)
{
	struct rig_request q;
	struct rig_frame f;
	struct rig r;

	(void)state;
	init(&r);
	rig_settle(&r);
	assert_int_equal(engine_open(r.e, r.dev), 0);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 512), 0);
	do
		assert_true(rig_send(&r, 1, &f));
	while (!rig_is_write(&f));
	engine_cancel(r.e, &q.rq, r.now);
	engine_reap(r.e);
	engine_close(r.e, r.dev, r.now);
	for (unsigned n = 1; n <= 2 * MAX_DEVICES; n++) {
		assert_int_equal(engine_expect(r.e, made_up(n), r.now), 0);
		engine_reap(r.e);
	}
	assert_int_equal(engine_fences(r.e), 1);
	assert_non_null(engine_find(r.e, rig_addr));
	rig_fini(&r);
}

/* One that has to go, and is asked for just then. */
static void wanted_in_time(void **state)
{
	struct device *dev;
	struct rig r;

	(void)state;
	init(&r);
	for (unsigned n = 1; n <= MAX_DEVICES; n++)
		forge(&r, n);
	assert_int_equal(engine_stats(r.e)->evicted, 1);
	dev = engine_find(r.e, made_up(1));
	assert_non_null(dev);
	assert_int_equal(engine_expect(r.e, made_up(1), r.now), 0);
	engine_reap(r.e);
	assert_ptr_equal(engine_find(r.e, made_up(1)), dev);
	/* The table is as large as before. */
	for (unsigned n = 0; n < 200; n++) {
		forge(&r, n);
		engine_reap(r.e);
		assert_in_range(count(&r), 1, MAX_DEVICES + 1);
	}
	assert_ptr_equal(engine_find(r.e, made_up(1)), dev);
	rig_fini(&r);
}

/* Closed, it is one of those that may leave, but after the strangers. */
static void closed_ones_leave(void **state)
{
	struct rig r;

	(void)state;
	init(&r);
	rig_settle(&r);
	assert_int_equal(engine_open(r.e, r.dev), 0);
	engine_close(r.e, r.dev, r.now);
	for (unsigned n = 1; n < MAX_DEVICES; n++) {
		assert_int_equal(engine_expect(r.e, made_up(n), r.now), 0);
		engine_reap(r.e);
	}
	assert_non_null(engine_find(r.e, rig_addr));
	assert_int_equal(engine_expect(r.e, made_up(100), r.now), 0);
	engine_reap(r.e);
	assert_null(engine_find(r.e, rig_addr));
	rig_fini(&r);
}

/* Many that are missing: none has to wait for its turn to be asked for. */
static void all_are_asked_for(void **state)
{
	bool asked[200] = {false};
	struct rig_frame f;
	unsigned n = 0;
	struct rig r;
	nsec_t end;

	(void)state;
	rig_init(&r, NULL);
	rig_port(&r, 1, true);
	for (unsigned i = 0; i < ARRAY_SIZE(asked); i++)
		assert_int_equal(engine_expect(r.e, made_up(i), r.now), 0);
	end = r.now + 500 * NSEC_MS;
	while (engine_deadline(r.e) <= end) {
		r.now = MAX(r.now, engine_deadline(r.e));
		engine_tick(r.e, r.now);
		while (rig_send(&r, 1, &f)) {
			if (f.h.addr.shelf != 2)
				continue;
			n += !asked[f.h.addr.slot];
			asked[f.h.addr.slot] = true;
		}
	}
	assert_int_equal(n, ARRAY_SIZE(asked));
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(strangers_go_first),
	    cmocka_unit_test(memory_is_bounded),
	    cmocka_unit_test(those_in_use_stay),
	    cmocka_unit_test(fences_stay),
	    cmocka_unit_test(wanted_in_time),
	    cmocka_unit_test(closed_ones_leave),
	    cmocka_unit_test(all_are_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
