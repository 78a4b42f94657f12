/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Room: windows shared behind a MAC, the pool of frames, a dead target's part.
 */
#include "tests/unit/core_talk.h"

#define MANY 64

static const struct aoe_addr second_addr = {.shelf = 1, .slot = 1};

/* A config answer for the second slot behind the same MAC. */
static struct device *second_slot(struct rig *r)
{
	struct wire_header h = rig_header(rig_target, WIRE_CONFIG, 1);
	struct wire_config c = {.buffers = r->buffers, .sectors = 2};
	uint8_t frame[WIRE_MIN_FRAME], block[512];
	struct device *dev, *first = r->dev;
	struct rig_frame f;
	size_t len;

	h.addr = second_addr;
	rig_rx(r, 1, frame, wire_put_config(frame, sizeof(frame), &h, &c));
	assert_true(rig_send(r, 1, &f));
	assert_true(rig_is_identify(&f));
	h = rig_header(rig_target, WIRE_ATA, f.h.tag);
	h.addr = second_addr;
	len = wire_put_ata(frame, sizeof(frame), &h,
	    &(struct wire_ata){.command = ATA_STATUS_DRDY});
	rig_identity(r, block);
	memcpy(f.bytes, frame, len);
	memcpy(f.bytes + len, block, sizeof(block));
	rig_rx(r, 1, f.bytes, len + sizeof(block));
	engine_reap(r->e);
	dev = r->dev;
	assert_ptr_not_equal(dev, first);
	r->dev = first;
	return dev;
}

/* A target with two slots, none of them open: r->dev, and what is returned. */
static struct device *two_slots(
    struct rig *r, const struct engine_config *config, uint16_t buffers)
{
	struct device *second;

	rig_init(r, config);
	r->buffers = buffers;
	rig_port(r, 1, true);
	rig_config(r, 1, rig_target, 1);
	assert_int_equal(rig_verify(r, 1), 1);
	engine_reap(r->e);
	second = second_slot(r);
	rig_settle(r);
	return second;
}

/* Sends reads until the window is full; how many. */
static unsigned fill(struct rig *r, struct rig_request *q)
{
	struct rig_frame f;
	unsigned n = 0;

	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(
		    rig_submit(r, &q[i], AOE_READ, i * 512, 512), 0);
	while (rig_offer(r, 1, &f)) {
		rig_result(r, &f, ENGINE_TX_SENT);
		n++;
	}
	return n;
}

static void forgetting_gives_the_window_back(void **state)
{
	struct rig r;
	struct rig_request q[MANY];
	struct device *other;

	(void)state;
	rig_up(&r, NULL);
	other = second_slot(&r);
	for (unsigned round = 0; round < 3; round++) {
		assert_int_equal(fill(&r, q), r.buffers);
		for (unsigned i = 0; i < MANY; i++)
			engine_cancel(r.e, &q[i].rq, r.now);
		engine_reap(r.e);
		engine_close(r.e, r.dev, r.now);
		assert_int_equal(engine_forget(r.e, r.dev), 0);
		engine_reap(r.e);
		rig_config(&r, 1, rig_target, 1);
		assert_int_equal(rig_verify(&r, 1), 1);
		engine_reap(r.e);
		rig_settle(&r);
		assert_int_equal(engine_open(r.e, r.dev), 0);
	}
	r.dev = other;
	rig_settle(&r);
	assert_int_equal(engine_open(r.e, other), 0);
	assert_int_equal(fill(&r, q), r.buffers);
	rig_fini(&r);
}

/*
 * A dead target keeps every frame of the pool, since its answers may still
 * come. It must be found again all the same.
 */
static void still_finds_the_target(unsigned copies)
{
	struct engine_config config = {
	    .copies = copies,
	    .dead_time = NSEC_NEVER,
	};
	struct rig r;
	struct rig_request q[MANY];
	struct rig_frame f;
	unsigned done = 0, turns = 0;

	rig_init(&r, &config);
	r.buffers = 64;
	rig_port(&r, 1, true);
	rig_config(&r, 1, rig_target, 1);
	assert_int_equal(rig_verify(&r, 1), 1);
	engine_reap(r.e);
	rig_settle(&r);
	assert_int_equal(engine_open(r.e, r.dev), 0);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(
		    rig_submit(&r, &q[i], AOE_READ, i * 512, 512), 0);
	rig_run(&r, 1, r.now + 30 * NSEC_SEC);
	rig_config(&r, 1, rig_target, 0);
	while (done < MANY && turns++ < 1000) {
		while (rig_send(&r, 1, &f))
			rig_is_data(&f) ? rig_good(&r, &f, 0)
					: rig_control(&r, &f, rig_target);
		engine_reap(r.e);
		done = 0;
		for (unsigned i = 0; i < MANY; i++)
			done += q[i].done;
		r.now += 10 * NSEC_MS;
	}
	assert_int_equal(done, MANY);
	rig_fini(&r);
}

