/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which disk is at the end of a path: another one gets no data and gives none.
 */
#include "tests/unit/core_rig.h"

/* Takes every frame that is due and answers control frames of `src` only. */
static unsigned answer_only(struct rig *r, struct mac src)
{
	struct rig_frame f;
	unsigned data = 0;

	while (rig_send(r, 1, &f)) {
		data += rig_is_data(&f);
		if (!rig_is_data(&f) && mac_equal(f.h.dst, src))
			rig_control(r, &f, src);
	}
	return data;
}

static void swapped_disk_is_stale(void **state)
{
	struct rig r;
	struct rig_request out, held, q;
	struct rig_frame f;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &out, AOE_WRITE, 0, 512), 0);
	assert_true(rig_send(&r, 1, &f));
	assert_int_equal(rig_submit(&r, &held, AOE_WRITE, 0, 512), 0);
	r.serial = 'B';
	rig_config(&r, 1, rig_target, 0);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 1024, 512), 0);
	assert_int_equal(answer_only(&r, rig_target), 0);
	rig_ends(&r, &out, -ESTALE);
	assert_int_equal(held.error, -ESTALE);
	assert_int_equal(q.error, -ESTALE);
	assert_true(r.events & ENGINE_SWAPPED);
	assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), -ESTALE);
	assert_int_equal(engine_open(r.e, r.dev), -ESTALE);
	/* The write on its way may still be executed. */
	assert_int_equal(engine_fences(r.e), 1);
	/* Once nobody has it open, the new disk may be learned. */
	engine_close(r.e, r.dev, r.now);
	assert_int_equal(answer_only(&r, rig_target), 0);
	engine_reap(r.e);
	rig_settle(&r);
	assert_int_equal(engine_open(r.e, r.dev), 0);
	rig_fini(&r);
}

static void newcomer_is_refused(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame f;

	(void)state;
	rig_up(&r, NULL);
	r.serial = 'B';
	rig_second(&r, rig_other);
	assert_int_equal(rig_path(&r, 1).state, ENGINE_PATH_REFUSED);
	r.serial = 'A';
	for (unsigned i = 0; i < 16; i++) {
		assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
		assert_true(rig_send(&r, 1, &f));
		assert_true(mac_equal(f.h.dst, rig_target));
		rig_good(&r, &f, 0);
		rig_ends(&r, &q, 0);
	}
	assert_false(r.events & ENGINE_SWAPPED);
	rig_fini(&r);
}

/* Ours is only being asked again when the other one answers first. */
static void newcomer_does_not_oust(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame f;

	(void)state;
	rig_up(&r, NULL);
	r.serial = 'B';
	rig_second(&r, rig_other);
	/* After a silent second neither is verified. */
	r.now += 2 * NSEC_SEC;
	assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
	while (rig_send(&r, 1, &f))
		assert_false(rig_is_data(&f));
	rig_config(&r, 1, rig_other, 1);
	assert_int_equal(answer_only(&r, rig_other), 0);
	rig_waits(&r, &q);
	assert_false(r.events & ENGINE_SWAPPED);
	r.serial = 'A';
	rig_run(&r, 1, r.now + 300 * NSEC_MS);
	rig_config(&r, 1, rig_target, 0);
	assert_int_equal(answer_only(&r, rig_target), 1);
	rig_fini(&r);
}

/* A path turns out to lead elsewhere while data is on its way to it. */
static void refused_path_is_not_believed(void **state)
{
	struct rig r;
	struct rig_request q[2];
	struct rig_frame f[2];
	unsigned other;

	(void)state;
	rig_up(&r, NULL);
	rig_second(&r, rig_other);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(
		    rig_submit(&r, &q[i], AOE_WRITE, i * 512, 512), 0);
		assert_true(rig_send(&r, 1, &f[i]));
	}
	assert_false(mac_equal(f[0].h.dst, f[1].h.dst));
	other = mac_equal(f[0].h.dst, rig_other) ? 0 : 1;
	rig_good(&r, &f[!other], 0);
	rig_ends(&r, &q[!other], 0);
	r.serial = 'B';
	rig_config(&r, 1, rig_other, 0);
	rig_verify(&r, 1);
	assert_int_equal(rig_path(&r, 1).state, ENGINE_PATH_REFUSED);
	/* It executed the write, but not on our disk. */
	rig_good(&r, &f[other], 0);
	rig_waits(&r, &q[other]);
	/* The engine may read for itself, to see that the disk is at work. */
	rig_send_write(&r, 1, &f[other]);
	assert_true(mac_equal(f[other].h.dst, rig_target));
	rig_good(&r, &f[other], 0);
	rig_ends(&r, &q[other], 0);
	rig_fini(&r);
}

