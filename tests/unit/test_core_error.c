/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a target refuses is tried again sector by sector, and whatever becomes
 * of older copies, no slice is forgotten.
 */
#include "tests/unit/core_rig.h"

#define SLOW (50 * NSEC_MS) /* a path that takes its time */

static void refuse(struct rig *r, const struct rig_frame *f, uint8_t error)
{
	struct wire_ata ata = {
	    .command = ATA_STATUS_DRDY | ATA_STATUS_ERR, .feature = error};

	rig_ata(r, f, f->h.dst, ata, NULL, 0);
}

/* The next data frame of any port; what else is asked meanwhile is answered. */
static void next_data(struct rig *r, struct rig_frame *f)
{
	nsec_t end = r->now + NSEC_SEC;

	for (;;) {
		while (rig_send(r, 0, f)) {
			if (rig_is_data(f))
				return;
			if (!mac_equal(f->h.dst, mac_broadcast))
				rig_control(r, f, f->h.dst);
		}
		engine_reap(r->e);
		assert_true(engine_deadline(r->e) < end);
		r->now = MAX(r->now, engine_deadline(r->e));
	}
}

/*
 * A single sector failed while an older copy of it was unanswered; when that
 * one is refused for its neighbours there is nothing left to wait for.
 */
static void error_ends_with_the_last_copy(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame old, f;

	(void)state;
	rig_up(&r, NULL);
	rig_write(&r, &q, 0, 512);
	assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 1024), 0);
	next_data(&r, &old);
	next_data(&r, &f);
	assert_int_equal(f.ata.count, 2);
	refuse(&r, &f, ATA_ERROR_ABRT);
	next_data(&r, &f);
	assert_int_equal(f.ata.count, 1);
	refuse(&r, &f, ATA_ERROR_UNC);
	rig_waits(&r, &q);
	refuse(&r, &old, ATA_ERROR_ABRT);
	rig_ends(&r, &q, -EIO);
	rig_fini(&r);
}

/* Has the frame sent through port 1, as port 2 is full just now. */
static void send_slow(struct rig *r, struct rig_request *q, struct rig_frame *f)
{
	struct rig_frame none;

	assert_int_equal(rig_submit(r, q, AOE_READ, 0, 1024), 0);
	while (rig_offer(r, 2, f)) {
		rig_result(
		    r, f, rig_is_data(f) ? ENGINE_TX_AGAIN : ENGINE_TX_SENT);
		if (rig_is_data(f))
			break;
	}
	do
		assert_true(rig_send(r, 1, f));
	while (!rig_is_data(f));
	while (rig_send(r, 2, &none))
		assert_true(rig_is_query(&none));
}

/* The copy of a single sector is lost while the older one is still out. */
static void sector_is_sent_again(void **state)
{
	struct rig r;
	struct rig_request q;
	struct rig_frame old, f;

	(void)state;
	rig_up(&r, NULL);
	rig_port(&r, 2, true);
	rig_config(&r, 2, rig_other, 1);
	assert_int_equal(rig_verify(&r, 2), 1);
	send_slow(&r, &q, &old);
	r.now += SLOW;
	rig_good(&r, &old, 1);
	rig_ends(&r, &q, 0);
	send_slow(&r, &q, &old);
	/* The probe of the slow path takes the other one. */
	next_data(&r, &f);
	assert_int_equal(f.port, 2);
	refuse(&r, &f, ATA_ERROR_UNC);
	next_data(&r, &f);
	assert_int_equal(f.port, 2);
	assert_int_equal(f.ata.count, 1);
	rig_port(&r, 2, false);
	refuse(&r, &old, ATA_ERROR_ABRT);
	for (unsigned i = 0; i < 2; i++) {
		next_data(&r, &f);
		assert_int_equal(f.ata.count, 1);
		rig_good(&r, &f, 7);
	}
	rig_ends(&r, &q, 0);
	rig_fini(&r);
}

#define MANY 60u

/* So much is refused at a time that there are no slices for the sectors. */
static void short_of_slices(void **state)
{
	static struct rig_request q[MANY];
	struct engine_config c = {.copies = 4};
	struct rig r;
	struct rig_frame f;
	unsigned done = 0;

	(void)state;
	rig_up(&r, &c);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(
		    rig_submit(&r, &q[i], AOE_READ, (32 * i + 30) * 512, 1024),
		    0);
	while (done < MANY) {
		next_data(&r, &f);
		if (f.ata.count > 1)
			refuse(&r, &f, ATA_ERROR_ABRT);
		else
			rig_good(&r, &f, 3);
		engine_reap(r.e);
		done = 0;
		for (unsigned i = 0; i < MANY; i++)
			done += q[i].done;
	}
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(q[i].error, 0);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(error_ends_with_the_last_copy),
	    cmocka_unit_test(sector_is_sent_again),
	    cmocka_unit_test(short_of_slices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
