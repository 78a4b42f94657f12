/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a flush covers, to whom it goes, and that it may take its time.
 */
#include "tests/unit/core_rig.h"

/* Takes the next frame, which must be a flush to `dst`. */
static void next_is_flush(struct rig *r, struct rig_frame *f, struct mac dst)
{
	assert_true(rig_send(r, 1, f));
	assert_true(rig_is_flush(f));
	assert_true(mac_equal(f->h.dst, dst));
}

static void clean_disk_needs_none(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame f;

	(void)state;
	rig_up(&r, NULL);
	/* The first one goes out: somebody before us may have written. */
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
		next_is_flush(&r, &f, rig_target);
		rig_waits(&r, &q);
		rig_good(&r, &f, 0);
		rig_ends(&r, &q, 0);
		assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
		assert_false(rig_send(&r, 1, &f));
		assert_int_equal(engine_deadline(r.e), 0);
		rig_ends(&r, &q, 0);
		rig_write(&r, &q, 0, 512);
	}
	rig_fini(&r);
}

/* What was written while the flush was on its way needs another one. */
static void covers_only_what_was_answered(void **state)
{
	struct rig r;
	struct rig_request q, w;
	struct rig_frame f, g;

	(void)state;
	rig_up(&r, NULL);
	rig_write(&r, &w, 0, 512);
	assert_int_equal(rig_submit(&r, &w, AOE_WRITE, 0, 512), 0);
	assert_true(rig_send(&r, 1, &g));
	assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
	next_is_flush(&r, &f, rig_target);
	rig_good(&r, &g, 0);
	rig_good(&r, &f, 0);
	rig_ends(&r, &q, 0);
	assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
	next_is_flush(&r, &f, rig_target);
	rig_good(&r, &f, 0);
	rig_ends(&r, &q, 0);
	rig_fini(&r);
}

static void goes_to_each_that_wrote(void **state)
{
	struct rig r;
	struct rig_request q[2], flush;
	struct rig_frame f[2];

	(void)state;
	rig_up(&r, NULL);
	rig_second(&r, rig_other);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(
		    rig_submit(&r, &q[i], AOE_WRITE, i * 512, 512), 0);
		assert_true(rig_send(&r, 1, &f[i]));
	}
	for (unsigned i = 0; i < 2; i++)
		rig_good(&r, &f[i], 0);
	assert_int_equal(rig_submit(&r, &flush, AOE_FLUSH, 0, 0), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(rig_send(&r, 1, &f[i]));
		assert_true(rig_is_flush(&f[i]));
	}
	assert_false(mac_equal(f[0].h.dst, f[1].h.dst));
	rig_good(&r, &f[0], 0);
	rig_waits(&r, &flush);
	rig_good(&r, &f[1], 0);
	rig_ends(&r, &flush, 0);
	rig_fini(&r);
}

static void fua_is_write_and_flush(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame f;

	(void)state;
	rig_up(&r, NULL);
	r.fua = true;
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 512), 0);
	assert_true(rig_send(&r, 1, &f));
	assert_true(rig_is_write(&f));
	rig_good(&r, &f, 0);
	rig_waits(&r, &q);
	next_is_flush(&r, &f, rig_target);
	rig_good(&r, &f, 0);
	rig_ends(&r, &q, 0);
	rig_fini(&r);
}

/* One answer ends all flushes that ask for no more than it covers. */
static void one_answer_ends_several(void **state)
{
	struct rig r;
	struct rig_request w, q[3];
	struct rig_frame f[3];

	(void)state;
	rig_up(&r, NULL);
	rig_write(&r, &w, 0, 512);
	for (unsigned i = 0; i < 3; i++) {
		if (i == 2)
			rig_write(&r, &w, 0, 512);
		assert_int_equal(rig_submit(&r, &q[i], AOE_FLUSH, 0, 0), 0);
		next_is_flush(&r, &f[i], rig_target);
	}
	rig_good(&r, &f[1], 0);
	engine_reap(r.e);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(q[i].done, 1);
		assert_int_equal(q[i].error, 0);
	}
	rig_waits(&r, &q[2]);
	rig_good(&r, &f[0], 0);
	rig_waits(&r, &q[2]);
	rig_good(&r, &f[2], 0);
	rig_ends(&r, &q[2], 0);
	rig_fini(&r);
}

