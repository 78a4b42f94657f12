/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A session with much to do: many requests at once, answers out of order,
 * clients that do not read, vanish or stop in the middle.
 */
#include "tests/unit/nbd_rig.h"

#define READ NBD_WIRE_CMD_READ
#define WRITE NBD_WIRE_CMD_WRITE
#define FLUSH NBD_WIRE_CMD_FLUSH
#define PIPELINED 1000u
#define ROUNDS 20000u
#define COOKIES 4096u
#define MODEL (256u << 10) /* bytes of the disk that the random test uses */

static uint8_t data[64 << 10];

/* What the write with this cookie carries at its i-th byte. */
static uint8_t content(uint64_t cookie, size_t i)
{
	return (uint8_t)(cookie * 131 + i * 7 + (i >> 8));
}

static void put_content(uint64_t cookie, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = content(cookie, i);
}

/* The answers to READs in `out` are right; marks every cookie that is there. */
static void hear_all(struct rig *r, uint8_t *answers, const uint32_t *lengths)
{
	while (r->out_pos < r->out_len) {
		uint64_t cookie = rig_hear_simple(r, 0);

		assert_in_range(cookie, 0, COOKIES - 1);
		answers[cookie]++;
		if (lengths[cookie])
			rig_hear(r, lengths[cookie]);
	}
}

static void many_at_once_out_of_order(void **state)
{
	struct unit_random random = unit_random("many_at_once");
	static uint8_t bytes[PIPELINED * NBD_WIRE_REQUEST];
	struct bytes_out out = bytes_out(bytes, sizeof(bytes));
	uint8_t answers[COOKIES] = {0};
	uint32_t lengths[COOKIES] = {0};
	size_t sent = 0, left;
	struct rig r;

	(void)state;
	rig_init(&r, false);
	r.hold = true;
	for (unsigned i = 0; i < PIPELINED; i++) {
		struct nbd_wire_request w = {
		    NBD_WIRE_REQUEST_MAGIC, 0, READ, i, i * 512ull, 512};

		lengths[i] = 512;
		nbd_wire_put_request(&out, &w);
	}
	do {
		left = rig_send(&r, bytes + sent, sizeof(bytes) - sent);
		sent = sizeof(bytes) - left;
		assert_in_range(r.helds, 1, NBD_SESSION_REQUESTS);
		rig_finish(&r, (unsigned)(unit_next(&random) % r.helds));
		rig_run(&r);
	} while (left || r.helds);
	hear_all(&r, answers, lengths);
	for (unsigned i = 0; i < PIPELINED; i++)
		assert_int_equal(answers[i], 1);
	rig_fini(&r);
}

static void same_cookie_twice(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, false);
	r.hold = true;
	rig_request(&r, READ, 0, 7, 0, 512);
	rig_request(&r, READ, 0, 7, 512, 512);
	assert_int_equal(r.helds, 2);
	rig_finish(&r, 1);
	rig_finish(&r, 0);
	rig_run(&r);
	for (int i = 1; i >= 0; i--) {
		struct bytes_in in;

		assert_int_equal(rig_hear_simple(&r, 0), 7);
		in = rig_hear(&r, 512);
		assert_memory_equal(in.p, r.disk + i * 512, 512);
	}
	rig_fini(&r);
}

/* Memory stays bounded, nothing is lost, and it goes on when he reads again. */
static void reader_that_reads_late(bool eof)
{
	uint8_t answers[COOKIES] = {0};
	uint32_t lengths[COOKIES] = {0};
	uint8_t buf[NBD_WIRE_REQUEST];
	unsigned n = 0;
	struct rig r;

	rig_init(&r, false);
	r.deaf = true;
	for (; n < COOKIES; n++) {
		struct bytes_out out = bytes_out(buf, sizeof(buf));
		struct nbd_wire_request w = {
		    NBD_WIRE_REQUEST_MAGIC, 0, READ, n, 0, 1 << 20};

		lengths[n] = 1 << 20;
		nbd_wire_put_request(&out, &w);
		if (rig_send(&r, buf, sizeof(buf)))
			break;
	}
	/* All of the arena, and one request that waits in the buffer. */
	assert_int_equal(n, 33);
	assert_int_equal(r.arena.used, 32 << 20);
	assert_int_equal(r.reads, 32);
	if (eof)
		nbd_session_eof(r.s);
	r.deaf = false;
	rig_run(&r);
	hear_all(&r, answers, lengths);
	assert_int_equal(r.reads, 33);
	assert_int_equal(rig_closed(&r), eof);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(answers[i], 1);
	assert_int_equal(r.arena.used, 0);
	rig_fini(&r);
}

