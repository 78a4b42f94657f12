/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One of two MACs is gone with writes that it never flushed: who flushes then.
 */
#include "tests/unit/core_talk.h"

/*
 * Serves all MACs but `dead` until the next flush to another one leaves, which
 * becomes `f`; at most `limit` long.
 */
static void flush_beside(
    struct rig *r, struct mac dead, struct rig_frame *f, nsec_t limit)
{
	nsec_t end = r->now + limit;

	while (r->now < end) {
		if (!rig_send(r, 1, f)) {
			engine_reap(r->e);
			assert_true(engine_deadline(r->e) < end);
			r->now = MAX(r->now, engine_deadline(r->e));
			continue;
		}
		if (mac_equal(f->h.dst, mac_broadcast) ||
		    mac_equal(f->h.dst, dead))
			continue;
		if (rig_is_flush(f))
			return;
		if (rig_is_data(f))
			rig_good(r, f, 0);
		else
			rig_control(r, f, f->h.dst);
	}
	fail_msg("no flush");
}

/* Both MACs owe a flush, which is on its way to both. */
static void both_flush(struct rig *r, struct rig_request *flush,
    const struct engine_config *config, struct rig_frame f[2])
{
	struct rig_request q[2];

	rig_up(r, config);
	rig_second(r, rig_other);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(
		    rig_submit(r, &q[i], AOE_WRITE, i * 512, 512), 0);
		assert_true(rig_send(r, 1, &f[i]));
	}
	assert_false(mac_equal(f[0].h.dst, f[1].h.dst));
	for (unsigned i = 0; i < 2; i++)
		rig_good(r, &f[i], 0);
	engine_reap(r->e);
	assert_int_equal(rig_submit(r, flush, AOE_FLUSH, 0, 0), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(rig_send(r, 1, &f[i]));
		assert_true(rig_is_flush(&f[i]));
	}
}

/*
 * The other has flushed already when the first counts as dead: what it did
 * before says nothing of that one's writes, it is asked once more.
 */
static void others_flush_for_the_dead(void **state)
{
	struct rig r;
	struct rig_request flush;
	struct rig_frame f[2], g;
	nsec_t began;

	(void)state;
	both_flush(&r, &flush, NULL, f);
	began = r.now;
	rig_good(&r, &f[0], 0);
	rig_waits(&r, &flush);
	flush_beside(&r, f[1].h.dst, &g, 5 * NSEC_SEC);
	assert_true(mac_equal(g.h.dst, f[0].h.dst));
	assert_true(r.now - began >= NSEC_SEC);
	rig_waits(&r, &flush);
	assert_int_equal(rig_stats(&r).flushes_moved, 1);
	rig_good(&r, &g, 0);
	rig_ends(&r, &flush, 0);
	/* Nobody owes anything now. */
	assert_int_equal(rig_submit(&r, &flush, AOE_FLUSH, 0, 0), 0);
	rig_ends(&r, &flush, 0);
	rig_fini(&r);
}

/* A flush that left before that does not count for it, however late. */
static void an_older_flush_is_not_enough(void **state)
{
	struct rig r;
	struct rig_request flush;
	struct rig_frame f[2], g;

	(void)state;
	both_flush(&r, &flush, NULL, f);
	do
		flush_beside(&r, f[1].h.dst, &g, 5 * NSEC_SEC);
	while (rig_stats(&r).flushes_moved == 0);
	rig_good(&r, &f[0], 0);
	rig_waits(&r, &flush);
	rig_good(&r, &g, 0);
	rig_ends(&r, &flush, 0);
	rig_fini(&r);
}

/* What is asked for strictly fails, and is well the next time. */
static void strict_flushes_fail_for_the_dead(void **state)
{
	struct engine_config config = {.strict_flush = true};
	struct rig r;
	struct rig_request flush;
	struct rig_frame f[2], g;

	(void)state;
	both_flush(&r, &flush, &config, f);
	rig_good(&r, &f[0], 0);
	for (unsigned i = 0; i < 1000 && !flush.done; i++) {
		if (!rig_send(&r, 1, &g))
			r.now = MAX(r.now, engine_deadline(r.e));
		else if (mac_equal(g.h.dst, f[0].h.dst) && !rig_is_data(&g))
			rig_control(&r, &g, g.h.dst);
		engine_reap(r.e);
	}
	assert_int_equal(flush.done, 1);
	assert_int_equal(flush.error, -EIO);
	assert_int_equal(rig_stats(&r).flushes_moved, 1);
	assert_int_equal(rig_submit(&r, &flush, AOE_FLUSH, 0, 0), 0);
	flush_beside(&r, f[1].h.dst, &g, NSEC_SEC);
	rig_good(&r, &g, 0);
	rig_ends(&r, &flush, 0);
	rig_fini(&r);
}