static void full_pool_still_finds_the_target(void **state)
{
	(void)state;
	still_finds_the_target(16);
	still_finds_the_target(MANY);
}

/* With its frames used up, a device does not take the slices of the others. */
static void full_pool_leaves_slices(void **state)
{
	struct engine_config config = {.copies = 16};
	struct rig r;
	struct rig_request q[MANY], p;
	struct rig_frame f;
	struct device *first, *other;
	unsigned n = 0;

	(void)state;
	other = two_slots(&r, &config, 256);
	first = r.dev;
	assert_int_equal(engine_open(r.e, other), 0);
	assert_int_equal(engine_open(r.e, first), 0);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(
		    rig_submit(&r, &q[i], AOE_READ, 0, sizeof(q[i].buf)), 0);
	while (rig_offer(&r, 1, &f)) {
		rig_result(&r, &f, ENGINE_TX_SENT);
		n++;
	}
	assert_in_range(n, 1, config.copies);
	for (unsigned i = 0; i < 1000; i++)
		assert_false(rig_offer(&r, 1, &f));
	/* The other has a share of the frames, and what it needs to use it. */
	r.dev = other;
	assert_int_equal(rig_submit(&r, &p, AOE_READ, 0, 512), 0);
	assert_true(rig_offer(&r, 1, &f));
	assert_int_equal(f.h.addr.slot, second_addr.slot);
	rig_result(&r, &f, ENGINE_TX_SENT);
	rig_fini(&r);
}

/* What a closed device had is for the others. */
static void closing_gives_the_share_back(void **state)
{
	struct engine_config config = {.copies = 16, .max_requests = 64};
	struct rig_request q[MANY];
	struct device *first, *other;
	struct rig r;

	(void)state;
	other = two_slots(&r, &config, 256);
	first = r.dev;
	for (unsigned round = 0; round < 40; round++) {
		assert_int_equal(engine_open(r.e, other), 0);
		engine_close(r.e, other, r.now);
	}
	assert_int_equal(engine_open(r.e, first), 0);
	assert_int_equal(fill(&r, q), config.copies);
	rig_fini(&r);
}

/* A disk that is dead has not all the requests: the other is not refused. */
static void dead_disk_leaves_requests(void **state)
{
	struct engine_config config = {.max_requests = MANY};
	struct rig_request q[MANY], p;
	struct device *first, *other;
	struct rig_frame f;
	struct rig r;
	unsigned n = 0;

	(void)state;
	other = two_slots(&r, &config, 16);
	first = r.dev;
	assert_int_equal(engine_open(r.e, other), 0);
	assert_int_equal(engine_open(r.e, first), 0);
	while (rig_submit(&r, &q[n], AOE_READ, n * 512, 512) == 0)
		n++;
	assert_in_range(n, MANY / 4, MANY * 3 / 4);
	r.dev = other;
	assert_int_equal(rig_submit(&r, &p, AOE_READ, 0, 512), 0);
	/* That one's end makes no room for who was refused. */
	while (rig_offer(&r, 1, &f)) {
		rig_result(&r, &f, ENGINE_TX_SENT);
		if (f.h.addr.slot == second_addr.slot)
			break;
	}
	engine_cancel(r.e, &p.rq, r.now);
	engine_reap(r.e);
	assert_int_equal(r.rooms, 0);
	engine_cancel(r.e, &q[0].rq, r.now);
	engine_reap(r.e);
	assert_int_equal(r.rooms, 1);
	rig_fini(&r);
}

/* Two paths asked by half would wait for each other's room for ever. */
static void asks_both_or_none(void **state)
{
	struct engine_config config = {.copies = 8, .tag_bits = 4};
	struct rig r;
	struct rig_frame f;

	(void)state;
	rig_init(&r, &config);
	rig_port(&r, 1, true);
	rig_port(&r, 2, true);
	for (unsigned port = 1; port <= 2; port++) {
		assert_true(rig_offer(&r, port, &f));
		rig_result(&r, &f, ENGINE_TX_SENT);
	}
	rig_config(&r, 1, rig_target, 0);
	rig_config(&r, 2, rig_other, 0);
	assert_true(rig_offer(&r, 1, &f));
	assert_true(rig_is_query(&f));
	rig_result(&r, &f, ENGINE_TX_SENT);
	assert_false(rig_offer(&r, 2, &f));
	assert_true(rig_offer(&r, 1, &f));
	assert_true(rig_is_identify(&f));
	rig_result(&r, &f, ENGINE_TX_SENT);
	/* Unanswered, they make room for the other. */
	r.now += NSEC_SEC;
	engine_tick(r.e, r.now);
	while (rig_offer(&r, 2, &f) && !rig_is_identify(&f))
		rig_result(&r, &f, ENGINE_TX_SENT);
	assert_true(rig_is_identify(&f));
	rig_result(&r, &f, ENGINE_TX_SENT);
	rig_fini(&r);
}

