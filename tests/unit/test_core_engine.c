/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine through its own interface: discovery and the life of requests.
 */
#include "tests/unit/core_rig.h"

static void queries_when_a_port_comes_up(void **state)
{
	struct rig r;
	struct rig_frame f;

	(void)state;
	rig_init(&r, NULL);
	rig_port(&r, 1, false);
	assert_false(rig_send(&r, 1, &f));
	rig_port(&r, 1, true);
	assert_true(rig_send(&r, 1, &f));
	assert_true(rig_is_query(&f));
	assert_true(mac_equal(f.h.dst, mac_broadcast));
	assert_true(mac_equal(f.h.src, rig_host));
	assert_int_equal(f.h.addr.shelf, ADDR_SHELF_ALL);
	assert_int_equal(f.h.addr.slot, ADDR_SLOT_ALL);
	assert_int_equal(f.h.tag >> 24, 0x85);
	assert_int_equal(f.len, WIRE_MIN_FRAME);
	assert_false(rig_send(&r, 1, &f));
	/* A lost query is repeated soon. */
	assert_in_range(engine_deadline(r.e), r.now, r.now + 100 * NSEC_MS);
	r.now = engine_deadline(r.e);
	engine_tick(r.e, r.now);
	assert_true(rig_send(&r, 1, &f));
	assert_true(rig_is_query(&f));
	rig_fini(&r);
}

static void identifies_before_data(void **state)
{
	struct rig r;
	struct rig_frame f;
	struct rig_request q;

	(void)state;
	rig_init(&r, NULL);
	rig_port(&r, 1, true);
	rig_send(&r, 1, &f);
	rig_control(&r, &f, rig_target);
	engine_reap(r.e);
	assert_null(r.dev);
	r.dev = engine_find(r.e, rig_addr);
	assert_non_null(r.dev);
	assert_int_equal(engine_open(r.e, r.dev), -EAGAIN);
	assert_true(rig_send(&r, 1, &f));
	assert_true(rig_is_identify(&f));
	assert_true(mac_equal(f.h.dst, rig_target));
	rig_control(&r, &f, rig_target);
	engine_reap(r.e);
	assert_int_equal(r.events, ENGINE_FOUND | ENGINE_CONFIG);
	/* Another disk may still answer for the address. */
	assert_int_equal(engine_open(r.e, r.dev), -EAGAIN);
	rig_settle(&r);
	assert_int_equal(r.events, ENGINE_FOUND | ENGINE_UP | ENGINE_CONFIG);
	assert_int_equal(engine_open(r.e, r.dev), 0);

	assert_int_equal(rig_submit(&r, &q, AOE_READ, 512, 512), 0);
	assert_true(rig_send(&r, 1, &f));
	assert_true(rig_is_data(&f));
	assert_int_equal(f.ata.command, ATA_READ_EXT);
	assert_int_equal(f.ata.lba, 1);
	assert_int_equal(f.ata.count, 1);
	rig_waits(&r, &q);
	rig_good(&r, &f, 0x5a);
	rig_ends(&r, &q, 0);
	assert_int_equal(q.buf[0], 0x5a);
	assert_int_equal(q.buf[511], 0x5a);
	rig_fini(&r);
}

/* What a path must be asked again after, before it gets data. */
static void asks_again_before_data(struct rig *r)
{
	struct rig_request q;
	struct rig_frame f;
	bool config = false, identify = false;

	assert_int_equal(rig_submit(r, &q, AOE_READ, 0, 512), 0);
	while (rig_send(r, 1, &f) && !rig_is_data(&f)) {
		config |= rig_is_query(&f) && mac_equal(f.h.dst, rig_target);
		identify |= rig_is_identify(&f);
		if (!mac_equal(f.h.dst, mac_broadcast))
			rig_control(r, &f, rig_target);
	}
	assert_true(config);
	assert_true(identify);
	assert_true(rig_is_data(&f));
	rig_good(r, &f, 0);
	rig_ends(r, &q, 0);
}