/* Both MACs, behind a port each, have answered a write. */
static void both_write(struct rig *r)
{
	struct rig_request q[2];
	struct rig_frame f[2];

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(
		    rig_submit(r, &q[i], AOE_WRITE, i * 512, 512), 0);
		talk_next_data(r, &f[i]);
	}
	assert_false(mac_equal(f[0].h.dst, f[1].h.dst));
	for (unsigned i = 0; i < 2; i++)
		rig_good(r, &f[i], 0);
	engine_reap(r->e);
}

/* Answers `n` flushes, and then the request has ended well. */
static void flushed_by(struct rig *r, struct rig_request *q, unsigned n)
{
	struct rig_frame f;

	while (n-- > 0) {
		rig_waits(r, q);
		talk_next_data(r, &f);
		assert_true(rig_is_flush(&f));
		rig_good(r, &f, 0);
	}
	rig_ends(r, q, 0);
}

/* Back within late_copy, it flushes what it wrote itself. */
static void one_that_is_soon_back_flushes(void **state)
{
	struct rig_request flush;
	struct rig r;

	(void)state;
	talk_two_ports(&r, NULL);
	both_write(&r);
	rig_port(&r, 2, false);
	engine_tick(r.e, r.now);
	assert_int_equal(rig_submit(&r, &flush, AOE_FLUSH, 0, 0), 0);
	talk_serve(&r, 800 * NSEC_MS, TALK_ALL, TALK_NOTHING);
	rig_waits(&r, &flush);
	rig_port(&r, 2, true);
	rig_verify(&r, 2);
	flushed_by(&r, &flush, 1);
	assert_int_equal(rig_stats(&r).flushes_moved, 0);
	rig_fini(&r);
}

/* Back after others flushed for it, it may have some of it still. */
static void one_that_comes_back_is_flushed(void **state)
{
	struct rig_request flush;
	struct rig r;

	(void)state;
	talk_two_ports(&r, NULL);
	both_write(&r);
	assert_int_equal(rig_submit(&r, &flush, AOE_FLUSH, 0, 0), 0);
	flushed_by(&r, &flush, 2);
	both_write(&r);
	rig_port(&r, 2, false);
	assert_int_equal(rig_submit(&r, &flush, AOE_FLUSH, 0, 0), 0);
	talk_serve(&r, 2 * NSEC_SEC, TALK_ALL, TALK_NOTHING);
	assert_int_equal(flush.done, 1);
	assert_int_equal(rig_stats(&r).flushes_moved, 1);
	rig_port(&r, 2, true);
	rig_verify(&r, 2);
	rig_verify(&r, 1);
	assert_int_equal(rig_submit(&r, &flush, AOE_FLUSH, 0, 0), 0);
	flushed_by(&r, &flush, 1);
	rig_fini(&r);
}

/* Gone for long, it makes the next strict flush fail, and none after it. */
static void a_strict_flush_fails_for_the_absent(void **state)
{
	struct engine_config config = {.strict_flush = true};
	struct rig_request flush;
	struct rig r;

	(void)state;
	talk_two_ports(&r, &config);
	both_write(&r);
	rig_port(&r, 2, false);
	talk_serve(&r, 2 * NSEC_SEC, TALK_ALL, TALK_NOTHING);
	assert_int_equal(rig_stats(&r).flushes_moved, 0);
	assert_int_equal(rig_submit(&r, &flush, AOE_FLUSH, 0, 0), 0);
	rig_ends(&r, &flush, -EIO);
	assert_int_equal(rig_submit(&r, &flush, AOE_FLUSH, 0, 0), 0);
	talk_serve(&r, 100 * NSEC_MS, TALK_ALL, TALK_NOTHING);
	assert_int_equal(flush.done, 1);
	assert_int_equal(flush.error, 0);
	rig_fini(&r);
}

/* Whoever answers: who was asked has executed the write. */
static void who_was_asked_flushes(void **state)
{
	struct rig_request q;
	struct rig_frame f;
	struct rig r;

	(void)state;
	talk_two_ports(&r, NULL);
	both_write(&r);
	assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
	flushed_by(&r, &q, 2);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 512), 0);
	talk_next_data(&r, &f);
	rig_ata(&r, &f, mac_equal(f.h.dst, rig_target) ? rig_other : rig_target,
	    (struct wire_ata){.command = ATA_STATUS_DRDY}, NULL, 0);
	rig_ends(&r, &q, 0);
	assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
	flushed_by(&r, &q, 1);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(others_flush_for_the_dead),
	    cmocka_unit_test(an_older_flush_is_not_enough),
	    cmocka_unit_test(strict_flushes_fail_for_the_dead),
	    cmocka_unit_test(one_that_is_soon_back_flushes),
	    cmocka_unit_test(one_that_comes_back_is_flushed),
	    cmocka_unit_test(a_strict_flush_fails_for_the_absent),
	    cmocka_unit_test(who_was_asked_flushes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
