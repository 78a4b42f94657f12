/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The handshake of clients that know the protocol.
 */
#include "tests/unit/nbd_rig.h"

#define INVALID NBD_WIRE_REP_ERR_INVALID
#define ACK NBD_WIRE_REP_ACK

static void greeting_and_unknown_flags(void **state)
{
	struct rig r;

	(void)state;
	RIG_EACH_PIECE(&r)
	{
		rig_run(&r);
		assert_memory_equal(
		    r.out, "NBDMAGICIHAVEOPT\0\3", NBD_WIRE_GREETING);
		assert_int_equal(r.out_len, NBD_WIRE_GREETING);
		rig_flags(&r, 4);
		assert_true(rig_closed(&r));
		assert_int_equal(r.out_len, NBD_WIRE_GREETING);
	}
}

static void without_fixed_newstyle(void **state)
{
	struct rig r;

	(void)state;
	RIG_EACH_PIECE(&r)
	{
		rig_flags(&r, 0);
		rig_hear(&r, NBD_WIRE_GREETING);
		rig_go(&r, "e1.0");
		rig_hear_nothing(&r);
		assert_true(rig_closed(&r));
	}
	RIG_EACH_PIECE(&r)
	{
		rig_flags(&r, 0);
		rig_hear(&r, NBD_WIRE_GREETING);
		rig_option(&r, NBD_WIRE_OPT_EXPORT_NAME, "e1.0", 4);
		rig_hear(&r, 8 + 2 + NBD_WIRE_EXPORT_ZEROES);
		rig_request(&r, NBD_WIRE_CMD_FLUSH, 0, 5, 0, 0);
		assert_int_equal(rig_hear_simple(&r, 0), 5);
	}
}

static void export_name(void **state)
{
	struct bytes_in in;
	struct rig r;

	(void)state;
	RIG_EACH_PIECE(&r)
	{
		rig_hello(&r);
		rig_option(&r, NBD_WIRE_OPT_EXPORT_NAME, "e2.0", 4);
		in = rig_hear(&r, 10);
		assert_int_equal(bytes_get64(&in), RIG_DISK);
		assert_int_equal(bytes_get16(&in), r.info[2].flags);
		rig_hear_nothing(&r);
		assert_false(rig_closed(&r));
	}
	RIG_EACH_PIECE(&r)
	{
		rig_hello(&r);
		rig_option(&r, NBD_WIRE_OPT_EXPORT_NAME, "e9.0", 4);
		rig_hear_nothing(&r);
		assert_true(rig_closed(&r));
	}
	RIG_EACH_PIECE(&r)
	{
		rig_hello(&r);
		rig_option(&r, NBD_WIRE_OPT_EXPORT_NAME, "e1.0\0x", 6);
		assert_true(rig_closed(&r));
	}
}

static void expect_list(struct rig *r, unsigned count)
{
	rig_option(r, NBD_WIRE_OPT_LIST, NULL, 0);
	for (unsigned i = 0; i < count; i++) {
		struct bytes_in in =
		    rig_hear_option(r, NBD_WIRE_OPT_LIST, NBD_WIRE_REP_SERVER);
		uint32_t len = bytes_get32(&in);
		char name[NBD_EXPORT_NAME];

		snprintf(name, sizeof(name), "e%u.0", i);
		assert_int_equal(len, strlen(name));
		assert_memory_equal(bytes_view(&in, len), name, len);
		assert_int_equal(bytes_left(&in), strlen("disk 0"));
	}
	rig_hear_option(r, NBD_WIRE_OPT_LIST, ACK);
}

static void list(void **state)
{
	static const unsigned counts[] = {0, 1, 3, 5000};
	struct rig r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		RIG_EACH_PIECE(&r)
		{
			rig_hello(&r);
			r.exports = counts[i];
			expect_list(&r, counts[i]);
			rig_option(&r, NBD_WIRE_OPT_LIST, "x", 1);
			rig_hear_option(&r, NBD_WIRE_OPT_LIST, INVALID);
			r.exports = 3;
			rig_in_step(&r);
		}
	}
}

/* More exports than fit: the rest follows when the client has read. */
static void list_to_a_slow_reader(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, true);
	rig_hello(&r);
	r.exports = 5000;
	r.deaf = true;
	for (int i = 0; i < 10; i++)
		rig_option(&r, NBD_WIRE_OPT_LIST, NULL, 0);
	assert_in_range(atoi(r.s->listed + 1), 100, 2000);
	r.deaf = false;
	rig_run(&r);
	r.exports = 0;
	assert_false(rig_closed(&r));
	rig_fini(&r);
}