static void announcement_asks_again(void **state)
{
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	rig_config(&r, 1, rig_target, 0);
	asks_again_before_data(&r);
	rig_fini(&r);
}

static void changed_config_asks_again(void **state)
{
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	r.buffers = 8;
	rig_config(&r, 1, rig_target, 77);
	asks_again_before_data(&r);
	/* The same once more is no news. */
	rig_config(&r, 1, rig_target, 77);
	assert_int_equal(rig_verify(&r, 1), 0);
	rig_fini(&r);
}

static void carrier_loss_asks_again(void **state)
{
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	rig_port(&r, 1, false);
	rig_port(&r, 1, true);
	asks_again_before_data(&r);
	rig_fini(&r);
}

static void a_silent_second_asks_again(void **state)
{
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	r.now += NSEC_SEC;
	asks_again_before_data(&r);
	rig_fini(&r);
}

static void done_comes_once(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame f;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 1024), 0);
	assert_int_equal(engine_pending(r.e), 1);
	assert_true(rig_send(&r, 1, &f));
	assert_int_equal(f.ata.count, 2);
	assert_int_equal(f.len, WIRE_ATA_HEADER + 1024);
	rig_good(&r, &f, 0);
	engine_cancel(r.e, &q.rq, r.now);
	rig_ends(&r, &q, 0);
	assert_int_equal(engine_pending(r.e), 0);
	/* A second answer is counted, nothing more. */
	rig_good(&r, &f, 0);
	engine_reap(r.e);
	assert_int_equal(q.done, 1);
	assert_int_equal(engine_stats(r.e)->dup, 1);
	/* A flush with nothing to flush ends too, but not inside submit. */
	rig_write(&r, &q, 0, 512);
	assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
	assert_true(rig_send(&r, 1, &f));
	assert_true(rig_is_flush(&f));
	rig_good(&r, &f, 0);
	rig_ends(&r, &q, 0);
	assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
	rig_ends(&r, &q, 0);
	rig_fini(&r);
}

static void refuses_bad_requests(void **state)
{
	uint64_t end = RIG_SECTORS * 512ull;
	struct rig r;
	struct rig_request q;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 0), -EINVAL);
	assert_int_equal(rig_submit(&r, &q, (enum aoe_op)9, 0, 1), -EINVAL);
	assert_int_equal(rig_submit(&r, &q, AOE_READ, end, 1), -EINVAL);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, end, 1), -ENOSPC);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, UINT64_MAX, 2), -ENOSPC);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, end - 1, 1), 0);
	engine_cancel(r.e, &q.rq, r.now);
	rig_ends(&r, &q, -ECANCELED);
	rig_fini(&r);
}

static void cancelled_writes_stay_fenced(void **state)
{
	struct rig r;
	struct rig_request a, b, c;
	struct rig_frame f, old;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &a, AOE_WRITE, 0, 512), 0);
	assert_true(rig_send(&r, 1, &old));
	engine_cancel(r.e, &a.rq, r.now);
	rig_ends(&r, &a, -ECANCELED);
	assert_int_equal(engine_fences(r.e), 1);
	/* A write to the same sector waits, another and a read do not. */
	assert_int_equal(rig_submit(&r, &b, AOE_WRITE, 100, 10), 0);
	assert_false(rig_send(&r, 1, &f));
	assert_int_equal(rig_submit(&r, &c, AOE_WRITE, 512, 512), 0);
	assert_true(rig_send(&r, 1, &f));
	rig_good(&r, &f, 0);
	rig_ends(&r, &c, 0);
	rig_waits(&r, &b);
	/* The old answer ends the wait; then the edge is read and written. */
	rig_good(&r, &old, 0);
	assert_int_equal(engine_fences(r.e), 0);
	assert_true(rig_send(&r, 1, &f));
	assert_false(rig_is_write(&f));
	rig_good(&r, &f, 0x11);
	memset(b.buf, 0x22, 10);
	assert_true(rig_send(&r, 1, &f));
	assert_true(rig_is_write(&f));
	assert_int_equal(f.ata.data[99], 0x11);
	assert_int_equal(f.ata.data[110], 0x11);
	rig_good(&r, &f, 0);
	rig_ends(&r, &b, 0);
	assert_int_equal(a.done, 1);
	rig_fini(&r);
}

