/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 3: what shows that a write which was given up cannot come any more, and
 * what does not.
 */
#include "tests/unit/core_talk.h"

#define READS 23u
#define OLD 12u /* of them, those that the witness has still to answer */

/*
 * rig_target has OLD reads to answer, in `old`; after them a write went to
 * rig_other, and was cancelled.
 */
static void write_behind_reads(
    struct rig *r, struct rig_request *q, struct rig_frame old[OLD])
{
	struct rig_frame f[READS + 1];
	unsigned n = 0;

	for (unsigned i = 0; i < READS; i++) {
		assert_int_equal(
		    rig_submit(r, &q[i], AOE_READ, (100 + i) * 512, 512), 0);
		talk_next_data(r, &f[i]);
	}
	assert_int_equal(rig_submit(r, &q[READS], AOE_WRITE, 0, 512), 0);
	talk_next_data(r, &f[READS]);
	assert_true(rig_is_write(&f[READS]));
	assert_true(mac_equal(f[READS].h.dst, rig_other));
	for (unsigned i = 0; i < READS; i++) {
		if (mac_equal(f[i].h.dst, rig_target))
			old[n++] = f[i];
		else
			rig_good(r, &f[i], 0);
	}
	assert_int_equal(n, OLD);
	engine_cancel(r->e, &q[READS].rq, r->now);
	engine_reap(r->e);
	assert_int_equal(engine_fences(r->e), 1);
}

/* rig_target answers what it was asked before, and nothing else. */
static void answer_old(
    struct rig *r, const struct rig_frame old[OLD], nsec_t pause)
{
	for (unsigned i = 0; i < OLD; i++) {
		talk_serve(r, pause, TALK_CONTROL, TALK_NOTHING);
		rig_good(r, &old[i], 0);
	}
	engine_tick(r->e, r->now);
}

/*
 * (c) Another path works on what it had before the write: that shows nothing.
 * Answers to what it got later do, when they go on for late_copy.
 */
static void older_work_shows_nothing(void **state)
{
	static struct rig_request q[READS + 1];
	struct rig_frame old[OLD];
	struct rig r;

	(void)state;
	talk_two_ports(&r, NULL);
	write_behind_reads(&r, q, old);
	rig_port(&r, 2, false);
	answer_old(&r, old, 100 * NSEC_MS);
	assert_int_equal(engine_fences(r.e), 1);
	talk_serve(&r, 900 * NSEC_MS, TALK_ALL, TALK_NOTHING);
	assert_int_equal(engine_fences(r.e), 1);
	talk_serve(&r, 15 * NSEC_SEC, TALK_ALL, TALK_NOTHING);
	assert_int_equal(engine_fences(r.e), 0);
	rig_fini(&r);
}

/* Nor does what a path did before it showed another disk. */
static void refused_paths_show_nothing(void **state)
{
	static const struct mac third = {{2, 0, 0, 0, 1, 3}};
	static struct rig_request q[READS + 2];
	struct rig_frame old[OLD], f;
	struct rig r;

	(void)state;
	talk_two_ports(&r, NULL);
	write_behind_reads(&r, q, old);
	rig_config(&r, 1, third, 1);
	assert_int_equal(rig_verify(&r, 1), 1);
	assert_int_equal(rig_submit(&r, &q[READS + 1], AOE_READ, 512, 512), 0);
	while (!q[READS + 1].done) {
		talk_next_data(&r, &f);
		if (mac_equal(f.h.dst, third))
			rig_good(&r, &f, 0);
		engine_reap(r.e);
	}
	r.serial = 'B';
	rig_config(&r, 1, third, 0);
	rig_verify(&r, 1);
	assert_int_equal(rig_path(&r, 2).state, ENGINE_PATH_REFUSED);
	r.serial = 'A';
	rig_port(&r, 2, false);
	answer_old(&r, old, 100 * NSEC_MS);
	assert_int_equal(engine_fences(r.e), 1);
	rig_fini(&r);
}