/* Answers all but flushes, until `n` of those were sent; `f` is the last. */
static void flushes_unanswered(struct rig *r, struct rig_frame *f, unsigned n)
{
	while (n > 0) {
		if (!rig_send(r, 1, f)) {
			assert_true(engine_deadline(r->e) < 60 * NSEC_SEC);
			r->now = MAX(r->now, engine_deadline(r->e));
			continue;
		}
		n -= rig_is_flush(f);
		if (!rig_is_flush(f) && !mac_equal(f->h.dst, mac_broadcast))
			rig_control(r, f, f->h.dst);
	}
}

/* However often it got lost, it is sent again, and its first copy counts. */
static void is_sent_until_answered(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame first, f;

	(void)state;
	for (unsigned late = 0; late < 2; late++) {
		rig_up(&r, NULL);
		rig_write(&r, &q, 0, 512);
		assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
		next_is_flush(&r, &first, rig_target);
		flushes_unanswered(&r, &f, 40);
		rig_waits(&r, &q);
		rig_good(&r, late ? &first : &f, 0);
		rig_ends(&r, &q, 0);
		rig_fini(&r);
	}
}

/* The target is another process now, but its host may still hold the data. */
static void restart_does_not_flush(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame f;

	(void)state;
	rig_up(&r, NULL);
	/* The first flush is for others, too: the second one is for this. */
	for (unsigned i = 0; i < 2; i++) {
		rig_write(&r, &q, 0, 512);
		if (i == 1) {
			rig_config(&r, 1, rig_target, 0);
			assert_int_equal(rig_verify(&r, 1), 2);
		}
		assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
		next_is_flush(&r, &f, rig_target);
		rig_good(&r, &f, 0);
		rig_ends(&r, &q, 0);
	}
	rig_fini(&r);
}

static void restart_with_unflushed_writes(void **state)
{
	struct engine_config config = {.strict_flush = true};
	struct rig r;
	struct rig_request q;
	struct rig_frame f;

	(void)state;
	rig_up(&r, &config);
	rig_write(&r, &q, 0, 512);
	rig_config(&r, 1, rig_target, 0);
	rig_config(&r, 1, rig_target, 0);
	assert_int_equal(rig_stats(&r).dirty_restarts, 1);
	assert_int_equal(rig_verify(&r, 1), 2);
	assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
	rig_ends(&r, &q, -EIO);
	/* It was told once; the next one works. */
	assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
	next_is_flush(&r, &f, rig_target);
	rig_good(&r, &f, 0);
	rig_ends(&r, &q, 0);
	rig_config(&r, 1, rig_target, 0);
	assert_int_equal(rig_stats(&r).dirty_restarts, 1);
	rig_fini(&r);
}

/* The kernel's driver on this host queries with tag 0. */
static void answer_to_another_is_no_restart(void **state)
{
	struct wire_header h = rig_header(rig_target, WIRE_CONFIG, 0);
	struct wire_config c = {.buffers = 16, .sectors = 2};
	uint8_t frame[WIRE_CONFIG_HEADER];
	struct rig r;
	struct rig_request q;

	(void)state;
	rig_up(&r, NULL);
	rig_write(&r, &q, 0, 512);
	rig_rx(&r, 1, frame, wire_put_config(frame, sizeof(frame), &h, &c));
	assert_int_equal(rig_stats(&r).dirty_restarts, 0);
	rig_fini(&r);
}