/* Whichever of those in its way ends first, a write waits for the last. */
static void waits_for_all_in_its_way(void **state)
{
	struct rig_frame f, read[3];
	struct rig_request q[3], w;
	struct rig r;

	(void)state;
	for (unsigned first = 0; first < 3; first++) {
		rig_up(&r, NULL);
		for (unsigned i = 0; i < 3; i++) {
			assert_int_equal(
			    rig_submit(&r, &q[i], AOE_READ, 512 * i, 512), 0);
			assert_true(rig_send(&r, 1, &read[i]));
		}
		assert_int_equal(rig_submit(&r, &w, AOE_WRITE, 0, 2048), 0);
		for (unsigned i = 0; i < 3; i++) {
			assert_false(rig_send(&r, 1, &f));
			rig_good(&r, &read[(first + 2 * i) % 3], 0);
			rig_ends(&r, &q[(first + 2 * i) % 3], 0);
			rig_waits(&r, &w);
		}
		assert_true(rig_send(&r, 1, &f));
		assert_true(rig_is_write(&f));
		rig_fini(&r);
	}
}

static void cancelled_before_it_was_sent(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame f;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 512), 0);
	engine_cancel(r.e, &q.rq, r.now);
	engine_cancel(r.e, &q.rq, r.now);
	assert_int_equal(q.done, 0);
	rig_ends(&r, &q, -ECANCELED);
	assert_int_equal(engine_fences(r.e), 0);
	assert_false(rig_send(&r, 1, &f));
	rig_fini(&r);
}

static void full_pool_tells_of_room(void **state)
{
	struct engine_config config = {.max_requests = 2};
	struct rig r;
	struct rig_request q[3];
	struct rig_frame f;

	(void)state;
	rig_up(&r, &config);
	assert_int_equal(rig_submit(&r, &q[0], AOE_READ, 0, 512), 0);
	assert_int_equal(rig_submit(&r, &q[1], AOE_READ, 512, 512), 0);
	assert_int_equal(rig_submit(&r, &q[2], AOE_READ, 1024, 512), -EAGAIN);
	engine_reap(r.e);
	assert_int_equal(r.rooms, 0);
	assert_true(rig_send(&r, 1, &f));
	rig_good(&r, &f, 0);
	assert_int_equal(r.rooms, 0);
	engine_reap(r.e);
	assert_int_equal(r.rooms, 1);
	assert_int_equal(rig_submit(&r, &q[2], AOE_READ, 1024, 512), 0);
	engine_reap(r.e);
	assert_int_equal(r.rooms, 1);
	rig_fini(&r);
}

static void fails_at_the_dead_time(void **state)
{
	struct engine_config config = {.dead_time = 5 * NSEC_SEC};
	struct rig r;
	struct rig_request q, held;
	nsec_t dead;

	(void)state;
	rig_up(&r, &config);
	dead = r.now + config.dead_time;
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 512), 0);
	assert_int_equal(rig_submit(&r, &held, AOE_READ, 0, 512), 0);
	rig_run(&r, 1, dead - 1);
	rig_waits(&r, &q);
	assert_int_equal(engine_deadline(r.e), dead);
	r.now = dead;
	engine_tick(r.e, r.now);
	rig_ends(&r, &q, -EIO);
	assert_int_equal(held.done, 1);
	assert_int_equal(held.error, -EIO);
	/* All is silent: what was written may still be executed. */
	assert_true(engine_fences(r.e) > 0);
	rig_fini(&r);
}

