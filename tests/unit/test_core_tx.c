/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the port says of a frame on offer, and ports that come and go.
 */
#include "aoe-user/core/device.h"
#include "aoe-user/core/request_run.h"
#include "tests/unit/core_rig.h"

static void again_is_not_sent(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame f, g;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 512), 0);
	assert_true(rig_offer(&r, 1, &f));
	rig_result(&r, &f, ENGINE_TX_AGAIN);
	assert_int_equal(engine_stats(r.e)->tx_again, 1);
	assert_int_equal(rig_path(&r, 0).inflight, 0);
	/* It has no clock: nothing happens however long it takes. */
	r.now += 20 * NSEC_MS;
	engine_tick(r.e, r.now);
	assert_int_equal(rig_path(&r, 0).stats->lost, 0);
	assert_true(rig_offer(&r, 1, &g));
	assert_int_equal(g.ata.lba, f.ata.lba);
	assert_int_not_equal(g.h.tag, f.h.tag);
	rig_result(&r, &g, ENGINE_TX_SENT);
	assert_int_equal(rig_path(&r, 0).stats->resent, 0);
	/* The first tag was never on the wire. */
	rig_good(&r, &f, 0);
	rig_waits(&r, &q);
	rig_good(&r, &g, 0);
	rig_ends(&r, &q, 0);
	rig_fini(&r);
}

/* Of a batch on offer, one frame tries a larger size; unsent, it is no trial.
 */
static void one_trial_in_a_batch(void **state)
{
	struct rig r;
	struct rig_request q[4];
	struct rig_frame f[4];
	unsigned large;

	(void)state;
	rig_init(&r, NULL);
	r.sectors_max = 16;
	assert_int_equal(
	    engine_port_set(r.e, 1, rig_host, 9000, true, r.now), 0);
	rig_config(&r, 1, rig_target, 1);
	assert_int_equal(rig_verify(&r, 1), 1);
	engine_reap(r.e);
	rig_settle(&r);
	assert_int_equal(engine_open(r.e, r.dev), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(
		    rig_submit(&r, &q[i], AOE_READ, i * 8192, 8192), 0);
	for (unsigned turn = 0; turn < 2; turn++) {
		large = 0;
		for (unsigned i = 0; i < 4; i++) {
			assert_true(rig_offer(&r, 1, &f[i]));
			large += f[i].ata.count > 2;
		}
		assert_int_equal(large, 1);
		for (unsigned i = 0; i < 4; i++)
			rig_result(&r, &f[i], ENGINE_TX_AGAIN);
	}
	rig_fini(&r);
}

static void again_moves_to_another_port(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame f;
	unsigned port;

	(void)state;
	rig_up(&r, NULL);
	rig_port(&r, 2, true);
	rig_config(&r, 2, rig_target, 1);
	assert_int_equal(rig_verify(&r, 2), 1);
	assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
	rig_verify(&r, 1);
	port = rig_offer(&r, 1, &f) ? 1 : 2;
	if (port == 2)
		assert_true(rig_offer(&r, 2, &f));
	rig_result(&r, &f, ENGINE_TX_AGAIN);
	port = 3 - port;
	assert_true(rig_offer(&r, port, &f));
	rig_result(&r, &f, ENGINE_TX_SENT);
	rig_good(&r, &f, 0);
	rig_ends(&r, &q, 0);
	rig_fini(&r);
}

/* A query that did not leave is asked again. */
static void again_for_a_query(void **state)
{
	static const enum engine_tx_result result[] = {
	    ENGINE_TX_AGAIN, ENGINE_TX_PORT_DOWN};
	struct rig r;
	struct rig_frame f;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(result); i++) {
		rig_init(&r, NULL);
		rig_port(&r, 1, true);
		assert_true(rig_offer(&r, 1, &f));
		rig_result(&r, &f, result[i]);
		assert_int_equal(engine_stats(r.e)->queries, 0);
		rig_port(&r, 1, true);
		assert_true(rig_offer(&r, 1, &f));
		assert_true(rig_is_query(&f));
		rig_result(&r, &f, ENGINE_TX_SENT);
		rig_fini(&r);
	}
}

/* What else is to be asked does not wait for the next broadcast. */
static void asks_all_there_is(void **state)
{
	struct engine_frame *f;
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	rig_port(&r, 1, true);
	assert_int_equal(engine_expect(r.e, rig_addr, r.now), 0);
	engine_tick(r.e, r.now);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(engine_tx(r.e, &f, r.now));
		assert_false(
		    engine_tx(r.e, &(struct engine_frame *){0}, r.now));
		engine_tx_result(r.e, f, ENGINE_TX_SENT, r.now);
		engine_check(r.e);
	}
	assert_int_equal(engine_stats(r.e)->queries, 2);
	rig_fini(&r);
}