/* A target that started says so on all ports, before it answers there. */
static void one_port_alone_hears_no_restart(void **state)
{
	struct rig_frame f;
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	rig_port(&r, 2, true);
	rig_config(&r, 2, rig_target, 1);
	assert_int_equal(rig_verify(&r, 2), 1);
	/* The other one is answered. */
	rig_config(&r, 1, rig_target, 0);
	assert_int_equal(rig_verify(&r, 2), 2);
	assert_int_equal(rig_verify(&r, 1), 2);
	rig_serve(&r, 0, r.now + 2 * NSEC_SEC);
	assert_int_equal(rig_stats(&r).restarts, 0);
	/* It hears of it, too, before it is answered or (late) after. */
	for (unsigned late = 0; late < 2; late++) {
		rig_config(&r, 1, rig_target, 0);
		if (late)
			assert_int_equal(rig_verify(&r, 2), 2);
		rig_config(&r, 2, rig_target, 0);
		assert_int_equal(rig_stats(&r).restarts, 1 + late);
		rig_verify(&r, 1);
		rig_verify(&r, 2);
		rig_serve(&r, 0, r.now + 2 * NSEC_SEC);
		assert_int_equal(rig_stats(&r).restarts, 1 + late);
	}
	/* It is silent: a flush does not wait for what that means. */
	rig_config(&r, 1, rig_target, 0);
	assert_int_equal(rig_stats(&r).restarts, 2);
	while (rig_offer(&r, 2, &f))
		rig_result(&r, &f, ENGINE_TX_SENT);
	rig_run(&r, 2, r.now + 200 * NSEC_MS);
	assert_int_equal(rig_stats(&r).restarts, 3);
	rig_fini(&r);
}

/*
 * A target that takes long for a flush answers other things meanwhile, so its
 * answer comes late in every respect; it counts all the same.
 */
static void slow_answers_count(void **state)
{
	struct rig r;
	struct rig_request q, flush;
	struct rig_frame f, first;

	(void)state;
	rig_up(&r, NULL);
	rig_write(&r, &q, 0, 512);
	assert_int_equal(rig_submit(&r, &flush, AOE_FLUSH, 0, 0), 0);
	next_is_flush(&r, &first, rig_target);
	for (unsigned i = 0; i < 50; i++) {
		r.now += 100 * NSEC_MS;
		engine_tick(r.e, r.now);
		assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
		while (rig_send(&r, 1, &f)) {
			if (!rig_is_data(&f))
				rig_control(&r, &f, rig_target);
			else if (!rig_is_flush(&f))
				rig_good(&r, &f, 0);
		}
		engine_reap(r.e);
		assert_int_equal(q.done, 1);
	}
	rig_waits(&r, &flush);
	rig_good(&r, &first, 0);
	rig_ends(&r, &flush, 0);
	/* ... and teaches nothing about when data is lost. */
	assert_true(rig_path(&r, 0).reorder < 10 * NSEC_MS);
	rig_fini(&r);
}

static void unsupported_falls_back(void **state)
{
	struct wire_ata abort = {
	    .command = ATA_STATUS_DRDY | ATA_STATUS_ERR,
	    .feature = ATA_ERROR_ABRT,
	};
	struct rig r;
	struct rig_request q;
	struct rig_frame f;

	(void)state;
	rig_up(&r, NULL);
	rig_write(&r, &q, 0, 512);
	assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
	next_is_flush(&r, &f, rig_target);
	rig_ata(&r, &f, rig_target, abort, NULL, 0);
	assert_true(rig_send(&r, 1, &f));
	assert_int_equal(f.ata.command, ATA_FLUSH);
	rig_waits(&r, &q);
	rig_ata(&r, &f, rig_target, abort, NULL, 0);
	rig_ends(&r, &q, 0);
	rig_write(&r, &q, 0, 512);
	assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
	rig_ends(&r, &q, 0);
	rig_fini(&r);
}

/* The target refuses the whole frame, with that AoE error. */
static void refuse(struct rig *r, const struct rig_frame *f, uint8_t error)
{
	struct wire_header h = rig_header(f->h.dst, WIRE_ATA, f->h.tag);
	struct wire_ata ata = {.command = ATA_STATUS_DRDY};
	uint8_t frame[WIRE_ATA_HEADER];

	h.flags |= WIRE_FLAG_ERROR;
	h.error = error;
	rig_rx(r, 1, frame, wire_put_ata(frame, sizeof(frame), &h, &ata));
}