/* The same when no announcement has told of it, but an odd answer. */
static void refused_without_notice(void **state)
{
	struct wire_ata idnf = {
	    .command = ATA_STATUS_DRDY | ATA_STATUS_ERR,
	    .feature = ATA_ERROR_IDNF,
	};
	struct rig r;
	struct rig_request q[4];
	struct rig_frame f[4], again;
	unsigned n = 0, odd[4];

	(void)state;
	rig_up(&r, NULL);
	rig_second(&r, rig_other);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(
		    rig_submit(&r, &q[i], AOE_WRITE, i * 512, 512), 0);
		assert_true(rig_send(&r, 1, &f[i]));
		if (mac_equal(f[i].h.dst, rig_other))
			odd[n++] = i;
	}
	assert_int_equal(n, 2);
	for (unsigned i = 0; i < 4; i++) {
		if (mac_equal(f[i].h.dst, rig_target))
			rig_good(&r, &f[i], 0);
	}
	r.serial = 'B';
	rig_ata(&r, &f[odd[0]], rig_other, idnf, NULL, 0);
	rig_ends(&r, &q[odd[0]], -ENOSPC);
	rig_verify(&r, 1);
	assert_int_equal(rig_path(&r, 1).state, ENGINE_PATH_REFUSED);
	rig_good(&r, &f[odd[1]], 0);
	rig_waits(&r, &q[odd[1]]);
	rig_send_write(&r, 1, &again);
	assert_true(mac_equal(again.h.dst, rig_target));
	assert_int_equal(again.ata.lba, f[odd[1]].ata.lba);
	rig_good(&r, &again, 0);
	rig_ends(&r, &q[odd[1]], 0);
	rig_fini(&r);
}

/* An IDENTIFY answer that lacks its last byte is none. */
static void half_a_block_is_no_identity(void **state)
{
	struct rig r;
	struct rig_frame f;
	uint8_t block[512];

	(void)state;
	rig_init(&r, NULL);
	rig_port(&r, 1, true);
	rig_config(&r, 1, rig_target, 1);
	while (rig_send(&r, 1, &f) && !rig_is_identify(&f))
		;
	assert_true(rig_is_identify(&f));
	rig_identity(&r, block);
	rig_ata(&r, &f, rig_target,
	    (struct wire_ata){.command = ATA_STATUS_DRDY}, block, 511);
	engine_reap(r.e);
	assert_null(r.dev);
	r.now += NSEC_SEC;
	assert_int_equal(rig_verify(&r, 1), 0);
	engine_tick(r.e, r.now);
	assert_int_equal(rig_verify(&r, 1), 1);
	engine_reap(r.e);
	assert_non_null(r.dev);
	rig_fini(&r);
}

/* One target answers IDENTIFY for the other: that says nothing. */
static void identify_must_come_from_its_mac(void **state)
{
	struct rig r;
	struct rig_frame f;
	uint8_t block[512];

	(void)state;
	rig_up(&r, NULL);
	rig_config(&r, 1, rig_other, 1);
	assert_true(rig_send(&r, 1, &f));
	assert_true(rig_is_identify(&f));
	assert_true(mac_equal(f.h.dst, rig_other));
	rig_identity(&r, block);
	rig_ata(&r, &f, rig_target,
	    (struct wire_ata){.command = ATA_STATUS_DRDY}, block, 512);
	assert_int_equal(rig_path(&r, 1).state, ENGINE_PATH_NEW);
	assert_int_equal(engine_stats(r.e)->mismatched, 1);
	rig_control(&r, &f, rig_other);
	assert_int_equal(rig_path(&r, 1).state, ENGINE_PATH_UP);
	rig_fini(&r);
}

/* Closed with a write under way: it is not for the disk that comes next. */
static void pending_writes_keep_the_identity(void **state)
{
	struct rig r;
	struct rig_request q;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &q, AOE_WRITE, 0, 512), 0);
	engine_close(r.e, r.dev, r.now);
	r.serial = 'B';
	rig_config(&r, 1, rig_target, 0);
	assert_int_equal(answer_only(&r, rig_target), 0);
	rig_ends(&r, &q, -ESTALE);
	rig_fini(&r);
}

static void believes_only_what_fits(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame f;
	struct wire_ata ata = {.command = ATA_STATUS_DRDY};
	uint8_t data[512] = {0};
	struct rig_frame bad;

	(void)state;
	rig_up(&r, NULL);
	assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
	assert_true(rig_send(&r, 1, &f));
	bad = f;
	bad.h.tag ^= 1;
	rig_ata(&r, &bad, rig_target, ata, data, 512);
	bad.h.tag = f.h.tag & 0x7fffffff;
	rig_ata(&r, &bad, rig_target, ata, data, 512);
	rig_ata(&r, &f, rig_other, ata, data, 512);
	assert_int_equal(engine_stats(r.e)->mismatched, 1);
	rig_config(&r, 1, rig_target, f.h.tag);
	assert_int_equal(engine_stats(r.e)->mismatched, 2);
	rig_waits(&r, &q);
	/* A short answer is a loss. */
	rig_ata(&r, &f, rig_target, ata, data, 511);
	rig_waits(&r, &q);
	assert_true(rig_send(&r, 1, &f));
	/* So is an ATA status that says no, here for good. */
	ata.command = ATA_STATUS_DRDY | ATA_STATUS_ERR;
	ata.feature = ATA_ERROR_IDNF;
	rig_ata(&r, &f, rig_target, ata, data, 512);
	rig_ends(&r, &q, -EIO);
	rig_fini(&r);
}