static void reader_that_never_reads(void **state)
{
	(void)state;
	reader_that_reads_late(false);
	reader_that_reads_late(true);
}

static void half_a_write_is_no_write(void **state)
{
	static const uint32_t lengths[] = {2, 512, sizeof(data)};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(lengths) * 4; i++) {
		uint32_t len = lengths[i / 4];
		struct rig r;

		rig_init(&r, false);
		put_content(1, len);
		rig_request(&r, WRITE, 0, 1, 0, len);
		rig_send(&r, data, len - 1);
		if (i % 4 == 0)
			nbd_session_eof(r.s);
		else if (i % 4 == 1)
			nbd_session_abort(r.s);
		else if (i % 4 == 2)
			nbd_session_stop(r.s);
		if (i % 4 != 3)
			assert_true(rig_closed(&r));
		rig_run(&r);
		assert_int_equal(r.writes, 0);
		rig_hear_nothing(&r);
		rig_fini(&r);
	}
}

static void client_vanishes(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, false);
	r.hold = true;
	for (unsigned i = 0; i < 4; i++)
		rig_request(&r, READ, 0, i, 0, 512);
	rig_finish(&r, 0);
	nbd_session_abort(r.s);
	assert_false(rig_closed(&r));
	assert_int_equal(nbd_session_tx(r.s, &(struct iovec){0}, 1), 0);
	r.fail = -ECANCELED;
	rig_finish(&r, 0);
	rig_finish(&r, 0);
	/* The device still has one: its memory must stay. */
	assert_int_equal(r.arena.used, NBD_ARENA_BLOCK);
	assert_false(rig_closed(&r));
	rig_finish(&r, 0);
	assert_int_equal(r.arena.used, 0);
	assert_true(rig_closed(&r));
	rig_fini(&r);
}

static void eof_with_requests_in_flight(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, false);
	r.hold = true;
	rig_request(&r, FLUSH, 0, 1, 0, 0);
	nbd_session_eof(r.s);
	assert_false(rig_closed(&r));
	rig_finish(&r, 0);
	rig_run(&r);
	assert_int_equal(rig_hear_simple(&r, 0), 1);
	assert_true(rig_closed(&r));
	rig_fini(&r);
}

static void server_stops(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, false);
	r.hold = true;
	rig_request(&r, FLUSH, 0, 1, 0, 0);
	nbd_session_stop(r.s);
	assert_false(rig_closed(&r));
	rig_request(&r, WRITE, 0, 2, 0, 3);
	rig_send(&r, "abc", 3);
	assert_int_equal(rig_hear_simple(&r, NBD_WIRE_ESHUTDOWN), 2);
	rig_finish(&r, 0);
	rig_run(&r);
	assert_int_equal(rig_hear_simple(&r, 0), 1);
	assert_true(rig_closed(&r));
	rig_fini(&r);
	/* Nothing in flight: it ends at once, in the handshake too. */
	rig_init(&r, false);
	nbd_session_stop(r.s);
	assert_true(rig_closed(&r));
	rig_fini(&r);
	rig_init(&r, true);
	rig_hello(&r);
	nbd_session_stop(r.s);
	assert_true(rig_closed(&r));
	rig_fini(&r);
}

/* ---- at random, against what the disk saw ---- */

struct model {
	struct rig r;
	struct unit_random random;
	uint8_t *seen[COOKIES]; /* what a finished read must bring */
	uint32_t length[COOKIES];
	uint8_t type[COOKIES];
	bool open[COOKIES];
	unsigned opens;
};