static void too_big_gets_smaller(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame f;
	unsigned sectors = 0;

	(void)state;
	rig_init(&r, NULL);
	r.sectors_max = 16;
	assert_int_equal(
	    engine_port_set(r.e, 1, rig_host, 9000, true, r.now), 0);
	rig_config(&r, 1, rig_target, 1);
	assert_int_equal(rig_verify(&r, 1), 1);
	engine_reap(r.e);
	rig_settle(&r);
	assert_int_equal(engine_open(r.e, r.dev), 0);
	assert_int_equal(rig_path(&r, 0).payload, 16 * 512);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 16 * 512), 0);
	while (rig_offer(&r, 1, &f)) {
		if (f.ata.count > 4) {
			rig_result(&r, &f, ENGINE_TX_TOO_BIG);
			continue;
		}
		rig_result(&r, &f, ENGINE_TX_SENT);
		assert_int_equal(f.ata.lba % 4, 0);
		sectors += f.ata.count;
		rig_good(&r, &f, 0);
	}
	assert_int_equal(sectors, 16);
	rig_ends(&r, &q, 0);
	assert_int_equal(rig_path(&r, 0).state, ENGINE_PATH_UP);
	rig_fini(&r);
}

/* One sector does not fit: that is no port. What left behind it is lost. */
static void nothing_fits(void **state)
{
	struct rig_request q;
	struct rig_frame f[2];
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	rig_verify(&r, 1);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 3 * 512), 0);
	assert_true(rig_offer(&r, 1, &f[0]) && rig_offer(&r, 1, &f[1]));
	assert_int_equal(f[1].ata.count, 1);
	rig_result(&r, &f[1], ENGINE_TX_TOO_BIG);
	rig_result(&r, &f[0], ENGINE_TX_SENT);
	engine_check(r.e);
	assert_int_equal(rig_path(&r, 0).state, ENGINE_PATH_DOWN);
	rig_port(&r, 1, true);
	rig_verify(&r, 1);
	assert_int_equal(rig_path(&r, 0).state, ENGINE_PATH_UP);
	while (rig_send(&r, 1, &f[0]))
		rig_good(&r, &f[0], 0);
	rig_ends(&r, &q, 0);
	rig_fini(&r);
}

/* So many copies are remembered; the oldest must be gone before another. */
static void no_more_copies_than_remembered(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame f;
	struct slice *s;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
	assert_true(rig_send(&r, 1, &f));
	s = list_first(&q.rq.s.slices, struct slice, link);
	assert_int_equal(s->copies, 1);
	s->copies = SLICE_COPIES_MAX;
	device_resend(s->rq->s.dev, s);
	assert_false(rig_send(&r, 1, &f));
	s->copies--;
	r.now += 10 * NSEC_MS; /* then it looks again */
	assert_true(rig_send(&r, 1, &f));
	assert_int_equal(s->copies, SLICE_COPIES_MAX);
	s->copies = 2;
	rig_good(&r, &f, 0);
	rig_ends(&r, &q, 0);
	rig_fini(&r);
}

/* A batch on offer, and the port goes down under it. */
static void port_down_keeps_everything(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame f[4];
	unsigned n = 0, sectors = 0;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 8 * 512), 0);
	while (n < 4 && rig_offer(&r, 1, &f[n]))
		n++;
	assert_int_equal(n, 4);
	rig_result(&r, &f[0], ENGINE_TX_SENT);
	for (unsigned i = 1; i < n; i++)
		rig_result(&r, &f[i], ENGINE_TX_PORT_DOWN);
	engine_reap(r.e);
	assert_true(r.events & ENGINE_DOWN);
	assert_int_equal(rig_path(&r, 0).state, ENGINE_PATH_DOWN);
	assert_int_equal(rig_path(&r, 0).inflight, 0);
	assert_false(rig_offer(&r, 1, &f[1]));
	rig_port(&r, 1, true);
	assert_int_equal(rig_verify(&r, 1), 2);
	while (rig_send(&r, 1, &f[1])) {
		/* It may ask whether the disk is at work, too. */
		if (rig_is_write(&f[1]))
			sectors += f[1].ata.count;
		rig_good(&r, &f[1], 0);
	}
	assert_int_equal(sectors, 8);
	rig_ends(&r, &q, 0);
	rig_fini(&r);
}

