/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A path whose target says who it is, but answers no data while another path's
 * is answered: it is lame, and gets none.
 */
#include "tests/unit/core_talk.h"

/* rig_other has been lame for a while, and rig_target busy. */
static void lame(struct rig *r, struct rig_request q[2])
{
	struct rig_frame f[2];

	talk_two_ports(r, NULL);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(
		    rig_submit(r, &q[i], AOE_READ, i * 512, 512), 0);
		talk_next_data(r, &f[i]);
	}
	assert_true(mac_equal(f[1].h.dst, rig_other));
	rig_good(r, &f[0], 0);
	rig_ends(r, &q[0], 0);
	for (unsigned n = 0; n < 100; n++) {
		assert_int_equal(rig_submit(r, &q[0], AOE_READ, 0, 512), 0);
		talk_serve(r, 20 * NSEC_MS, TALK_ALL, TALK_CONTROL);
		assert_int_equal(q[0].done, 1);
	}
	assert_int_equal(q[1].done, 1);
	assert_int_equal(rig_path(r, 1).state, ENGINE_PATH_UP);
}

/* Reads of somebody; one sector alone may be a touch. */
static bool is_read(const struct rig_frame *f)
{
	return rig_is_data(f) && f->ata.lba > 100;
}

/* One after the other: all go to the one that answers. */
static void gets_no_data(void **state)
{
	struct rig_request q[2];
	struct rig_frame f;
	struct rig r;

	(void)state;
	lame(&r, q);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(
		    rig_submit(&r, &q[0], AOE_READ, 200 * 512, 1024), 0);
		do {
			assert_true(rig_send(&r, 0, &f));
			if (is_read(&f))
				assert_true(mac_equal(f.h.dst, rig_target));
			talk_answer(&r, &f,
			    mac_equal(f.h.dst, rig_other) ? TALK_CONTROL
							  : TALK_ALL);
		} while (!is_read(&f));
		rig_ends(&r, &q[0], 0);
	}
	rig_fini(&r);
}

/* Not even when that one has all that it takes. */
static void gets_no_more_than_fits(void **state)
{
	static struct rig_request q[40];
	struct rig_frame f;
	unsigned n = 0;
	struct rig r;

	(void)state;
	lame(&r, q);
	for (unsigned i = 0; i < ARRAY_SIZE(q); i++)
		assert_int_equal(
		    rig_submit(&r, &q[i], AOE_READ, (200 + i) * 512, 512), 0);
	while (rig_send(&r, 0, &f)) {
		if (is_read(&f))
			assert_true(mac_equal(f.h.dst, rig_target));
		n += is_read(&f);
	}
	assert_int_equal(n, r.buffers);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(gets_no_data),
	    cmocka_unit_test(gets_no_more_than_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