/* (c) The disk hangs, though all say who they are: no time counts. */
static void a_hanging_disk_shows_nothing(void **state)
{
	static struct rig_request q[READS + 1];
	struct rig_frame old[OLD];
	struct rig r;

	(void)state;
	talk_two_ports(&r, NULL);
	write_behind_reads(&r, q, old);
	rig_port(&r, 2, false);
	talk_serve(&r, 200 * NSEC_MS, TALK_ALL, TALK_NOTHING);
	for (unsigned i = 0; i < 3; i++) {
		talk_serve(&r, 3 * NSEC_SEC, TALK_CONTROL, TALK_NOTHING);
		assert_int_equal(engine_fences(r.e), 1);
		/* It goes on, for one read. */
		assert_int_equal(
		    rig_submit(&r, &q[READS], AOE_READ, 512, 512), 0);
		while (!q[READS].done)
			talk_serve(&r, 10 * NSEC_MS, TALK_ALL, TALK_NOTHING);
		talk_serve(&r, 100 * NSEC_MS, TALK_CONTROL, TALK_NOTHING);
		assert_int_equal(engine_fences(r.e), 1);
	}
	talk_serve(&r, 15 * NSEC_SEC, TALK_ALL, TALK_NOTHING);
	assert_int_equal(engine_fences(r.e), 0);
	rig_fini(&r);
}

/* A write to rig_other that is not answered; it is cancelled. */
static void unanswered_write(struct rig *r, struct rig_request q[2])
{
	struct rig_frame f[2];

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(
		    rig_submit(r, &q[i], AOE_WRITE, i * 512, 512), 0);
		talk_next_data(r, &f[i]);
	}
	assert_true(mac_equal(f[0].h.dst, rig_target));
	assert_true(mac_equal(f[1].h.dst, rig_other));
	rig_good(r, &f[0], 0);
	engine_cancel(r->e, &q[1].rq, r->now);
	engine_reap(r->e);
	assert_int_equal(engine_fences(r->e), 1);
}

/*
 * (b) Only data overtakes data: a target says who it is while its disk hangs,
 * and then answers what it got before the write.
 */
static void identify_overtakes_nothing(void **state)
{
	static struct rig_request q[OLD + 1];
	struct rig_frame old[OLD + 1];
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	for (unsigned i = 0; i <= OLD; i++) {
		assert_int_equal(
		    rig_submit(&r, &q[i], i < OLD ? AOE_READ : AOE_WRITE,
			i * 512, 512),
		    0);
		talk_next_data(&r, &old[i]);
	}
	engine_cancel(r.e, &q[OLD].rq, r.now);
	engine_reap(r.e);
	rig_port(&r, 1, false);
	rig_port(&r, 1, true);
	talk_serve(&r, 50 * NSEC_MS, TALK_CONTROL, TALK_NOTHING);
	assert_int_equal(rig_path(&r, 0).state, ENGINE_PATH_UP);
	answer_old(&r, old, 200 * NSEC_MS);
	assert_int_equal(engine_fences(r.e), 1);
	talk_serve(&r, 5 * NSEC_SEC, TALK_ALL, TALK_NOTHING);
	assert_int_equal(engine_fences(r.e), 0);
	rig_fini(&r);
}

/* (c) is not for a path that answers what it is asked, however seldom. */
static void talking_paths_keep_their_writes(void **state)
{
	struct engine_config config = {.late_copy = 300 * NSEC_MS};
	struct rig_request q[2];
	struct rig r;

	(void)state;
	talk_two_ports(&r, &config);
	unanswered_write(&r, q);
	/* The other one has enough to do to show the disk at work. */
	for (unsigned i = 0; i < 500; i++) {
		if (i == 0 || q[0].done)
			assert_int_equal(
			    rig_submit(&r, &q[0], AOE_READ, 512, 512), 0);
		talk_serve(&r, 20 * NSEC_MS, TALK_ALL, TALK_CONTROL);
	}
	assert_int_equal(engine_fences(r.e), 1);
	talk_serve(&r, 5 * NSEC_SEC, TALK_ALL, TALK_ALL);
	assert_int_equal(engine_fences(r.e), 0);
	rig_fini(&r);
}

/* ... nor for one that answers again, whatever that is. */
static void any_word_ends_the_silence(void **state)
{
	struct engine_config config = {.late_copy = 2 * NSEC_SEC};
	struct rig_request q[2];
	struct rig r;

	(void)state;
	talk_two_ports(&r, &config);
	unanswered_write(&r, q);
	while (rig_path(&r, 1).state != ENGINE_PATH_SILENT)
		talk_serve(&r, 10 * NSEC_MS, TALK_ALL, TALK_NOTHING);
	assert_int_equal(engine_fences(r.e), 1);
	talk_serve(&r, 8 * NSEC_SEC, TALK_ALL, TALK_USELESS);
	assert_int_equal(engine_fences(r.e), 1);
	talk_serve(&r, 3 * NSEC_SEC, TALK_ALL, TALK_NOTHING);
	assert_int_equal(engine_fences(r.e), 0);
	rig_fini(&r);
}