static void removed_port_takes_its_paths(void **state)
{
	struct rig r;
	struct rig_request q, late;
	struct rig_frame f, old;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &late, AOE_WRITE, 0, 512), 0);
	assert_true(rig_send(&r, 1, &old));
	engine_port_remove(r.e, 1, r.now);
	engine_port_remove(r.e, 1, r.now);
	assert_false(rig_send(&r, 1, &f));
	rig_waits(&r, &late);
	/* It comes back through another one; the old copy may still land. */
	rig_port(&r, 2, true);
	rig_config(&r, 2, rig_target, 1);
	assert_int_equal(rig_verify(&r, 2), 1);
	assert_true(rig_send(&r, 2, &f));
	assert_true(rig_is_write(&f));
	rig_good(&r, &f, 0);
	rig_ends(&r, &late, 0);
	assert_int_equal(engine_fences(r.e), 1);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 512), 0);
	assert_false(rig_send(&r, 2, &f));
	/* Its answer comes in after all, through the new port. */
	old.port = 2;
	rig_good(&r, &old, 0);
	assert_int_equal(engine_fences(r.e), 0);
	assert_true(rig_send(&r, 2, &f));
	rig_good(&r, &f, 0);
	rig_ends(&r, &q, 0);
	engine_tick(r.e, r.now + NSEC_SEC);
	assert_int_equal(rig_path(&r, 0).port, 2);
	rig_fini(&r);
}

/* The only path is gone for good: the fence ends by what others answer. */
static void fence_of_a_removed_port_ends(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame f;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 512), 0);
	assert_true(rig_send(&r, 1, &f));
	engine_port_remove(r.e, 1, r.now);
	engine_cancel(r.e, &q.rq, r.now);
	rig_ends(&r, &q, -ECANCELED);
	rig_run(&r, 1, r.now + 10 * NSEC_SEC);
	assert_int_equal(engine_fences(r.e), 1);
	rig_port(&r, 2, true);
	rig_config(&r, 2, rig_target, 1);
	assert_int_equal(rig_verify(&r, 2), 1);
	/* Only answers to data count, and they must go on for a while. */
	rig_serve(&r, 2, r.now + 500 * NSEC_MS);
	assert_int_equal(engine_fences(r.e), 1);
	rig_serve(&r, 2, r.now + 2 * NSEC_SEC);
	assert_int_equal(engine_fences(r.e), 0);
	assert_int_equal(rig_path(&r, 0).port, 2);
	rig_fini(&r);
}

/* The port takes one frame of two, and the target does not answer it. */
static void asks_again_for_what_left(void **state)
{
	struct rig r;
	struct rig_frame f[2];

	(void)state;
	rig_up(&r, NULL);
	rig_config(&r, 1, rig_target, 0);
	while (rig_offer(&r, 1, &f[0]) && mac_equal(f[0].h.dst, mac_broadcast))
		rig_result(&r, &f[0], ENGINE_TX_SENT);
	assert_true(rig_offer(&r, 1, &f[1]));
	rig_result(&r, &f[0], ENGINE_TX_SENT);
	rig_result(&r, &f[1], ENGINE_TX_AGAIN);
	r.now += NSEC_SEC;
	engine_tick(r.e, r.now);
	assert_int_equal(rig_verify(&r, 1), 2);
	assert_int_equal(rig_path(&r, 0).state, ENGINE_PATH_UP);
	assert_int_equal(rig_verify(&r, 1), 0);
	rig_fini(&r);
}

/*
 * An old write is on a path that is gone, and the other one is idle: it has to
 * be asked something, or the next write would wait until somebody else is.
 */
static void fence_does_not_wait_for_others(void **state)
{
	struct rig r;
	struct rig_request a, b;
	struct rig_frame f;
	unsigned turns = 0, left;

	(void)state;
	rig_up(&r, NULL);
	rig_port(&r, 2, true);
	rig_config(&r, 2, rig_target, 1);
	assert_int_equal(rig_verify(&r, 2), 1);
	rig_verify(&r, 1);
	assert_int_equal(rig_submit(&r, &a, AOE_WRITE, 0, 512), 0);
	if (!rig_send(&r, 1, &f))
		assert_true(rig_send(&r, 2, &f));
	left = 3 - f.port;
	engine_port_remove(r.e, f.port, r.now);
	engine_cancel(r.e, &a.rq, r.now);
	rig_ends(&r, &a, -ECANCELED);
	assert_int_equal(rig_submit(&r, &b, AOE_WRITE, 0, 512), 0);
	while (b.done == 0 && turns++ < 50) {
		r.now += 100 * NSEC_MS;
		while (rig_send(&r, left, &f)) {
			if (rig_is_data(&f))
				rig_good(&r, &f, 0);
			else if (!mac_equal(f.h.dst, mac_broadcast))
				rig_control(&r, &f, rig_target);
		}
		engine_reap(r.e);
	}
	assert_int_equal(b.done, 1);
	rig_fini(&r);
}