static void queues_for_ever(void **state)
{
	struct engine_config config = {.dead_time = NSEC_NEVER};
	struct rig r;
	struct rig_request q;
	struct rig_frame f;

	(void)state;
	rig_up(&r, &config);
	assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
	assert_true(rig_send(&r, 1, &f));
	rig_run(&r, 1, r.now + 3600 * NSEC_SEC);
	rig_waits(&r, &q);
	/* The target is back: it is found and used again. */
	rig_config(&r, 1, rig_target, 0);
	assert_int_equal(rig_verify(&r, 1), 2);
	assert_true(rig_send(&r, 1, &f));
	assert_true(rig_is_data(&f));
	rig_good(&r, &f, 3);
	rig_ends(&r, &q, 0);
	rig_fini(&r);
}

static void quiesces(void **state)
{
	struct rig r;
	struct rig_request a, b;
	struct rig_frame f;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &a, AOE_WRITE, 0, 512), 0);
	assert_true(rig_send(&r, 1, &f));
	assert_int_equal(rig_submit(&r, &b, AOE_READ, 0, 512), 0);
	engine_quiesce(r.e, r.now);
	assert_int_equal(a.done + b.done, 0);
	rig_ends(&r, &a, -ESHUTDOWN);
	assert_int_equal(b.error, -ESHUTDOWN);
	assert_int_equal(rig_submit(&r, &b, AOE_READ, 0, 512), -ESHUTDOWN);
	assert_int_equal(engine_pending(r.e), 0);
	assert_int_equal(engine_fences(r.e), 1);
	rig_good(&r, &f, 0);
	assert_int_equal(engine_fences(r.e), 0);
	rig_fini(&r);
}

static void forgets(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame f;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(engine_forget(r.e, r.dev), -EBUSY);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 512), 0);
	assert_true(rig_send(&r, 1, &f));
	engine_cancel(r.e, &q.rq, r.now);
	engine_reap(r.e);
	engine_close(r.e, r.dev, r.now);
	/* An unanswered write keeps it. */
	assert_int_equal(engine_forget(r.e, r.dev), -EBUSY);
	rig_good(&r, &f, 0);
	assert_int_equal(engine_forget(r.e, r.dev), 0);
	assert_non_null(engine_find(r.e, rig_addr));
	engine_reap(r.e);
	assert_true(r.events & ENGINE_GONE);
	assert_null(engine_find(r.e, rig_addr));
	rig_good(&r, &f, 0);
	rig_fini(&r);
}

/* Opened again before the reap: it has to stay. */
static void forgotten_and_opened_again(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame f;

	(void)state;
	rig_up(&r, NULL);
	engine_close(r.e, r.dev, r.now);
	assert_int_equal(engine_forget(r.e, r.dev), 0);
	assert_int_equal(engine_open(r.e, r.dev), 0);
	engine_reap(r.e);
	assert_false(r.events & ENGINE_GONE);
	assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
	assert_true(rig_send(&r, 1, &f));
	rig_good(&r, &f, 0);
	rig_ends(&r, &q, 0);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(queries_when_a_port_comes_up),
	    cmocka_unit_test(identifies_before_data),
	    cmocka_unit_test(announcement_asks_again),
	    cmocka_unit_test(changed_config_asks_again),
	    cmocka_unit_test(carrier_loss_asks_again),
	    cmocka_unit_test(a_silent_second_asks_again),
	    cmocka_unit_test(done_comes_once),
	    cmocka_unit_test(refuses_bad_requests),
	    cmocka_unit_test(cancelled_writes_stay_fenced),
	    cmocka_unit_test(waits_for_all_in_its_way),
	    cmocka_unit_test(cancelled_before_it_was_sent),
	    cmocka_unit_test(full_pool_tells_of_room),
	    cmocka_unit_test(fails_at_the_dead_time),
	    cmocka_unit_test(queues_for_ever),
	    cmocka_unit_test(quiesces),
	    cmocka_unit_test(forgets),
	    cmocka_unit_test(forgotten_and_opened_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