/* A read that is answered, and so are the touches before it. */
static void read_one(struct rig *r)
{
	struct rig_request q;
	struct rig_frame f;

	assert_int_equal(rig_submit(r, &q, AOE_READ, 512, 512), 0);
	while (q.done == 0) {
		talk_next_data(r, &f);
		rig_good(r, &f, 0);
		engine_tick(r->e, r->now);
		engine_reap(r->e);
	}
}

/*
 * (b) It says nothing for a while, and nothing newer than the overtaken write
 * is awaited: it may have hung all the same, and that time does not count.
 */
static void a_silence_shows_nothing(void **state)
{
	struct rig_request w;
	struct rig_frame f;
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &w, AOE_WRITE, 0, 512), 0);
	assert_true(rig_send(&r, 1, &f));
	read_one(&r);
	engine_cancel(r.e, &w.rq, r.now);
	engine_reap(r.e);
	/* It is asked who it is, and cannot be touched. */
	rig_config(&r, 1, rig_target, 0);
	rig_run(&r, 1, r.now + 200 * NSEC_MS);
	assert_int_equal(engine_fences(r.e), 1);
	rig_config(&r, 1, rig_target, 0);
	assert_int_equal(rig_verify(&r, 1), 2);
	talk_next_data(&r, &f);
	rig_good(&r, &f, 0);
	rig_run(&r, 1, r.now + 60 * NSEC_MS);
	assert_int_equal(engine_fences(r.e), 1);
	talk_serve(&r, NSEC_SEC, TALK_ALL, TALK_ALL);
	assert_int_equal(engine_fences(r.e), 0);
	rig_fini(&r);
}

/*
 * (b) A path that has answered little may be more out of order than it showed:
 * what was overtaken on it has 20 ms.
 */
static void little_is_known_of_a_new_path(void **state)
{
	struct rig_request w, q;
	struct rig_frame f;
	nsec_t began;
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &w, AOE_WRITE, 0, 512), 0);
	assert_true(rig_send(&r, 1, &f));
	engine_cancel(r.e, &w.rq, r.now);
	engine_reap(r.e);
	began = r.now;
	while (engine_fences(r.e) > 0) {
		assert_int_equal(rig_submit(&r, &q, AOE_READ, 512, 512), 0);
		/* A touch may come first. */
		while (q.done == 0) {
			assert_true(rig_send(&r, 1, &f));
			rig_good(&r, &f, 0);
			engine_reap(r.e);
		}
		talk_serve(&r, NSEC_MS, TALK_ALL, TALK_ALL);
	}
	assert_in_range(r.now - began, 20 * NSEC_MS, 40 * NSEC_MS);
	rig_fini(&r);
}

/*
 * Nobody has the disk open: late_copy since the write was given up, not since
 * the disk was closed.
 */
static void closed_disks_keep_their_writes(void **state)
{
	struct rig_request q;
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 512), 0);
	engine_close(r.e, r.dev, r.now);
	talk_serve(&r, 10 * NSEC_SEC, TALK_CONTROL, TALK_NOTHING);
	rig_waits(&r, &q);
	rig_port(&r, 1, false);
	engine_cancel(r.e, &q.rq, r.now);
	engine_reap(r.e);
	assert_true(engine_fences(r.e) > 0);
	rig_run(&r, 1, r.now + 900 * NSEC_MS);
	assert_true(engine_fences(r.e) > 0);
	rig_run(&r, 1, r.now + 200 * NSEC_MS);
	assert_int_equal(engine_fences(r.e), 0);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(older_work_shows_nothing),
	    cmocka_unit_test(refused_paths_show_nothing),
	    cmocka_unit_test(a_hanging_disk_shows_nothing),
	    cmocka_unit_test(identify_overtakes_nothing),
	    cmocka_unit_test(talking_paths_keep_their_writes),
	    cmocka_unit_test(any_word_ends_the_silence),
	    cmocka_unit_test(a_silence_shows_nothing),
	    cmocka_unit_test(little_is_known_of_a_new_path),
	    cmocka_unit_test(closed_disks_keep_their_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