/* Found while the port is down, asked once it is up. */
static void target_behind_a_down_port(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, NULL);
	rig_port(&r, 1, false);
	rig_config(&r, 1, rig_target, 1);
	assert_int_equal(rig_verify(&r, 1), 0);
	rig_port(&r, 1, true);
	assert_int_equal(rig_verify(&r, 1), 1);
	engine_reap(r.e);
	assert_true(r.events & ENGINE_FOUND);
	rig_fini(&r);
}

static void hold_in_order_of_arrival(void **state)
{
	struct rig r;
	struct rig_request a, b, c;
	struct rig_frame f, g;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &a, AOE_READ, 0, 1024), 0);
	assert_int_equal(rig_submit(&r, &b, AOE_WRITE, 512, 512), 0);
	assert_int_equal(rig_submit(&r, &c, AOE_READ, 512, 512), 0);
	assert_true(rig_send(&r, 1, &f));
	assert_int_equal(f.ata.count, 2);
	assert_false(rig_offer(&r, 1, &g));
	rig_good(&r, &f, 0);
	rig_ends(&r, &a, 0);
	assert_true(rig_send(&r, 1, &f));
	assert_true(rig_is_write(&f));
	assert_false(rig_offer(&r, 1, &g));
	rig_good(&r, &f, 0);
	rig_ends(&r, &b, 0);
	assert_true(rig_send(&r, 1, &f));
	assert_false(rig_is_write(&f));
	rig_good(&r, &f, 0);
	rig_ends(&r, &c, 0);
	rig_fini(&r);
}

/* Bytes from the wire, cut and changed in every way: nothing must break. */
static void survives_any_bytes(void **state)
{
	struct unit_random rnd = unit_random(__func__);
	struct rig r;
	struct rig_request q;
	struct rig_frame f;
	uint8_t bytes[600];

	(void)state;
	rig_up(&r, NULL);
	for (unsigned i = 0; i < 20000; i++) {
		size_t len = unit_below(&rnd, sizeof(bytes));

		if (i % 100 == 0) {
			assert_int_equal(
			    rig_submit(&r, &q, AOE_READ, 0, 512), 0);
			while (rig_send(&r, 1, &f) && !rig_is_data(&f))
				rig_control(&r, &f, rig_target);
		}
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes, f.bytes, 60);
		memcpy(bytes, rig_host.b, 6);
		memcpy(bytes + 6, rig_target.b, 6);
		bytes[14] |= WIRE_FLAG_RESPONSE;
		for (unsigned n = unit_below(&rnd, 4); n > 0; n--)
			bytes[12 + unit_below(&rnd, 24)] =
			    (uint8_t)unit_next(&rnd);
		rig_rx(&r, 1, bytes, len);
		if (i % 100 == 99) {
			engine_cancel(r.e, &q.rq, r.now);
			engine_reap(r.e);
			assert_int_equal(q.done, 1);
		}
	}
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(again_is_not_sent),
	    cmocka_unit_test(one_trial_in_a_batch),
	    cmocka_unit_test(again_moves_to_another_port),
	    cmocka_unit_test(again_for_a_query),
	    cmocka_unit_test(asks_all_there_is),
	    cmocka_unit_test(too_big_gets_smaller),
	    cmocka_unit_test(nothing_fits),
	    cmocka_unit_test(no_more_copies_than_remembered),
	    cmocka_unit_test(port_down_keeps_everything),
	    cmocka_unit_test(removed_port_takes_its_paths),
	    cmocka_unit_test(fence_of_a_removed_port_ends),
	    cmocka_unit_test(asks_again_for_what_left),
	    cmocka_unit_test(fence_does_not_wait_for_others),
	    cmocka_unit_test(target_behind_a_down_port),
	    cmocka_unit_test(hold_in_order_of_arrival),
	    cmocka_unit_test(survives_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