static void info_and_go(void **state)
{
	static const uint16_t all[] = {3, 1, 2, 3, 2, 99, 0, 0xffff, 1};
	uint8_t buf[64];
	struct bytes_in in;
	struct rig r;

	(void)state;
	RIG_EACH_PIECE(&r)
	{
		const uint32_t info = NBD_WIRE_OPT_INFO;

		rig_hello(&r);
		rig_option(&r, info, buf,
		    rig_go_data(buf, sizeof(buf), "e2.0", 9, all));
		in = rig_hear_option(&r, info, NBD_WIRE_REP_INFO);
		assert_int_equal(bytes_left(&in), 12);
		assert_int_equal(bytes_get16(&in), NBD_WIRE_INFO_EXPORT);
		assert_int_equal(bytes_get64(&in), RIG_DISK);
		assert_int_equal(bytes_get16(&in), r.info[2].flags);
		in = rig_hear_option(&r, info, NBD_WIRE_REP_INFO);
		assert_int_equal(bytes_get16(&in), NBD_WIRE_INFO_NAME);
		assert_memory_equal(in.p + 2, "e2.0", 4);
		in = rig_hear_option(&r, info, NBD_WIRE_REP_INFO);
		assert_int_equal(bytes_get16(&in), NBD_WIRE_INFO_DESCRIPTION);
		in = rig_hear_option(&r, info, NBD_WIRE_REP_INFO);
		assert_int_equal(bytes_left(&in), 14);
		assert_int_equal(bytes_get16(&in), NBD_WIRE_INFO_BLOCK_SIZE);
		assert_int_equal(bytes_get32(&in), 1);
		assert_int_equal(bytes_get32(&in), 4096);
		assert_int_equal(bytes_get32(&in), 32 << 20);
		rig_hear_option(&r, info, ACK);
		/* INFO binds nothing: another export may follow. */
		rig_in_step(&r);
		assert_string_equal(r.s->info.name, "e1.0");
	}
}

static uint32_t meta_data(
    uint8_t *buf, size_t size, const char *name, const char *query)
{
	struct bytes_out out = bytes_out(buf, size);

	bytes_put32(&out, (uint32_t)strlen(name));
	bytes_put(&out, name, strlen(name));
	bytes_put32(&out, query ? 2 : 0);
	if (query) {
		bytes_put32(&out, 9);
		bytes_put(&out, "qemu:what", 9);
		bytes_put32(&out, (uint32_t)strlen(query));
		bytes_put(&out, query, strlen(query));
	}
	return (uint32_t)out.pos;
}

/* Sends a meta option; expects `found` contexts, then `type`. */
static void meta(struct rig *r, uint32_t option, const char *name,
    const char *query, unsigned found, uint32_t type)
{
	uint8_t buf[128];

	rig_option(r, option, buf, meta_data(buf, sizeof(buf), name, query));
	while (found--) {
		struct bytes_in in =
		    rig_hear_option(r, option, NBD_WIRE_REP_META_CONTEXT);

		assert_int_equal(bytes_left(&in), 4 + 15);
		assert_memory_equal(in.p + 4, "base:allocation", 15);
	}
	rig_hear_option(r, option, type);
	rig_hear_nothing(r);
}

static void meta_contexts(void **state)
{
	const uint32_t lm = NBD_WIRE_OPT_LIST_META_CONTEXT;
	const uint32_t sm = NBD_WIRE_OPT_SET_META_CONTEXT;
	struct rig r;

	(void)state;
	RIG_EACH_PIECE(&r)
	{
		rig_hello(&r);
		meta(&r, sm, "e1.0", "base:allocation", 0, INVALID);
		rig_option(&r, NBD_WIRE_OPT_STRUCTURED_REPLY, NULL, 0);
		rig_hear_option(&r, NBD_WIRE_OPT_STRUCTURED_REPLY, ACK);
		rig_option(&r, NBD_WIRE_OPT_STRUCTURED_REPLY, NULL, 0);
		rig_hear_option(&r, NBD_WIRE_OPT_STRUCTURED_REPLY, INVALID);
		meta(&r, lm, "e1.0", NULL, 1, ACK);
		meta(&r, lm, "e1.0", "base:", 1, ACK);
		meta(&r, lm, "e1.0", "base:alloc", 0, ACK);
		meta(&r, lm, "e9.0", NULL, 0, NBD_WIRE_REP_ERR_UNKNOWN);
		meta(&r, sm, "e1.0", "base:", 0, ACK);
		assert_false(r.s->meta);
		meta(&r, sm, "e1.0", NULL, 0, ACK);
		meta(&r, sm, "e1.0", "base:allocation", 1, ACK);
		assert_true(r.s->meta);
		meta(&r, sm, "e9.0", "base:allocation", 0,
		    NBD_WIRE_REP_ERR_UNKNOWN);
		assert_false(r.s->meta);
		/* One byte behind the queries. */
		rig_option(&r, lm, "\0\0\0\4e1.0\0\0\0\0x", 13);
		rig_hear_option(&r, lm, INVALID);
		/* A count of queries and a length that lie. */
		rig_option(&r, sm, "\0\0\0\4e1.0\xff\xff\xff\xff", 12);
		rig_hear_option(&r, sm, INVALID);
		rig_option(&r, sm, "\0\0\0\4e1.0\0\0\0\1\xff\xff\xff\xff", 16);
		rig_hear_option(&r, sm, INVALID);
		meta(&r, sm, "e0.0", "base:allocation", 1, ACK);
		rig_in_step(&r);
		/* It was selected for another export than GO named. */
		assert_false(r.s->meta);
	}
}