/* Frames that leave for that slot, until there are no more or `n` left. */
static unsigned sent_to(struct rig *r, uint8_t slot, unsigned n)
{
	struct rig_frame f;
	unsigned to = 0;

	while (n-- > 0 && rig_offer(r, 1, &f)) {
		rig_result(r, &f, ENGINE_TX_SENT);
		to += f.h.addr.slot == slot;
	}
	return to;
}

static void submit_many(struct rig *r, struct rig_request *q, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(
		    rig_submit(r, &q[i], AOE_READ, i * 512, 512), 0);
}

/* Two disks with much to send: neither has to wait until the other is done. */
static void devices_take_turns(void **state)
{
	struct rig_request q[2][MANY / 2];
	struct device *dev[2];
	struct rig r;

	(void)state;
	dev[1] = two_slots(&r, NULL, 256);
	dev[0] = r.dev;
	for (unsigned d = 0; d < 2; d++) {
		r.dev = dev[d];
		assert_int_equal(engine_open(r.e, r.dev), 0);
		submit_many(&r, q[d], MANY / 2);
	}
	assert_int_equal(sent_to(&r, second_addr.slot, 16), 8);
	rig_fini(&r);
}

/*
 * Both wait for a place among the frames, the greedy one first. While it has
 * more than its part, the place that it leaves is for the other.
 */
static void a_place_is_for_who_has_few(void **state)
{
	struct engine_config config = {.copies = 16};
	struct rig_request q[MANY / 2], p[MANY / 2];
	struct rig_frame f, one[5];
	struct device *other;
	struct rig r;

	(void)state;
	other = two_slots(&r, &config, 256);
	assert_int_equal(engine_open(r.e, r.dev), 0);
	submit_many(&r, q, MANY / 2);
	for (unsigned i = 0; i < ARRAY_SIZE(one); i++)
		do
			assert_true(rig_send(&r, 1, &one[i]));
		while (!rig_is_data(&one[i]));
	assert_int_equal(sent_to(&r, 0, MANY), 16 - ARRAY_SIZE(one));
	/* All that there are: the other's part comes on top of it. */
	assert_int_equal(engine_open(r.e, other), 0);
	r.dev = other;
	submit_many(&r, p, MANY / 2);
	assert_int_equal(sent_to(&r, second_addr.slot, MANY), 4);
	for (unsigned i = 0; i < ARRAY_SIZE(one); i++) {
		assert_false(rig_offer(&r, 1, &f));
		rig_good(&r, &one[i], 0);
	}
	assert_true(rig_offer(&r, 1, &f));
	assert_int_equal(f.h.addr.slot, second_addr.slot);
	rig_result(&r, &f, ENGINE_TX_SENT);
	rig_fini(&r);
}

/*
 * Many MACs of the disk are heard and answer nothing, and there are few places
 * for questions: who lives is asked, and used, without delay.
 */
static void the_dead_leave_questions(void **state)
{
	struct engine_config config = {.copies = 16};
	struct rig_request q;
	struct mac mac = rig_other;
	struct rig r;

	(void)state;
	rig_up(&r, &config);
	for (unsigned i = 0; i < MANY; i++) {
		mac.b[4] = (uint8_t)(i + 1);
		rig_config(&r, 1, mac, 1);
	}
	for (unsigned i = 0; i < 10; i++) {
		talk_serve_but(
		    &r, 1200 * NSEC_MS, TALK_NOTHING, rig_target, TALK_ALL);
		assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
		/* Nobody is known to be dead at first. */
		talk_serve_but(&r, i == 0 ? 2 * NSEC_SEC : 50 * NSEC_MS,
		    TALK_NOTHING, rig_target, TALK_ALL);
		assert_int_equal(q.done, 1);
	}
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(forgetting_gives_the_window_back),
	    cmocka_unit_test(full_pool_still_finds_the_target),
	    cmocka_unit_test(full_pool_leaves_slices),
	    cmocka_unit_test(closing_gives_the_share_back),
	    cmocka_unit_test(dead_disk_leaves_requests),
	    cmocka_unit_test(asks_both_or_none),
	    cmocka_unit_test(devices_take_turns),
	    cmocka_unit_test(a_place_is_for_who_has_few),
	    cmocka_unit_test(the_dead_leave_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