/*
 * Several are out with the count that is refused: each is sent once more with
 * another count, and what works is remembered.
 */
static void refused_frames_get_a_count(void **state)
{
	struct rig r;
	struct rig_request q[3];
	struct rig_frame f[3], g;

	(void)state;
	for (uint8_t code = WIRE_ERR_COMMAND; code <= WIRE_ERR_ARGUMENT;
	     code++) {
		rig_up(&r, NULL);
		rig_write(&r, &q[0], 0, 512);
		for (unsigned i = 0; i < 3; i++) {
			assert_int_equal(
			    rig_submit(&r, &q[i], AOE_FLUSH, 0, 0), 0);
			next_is_flush(&r, &f[i], rig_target);
			assert_int_equal(f[i].ata.count, 0);
		}
		for (unsigned i = 0; i < 3; i++) {
			refuse(&r, &f[i], code);
			next_is_flush(&r, &g, rig_target);
			assert_int_equal(g.ata.count, 1);
			rig_waits(&r, &q[i]);
		}
		rig_good(&r, &g, 0);
		engine_reap(r.e);
		for (unsigned i = 0; i < 3; i++) {
			assert_int_equal(q[i].done, 1);
			assert_int_equal(q[i].error, 0);
		}
		rig_write(&r, &q[0], 0, 512);
		assert_int_equal(rig_submit(&r, &q[0], AOE_FLUSH, 0, 0), 0);
		next_is_flush(&r, &g, rig_target);
		assert_int_equal(g.ata.count, 1);
		rig_good(&r, &g, 0);
		rig_ends(&r, &q[0], 0);
		rig_fini(&r);
	}
}

/* Refused in every form: asked for no more, until it may be another program. */
static void refused_is_remembered(void **state)
{
	static const uint8_t opcode[] = {
	    ATA_FLUSH_EXT, ATA_FLUSH_EXT, ATA_FLUSH};
	uint64_t identifies;
	struct rig r;
	struct rig_request q;
	struct rig_frame f;

	(void)state;
	rig_up(&r, NULL);
	for (unsigned again = 0; again < 2; again++) {
		rig_write(&r, &q, 0, 512);
		assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
		for (unsigned i = 0; i < ARRAY_SIZE(opcode); i++) {
			assert_true(rig_send(&r, 1, &f));
			assert_int_equal(f.ata.command, opcode[i]);
			rig_waits(&r, &q);
			refuse(&r, &f, WIRE_ERR_ARGUMENT);
		}
		rig_ends(&r, &q, 0);
		/* It says who it is once more, and is the same. */
		rig_run(&r, 1, r.now + 2 * NSEC_SEC);
		identifies = rig_path(&r, 0).stats->identifies;
		assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
		while (rig_send(&r, 1, &f)) {
			if (rig_is_data(&f))
				rig_good(&r, &f, 0);
			else if (!mac_equal(f.h.dst, mac_broadcast))
				rig_control(&r, &f, f.h.dst);
		}
		rig_ends(&r, &q, 0);
		assert_true(rig_path(&r, 0).stats->identifies > identifies);
		rig_write(&r, &q, 0, 512);
		assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
		rig_ends(&r, &q, 0);
		rig_config(&r, 1, rig_target, 0);
		assert_int_equal(rig_verify(&r, 1), 2);
	}
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(clean_disk_needs_none),
	    cmocka_unit_test(covers_only_what_was_answered),
	    cmocka_unit_test(goes_to_each_that_wrote),
	    cmocka_unit_test(fua_is_write_and_flush),
	    cmocka_unit_test(one_answer_ends_several),
	    cmocka_unit_test(is_sent_until_answered),
	    cmocka_unit_test(restart_does_not_flush),
	    cmocka_unit_test(restart_with_unflushed_writes),
	    cmocka_unit_test(answer_to_another_is_no_restart),
	    cmocka_unit_test(one_port_alone_hears_no_restart),
	    cmocka_unit_test(slow_answers_count),
	    cmocka_unit_test(unsupported_falls_back),
	    cmocka_unit_test(refused_frames_get_a_count),
	    cmocka_unit_test(refused_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