static void model_finish(struct model *m)
{
	unsigned i = (unsigned)(unit_next(&m->random) % m->r.helds);
	struct nbd_request *rq = m->r.held[i];
	const uint8_t *buf = rq->aoe.buf;
	uint64_t cookie = rq->cookie;

	assert_true(m->open[cookie]);
	if (m->type[cookie] == WRITE)
		for (size_t k = 0; k < rq->aoe.length; k++)
			assert_int_equal(buf[k], content(cookie, k));
	if (m->type[cookie] == READ) {
		m->seen[cookie] = malloc(m->length[cookie]);
		memcpy(m->seen[cookie], m->r.disk + rq->aoe.offset,
		    m->length[cookie]);
	}
	rig_finish(&m->r, i);
}

static void model_hear(struct model *m)
{
	while (m->r.out_len - m->r.out_pos > 0) {
		uint64_t cookie = rig_hear_simple(&m->r, 0);
		struct bytes_in in;

		assert_in_range(cookie, 0, COOKIES - 1);
		assert_true(m->open[cookie]);
		m->open[cookie] = false;
		m->opens--;
		if (m->type[cookie] != READ)
			continue;
		in = rig_hear(&m->r, m->length[cookie]);
		assert_memory_equal(in.p, m->seen[cookie], m->length[cookie]);
		free(m->seen[cookie]);
		m->seen[cookie] = NULL;
	}
	m->r.out_len = m->r.out_pos = 0;
}

/* Sends all of it: what does not fit waits until something was answered. */
static void model_send(struct model *m, const uint8_t *p, size_t len)
{
	size_t left = len;

	while ((left = rig_send(&m->r, p + len - left, left))) {
		/* A reply that left in part must be heard as a whole. */
		if (m->r.helds)
			model_finish(m);
		rig_run(&m->r);
		model_hear(m);
	}
}

static void model_ask(struct model *m, unsigned cookie)
{
	static const uint8_t types[] = {READ, WRITE, WRITE, FLUSH};
	uint64_t offset = unit_next(&m->random) % MODEL;
	uint32_t limit = unit_next(&m->random) % 8 ? 9000 : sizeof(data);
	uint32_t length = 1 + (uint32_t)(unit_next(&m->random) % limit);
	unsigned type = types[unit_next(&m->random) % 4];
	uint8_t buf[NBD_WIRE_REQUEST];
	struct bytes_out out = bytes_out(buf, sizeof(buf));
	struct nbd_wire_request w = {NBD_WIRE_REQUEST_MAGIC, 0, (uint16_t)type,
	    cookie, type == FLUSH ? 0 : offset, type == FLUSH ? 0 : length};

	m->open[cookie] = true;
	m->opens++;
	m->type[cookie] = (uint8_t)type;
	m->length[cookie] = w.length;
	nbd_wire_put_request(&out, &w);
	model_send(m, buf, sizeof(buf));
	if (type == WRITE) {
		put_content(cookie, length);
		model_send(m, data, length);
	}
}

static void at_random(void **state)
{
	struct model *m = calloc(1, sizeof(*m));
	unsigned cookie = 0;

	(void)state;
	assert_non_null(m);
	m->random = unit_random("at_random");
	rig_init(&m->r, false);
	m->r.hold = true;
	for (unsigned i = 0; i < ROUNDS; i++) {
		m->r.piece = 1 + (size_t)(unit_next(&m->random) % 70000);
		while (m->open[cookie])
			cookie = (cookie + 1) % COOKIES;
		model_ask(m, cookie);
		for (unsigned n = unit_next(&m->random) % 4; n && m->r.helds;
		     n--)
			model_finish(m);
		rig_run(&m->r);
		model_hear(m);
	}
	while (m->r.helds)
		model_finish(m);
	rig_run(&m->r);
	model_hear(m);
	assert_int_equal(m->opens, 0);
	rig_fini(&m->r);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(many_at_once_out_of_order),
	    cmocka_unit_test(same_cookie_twice),
	    cmocka_unit_test(reader_that_never_reads),
	    cmocka_unit_test(half_a_write_is_no_write),
	    cmocka_unit_test(client_vanishes),
	    cmocka_unit_test(eof_with_requests_in_flight),
	    cmocka_unit_test(server_stops),
	    cmocka_unit_test(at_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
