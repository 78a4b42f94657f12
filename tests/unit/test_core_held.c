/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers of a MAC that is just being asked who it is: used when it is still
 * the disk, and else as if they had never come.
 */
#include "tests/unit/core_talk.h"

#define OURS 'y' /* what the right disk holds */
#define FOREIGN 'x'

/* Sends all that is due, and answers none of it. */
static void drain(struct rig *r)
{
	struct rig_frame f;

	while (rig_send(r, 0, &f))
		;
}

/* The target announces itself: nothing is known of it from now on. */
static void doubt(struct rig *r, unsigned port, struct mac mac)
{
	rig_config(r, port, mac, 0);
}

/* It says who it is, and shows that disk. */
static void shows(struct rig *r, unsigned port, uint8_t serial)
{
	r->serial = serial;
	assert_int_equal(rig_verify(r, port), 2);
	r->serial = 'A';
}

static void is_filled(const struct rig_request *q, int with)
{
	for (unsigned i = 0; i < 512; i++)
		assert_int_equal(q->buf[i], with);
}

/* A write that is answered like this is owed a flush as any other. */
static void held_writes_are_flushed(void **state)
{
	struct rig_request q;
	struct rig_frame f;
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
	talk_next_data(&r, &f);
	rig_good(&r, &f, 0);
	rig_ends(&r, &q, 0);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 512), 0);
	talk_next_data(&r, &f);
	doubt(&r, 1, rig_target);
	rig_good(&r, &f, 0);
	rig_waits(&r, &q);
	shows(&r, 1, 'A');
	rig_ends(&r, &q, 0);
	assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
	rig_waits(&r, &q);
	talk_next_data(&r, &f);
	assert_true(rig_is_flush(&f));
	rig_good(&r, &f, 0);
	rig_ends(&r, &q, 0);
	rig_fini(&r);
}

/* A flush of another disk is none. */
static void held_flushes_count_later(void **state)
{
	struct rig_request q, flush;
	struct rig_frame f;
	struct rig r;

	(void)state;
	for (unsigned same = 0; same < 2; same++) {
		rig_up(&r, NULL);
		rig_write(&r, &q, 0, 512);
		assert_int_equal(rig_submit(&r, &flush, AOE_FLUSH, 0, 0), 0);
		talk_next_data(&r, &f);
		assert_true(rig_is_flush(&f));
		doubt(&r, 1, rig_target);
		rig_good(&r, &f, 0);
		rig_waits(&r, &flush);
		shows(&r, 1, same ? 'A' : 'B');
		talk_serve(&r, 2 * NSEC_SEC, TALK_NOTHING, TALK_NOTHING);
		assert_int_equal(flush.done, 1);
		assert_int_equal(flush.error, same ? 0 : -ESTALE);
		rig_fini(&r);
	}
}

/* Nor is its config string ours. */
static void settings_are_not_held(void **state)
{
	static const uint8_t text[] = "blue";
	struct wire_header h = rig_header(rig_target, WIRE_CONFIG, 0);
	struct wire_config c = {
	    .buffers = 16, .sectors = 2, .string = text, .string_len = 4};
	uint8_t frame[WIRE_MIN_FRAME];
	struct rig_request q;
	struct rig_frame f;
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	memcpy(q.buf, text, 4);
	assert_int_equal(rig_submit(&r, &q, AOE_SET_CONFIG, 0, 4), 0);
	do
		assert_true(rig_send(&r, 1, &f));
	while (mac_equal(f.h.dst, mac_broadcast));
	doubt(&r, 1, rig_target);
	h.tag = f.h.tag;
	rig_rx(&r, 1, frame, wire_put_config(frame, sizeof(frame), &h, &c));
	rig_waits(&r, &q);
	shows(&r, 1, 'B');
	talk_serve(&r, 2 * NSEC_SEC, TALK_NOTHING, TALK_NOTHING);
	assert_int_equal(q.done, 1);
	assert_int_equal(q.error, -ESTALE);
	rig_fini(&r);
}

/* An error of another disk is none; the request is sent again. */
static void held_errors_are_nothing(void **state)
{
	struct wire_ata idnf = {
	    .command = ATA_STATUS_DRDY | ATA_STATUS_ERR,
	    .feature = ATA_ERROR_IDNF,
	};
	struct rig_request q;
	struct rig_frame f;
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 512), 0);
	talk_next_data(&r, &f);
	doubt(&r, 1, rig_target);
	rig_ata(&r, &f, rig_target, idnf, NULL, 0);
	rig_waits(&r, &q);
	shows(&r, 1, 'A');
	rig_waits(&r, &q);
	do
		talk_next_data(&r, &f);
	while (!rig_is_write(&f));
	rig_good(&r, &f, 0);
	rig_ends(&r, &q, 0);
	rig_fini(&r);
}

/*
 * It shows another disk after that, and then ours again: what it said before
 * came from who knows which of them.
 */
static void what_was_refused_stays_so(void **state)
{
	struct rig_request q[2];
	struct rig_frame f[2], g;
	struct rig r;

	(void)state;
	talk_two_ports(&r, NULL);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(
		    rig_submit(&r, &q[i], AOE_READ, i * 512, 512), 0);
		talk_next_data(&r, &f[i]);
	}
	assert_true(mac_equal(f[1].h.dst, rig_other));
	rig_good(&r, &f[0], OURS);
	rig_ends(&r, &q[0], 0);
	doubt(&r, 2, rig_other);
	rig_good(&r, &f[1], FOREIGN);
	shows(&r, 2, 'B');
	rig_waits(&r, &q[1]);
	r.now += 30 * NSEC_MS; /* so long it is not asked again */
	doubt(&r, 2, rig_other);
	rig_verify(&r, 2);
	assert_int_equal(rig_path(&r, 1).state, ENGINE_PATH_UP);
	rig_waits(&r, &q[1]);
	do {
		talk_next_data(&r, &g);
		rig_good(&r, &g, OURS);
		engine_reap(r.e);
	} while (!q[1].done);
	assert_int_equal(q[1].error, 0);
	is_filled(&q[1], OURS);
	rig_fini(&r);
}

/*
 * Both copies of a read are answered by MACs under doubt. The one that turns
 * out to be the disk gave the data.
 */
static void one_of_two_held_answers(void **state)
{
	struct rig_frame f[2];
	struct rig_request q;
	struct rig r;

	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		talk_two_ports(&r, NULL);
		assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
		talk_next_data(&r, &f[0]);
		while (!rig_send(&r, 0, &f[1]))
			r.now += RIG_RTT;
		assert_true(mac_equal(f[0].h.dst, rig_target));
		assert_true(mac_equal(f[1].h.dst, rig_other));
		doubt(&r, 1, rig_target);
		doubt(&r, 2, rig_other);
		for (unsigned i = 0; i < 2; i++)
			rig_good(&r, &f[i ^ first], i ^ first ? FOREIGN : OURS);
		rig_waits(&r, &q);
		rig_verify(&r, 1);
		drain(&r);
		if (first == 0) {
			rig_ends(&r, &q, 0);
			is_filled(&q, OURS);
		}
		rig_fini(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(held_writes_are_flushed),
	    cmocka_unit_test(held_flushes_count_later),
	    cmocka_unit_test(settings_are_not_held),
	    cmocka_unit_test(held_errors_are_nothing),
	    cmocka_unit_test(what_was_refused_stays_so),
	    cmocka_unit_test(one_of_two_held_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