static void size_changes_when_all_agree(void **state)
{
	struct rig r;
	struct engine_device_info info;

	(void)state;
	rig_up(&r, NULL);
	rig_second(&r, rig_other);
	engine_reap(r.e);
	/* One path is asked and says more; the other is alive and unasked. */
	r.sectors = RIG_SECTORS * 2;
	rig_config(&r, 1, rig_target, 0);
	rig_config(&r, 1, rig_other, 0);
	answer_only(&r, rig_target);
	engine_device_info(r.dev, &info);
	assert_int_equal(info.sectors, RIG_SECTORS);
	r.now += 300 * NSEC_MS;
	answer_only(&r, rig_other);
	engine_reap(r.e);
	engine_device_info(r.dev, &info);
	assert_int_equal(info.sectors, RIG_SECTORS * 2);
	assert_true(r.events & ENGINE_RESIZED);
	rig_fini(&r);
}

/* Frames for `src` only, until both of a round are out: config, IDENTIFY. */
static void asked_both(struct rig *r, struct mac src, struct rig_frame f[2])
{
	unsigned n = 0;

	while (n < 2) {
		assert_true(rig_send(r, 1, &f[n]));
		n += mac_equal(f[n].h.dst, src);
	}
	assert_true(rig_is_query(&f[0]) && rig_is_identify(&f[1]));
}

/* The disk is resized between the two answers of a path that was not up. */
static void size_of_long_ago_is_asked_again(void **state)
{
	struct rig_frame f[2], g;
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	rig_config(&r, 1, rig_other, 0);
	asked_both(&r, rig_other, f);
	rig_control(&r, &f[1], rig_other);
	r.sectors = RIG_SECTORS * 2;
	rig_config(&r, 1, rig_target, 0);
	answer_only(&r, rig_target);
	assert_int_equal(engine_device_sectors(r.dev), RIG_SECTORS * 2);
	rig_control(&r, &f[0], rig_other);
	assert_int_equal(rig_path(&r, 1).state, ENGINE_PATH_NEW);
	assert_true(rig_send(&r, 1, &g));
	assert_true(rig_is_identify(&g));
	rig_control(&r, &g, rig_other);
	assert_int_equal(rig_path(&r, 1).state, ENGINE_PATH_UP);
	rig_fini(&r);
}

/*
 * While nobody had it open, another disk took the address. What stood for the
 * old one owes the new one no flush, and cannot give its place away.
 */
static void the_old_disk_has_no_say(void **state)
{
	struct engine_config config = {.strict_flush = true};
	struct rig_request q;
	struct rig_frame f;
	struct rig r;

	(void)state;
	rig_up(&r, &config);
	rig_write(&r, &q, 0, 512);
	engine_close(r.e, r.dev, r.now);
	rig_port(&r, 1, false);
	rig_port(&r, 2, true);
	r.serial = 'B';
	rig_config(&r, 2, rig_other, 1);
	rig_verify(&r, 2);
	rig_settle(&r);
	assert_int_equal(engine_open(r.e, r.dev), 0);
	r.now += 500 * NSEC_MS;
	assert_int_equal(rig_submit(&r, &q, AOE_FLUSH, 0, 0), 0);
	do
		assert_true(rig_send(&r, 2, &f));
	while (!rig_is_flush(&f));
	rig_good(&r, &f, 0);
	rig_ends(&r, &q, 0);
	/* The new one is away, the old one comes back. */
	rig_port(&r, 2, false);
	rig_port(&r, 1, true);
	r.serial = 'A';
	r.events = 0;
	rig_config(&r, 1, rig_target, 0);
	rig_serve(&r, 1, r.now + 3 * NSEC_SEC);
	assert_int_equal(rig_path(&r, 0).state, ENGINE_PATH_REFUSED);
	assert_false(r.events & ENGINE_SWAPPED);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(swapped_disk_is_stale),
	    cmocka_unit_test(newcomer_is_refused),
	    cmocka_unit_test(newcomer_does_not_oust),
	    cmocka_unit_test(refused_path_is_not_believed),
	    cmocka_unit_test(refused_without_notice),
	    cmocka_unit_test(half_a_block_is_no_identity),
	    cmocka_unit_test(identify_must_come_from_its_mac),
	    cmocka_unit_test(pending_writes_keep_the_identity),
	    cmocka_unit_test(believes_only_what_fits),
	    cmocka_unit_test(size_changes_when_all_agree),
	    cmocka_unit_test(size_of_long_ago_is_asked_again),
	    cmocka_unit_test(the_old_disk_has_no_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