static void abort_option(void **state)
{
	struct rig r;

	(void)state;
	RIG_EACH_PIECE(&r)
	{
		rig_hello(&r);
		rig_option(&r, NBD_WIRE_OPT_ABORT, "bye", 3);
		rig_hear_option(&r, NBD_WIRE_OPT_ABORT, ACK);
		assert_true(rig_closed(&r));
	}
	/* The client does not wait for the answer. */
	rig_init(&r, true);
	rig_hello(&r);
	r.deaf = true;
	rig_option(&r, NBD_WIRE_OPT_ABORT, NULL, 0);
	assert_false(rig_closed(&r));
	nbd_session_abort(r.s);
	assert_true(rig_closed(&r));
	rig_fini(&r);
}

/* Everything at once, as a client may that knows what it will get. */
static void handshake_and_requests_in_one_segment(void **state)
{
	static const char go[] = "\0\0\0\4e1.0\0\0";
	uint8_t buf[256];
	struct bytes_out out = bytes_out(buf, sizeof(buf));
	struct nbd_wire_request w = {
	    NBD_WIRE_REQUEST_MAGIC, 0, NBD_WIRE_CMD_WRITE, 1, 0, 5};
	struct rig r;

	(void)state;
	bytes_put32(&out, 3);
	bytes_put64(&out, NBD_WIRE_OPTION_MAGIC);
	bytes_put32(&out, NBD_WIRE_OPT_STRUCTURED_REPLY);
	bytes_put32(&out, 0);
	bytes_put64(&out, NBD_WIRE_OPTION_MAGIC);
	bytes_put32(&out, NBD_WIRE_OPT_GO);
	bytes_put32(&out, sizeof(go) - 1);
	bytes_put(&out, go, sizeof(go) - 1);
	nbd_wire_put_request(&out, &w);
	bytes_put(&out, "hello", 5);
	w.type = NBD_WIRE_CMD_READ;
	nbd_wire_put_request(&out, &w);
	w.type = NBD_WIRE_CMD_DISC;
	nbd_wire_put_request(&out, &w);
	RIG_EACH_PIECE(&r)
	{
		struct bytes_in in;

		assert_int_equal(rig_send(&r, buf, out.pos), 0);
		rig_hear(&r, NBD_WIRE_GREETING);
		rig_hear_option(&r, NBD_WIRE_OPT_STRUCTURED_REPLY, ACK);
		rig_hear_option(&r, NBD_WIRE_OPT_GO, NBD_WIRE_REP_INFO);
		rig_hear_option(&r, NBD_WIRE_OPT_GO, NBD_WIRE_REP_INFO);
		rig_hear_option(&r, NBD_WIRE_OPT_GO, ACK);
		assert_int_equal(rig_hear_simple(&r, 0), 1);
		in = rig_hear_chunk(&r, NBD_WIRE_CHUNK_OFFSET_DATA, 1);
		assert_memory_equal(in.p + 8, "hello", 5);
		rig_hear_nothing(&r);
		assert_true(rig_closed(&r));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(greeting_and_unknown_flags),
	    cmocka_unit_test(without_fixed_newstyle),
	    cmocka_unit_test(export_name),
	    cmocka_unit_test(list),
	    cmocka_unit_test(list_to_a_slow_reader),
	    cmocka_unit_test(info_and_go),
	    cmocka_unit_test(meta_contexts),
	    cmocka_unit_test(abort_option),
	    cmocka_unit_test(handshake_and_requests_in_one_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
