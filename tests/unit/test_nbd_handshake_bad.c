/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The handshake of clients that do not know the protocol, or know it too well.
 */
#include "tests/unit/nbd_rig.h"

#define INVALID NBD_WIRE_REP_ERR_INVALID
#define ACK NBD_WIRE_REP_ACK

static void go_refused(void **state)
{
	struct bytes_in in;
	struct rig r;

	(void)state;
	RIG_EACH_PIECE(&r)
	{
		rig_hello(&r);
		rig_go(&r, "e9.0");
		in = rig_hear_option(
		    &r, NBD_WIRE_OPT_GO, NBD_WIRE_REP_ERR_UNKNOWN);
		assert_in_range(bytes_left(&in), 2, 200);
		assert_int_equal(in.p[in.len - 1], '.');
		rig_go(&r, "busy");
		rig_hear_option(&r, NBD_WIRE_OPT_GO, NBD_WIRE_REP_ERR_POLICY);
		rig_in_step(&r);
	}
}

static void go_with_bad_lengths(void **state)
{
	uint8_t buf[64], bad[64];
	uint32_t len =
	    rig_go_data(buf, sizeof(buf), "e1.0", 2, (const uint16_t[]){1, 2});
	struct rig r;

	(void)state;
	RIG_EACH_PIECE(&r)
	{
		rig_hello(&r);
		/* Every length but the right one. */
		memset(buf + len, 0, sizeof(buf) - len);
		for (uint32_t n = 0; n < 24; n++) {
			if (n == len)
				continue;
			rig_option(&r, NBD_WIRE_OPT_GO, buf, n);
			rig_hear_option(&r, NBD_WIRE_OPT_GO, INVALID);
		}
		/* Name length that overflows, and one just too long. */
		memcpy(bad, buf, sizeof(bad));
		memset(bad, 0xff, 4);
		rig_option(&r, NBD_WIRE_OPT_GO, bad, len);
		rig_hear_option(&r, NBD_WIRE_OPT_GO, INVALID);
		memcpy(bad, "\0\0\0\xb", 4);
		rig_option(&r, NBD_WIRE_OPT_INFO, bad, len);
		rig_hear_option(&r, NBD_WIRE_OPT_INFO, INVALID);
		/* A NUL in the name. */
		memcpy(bad, buf, sizeof(bad));
		bad[6] = 0;
		rig_option(&r, NBD_WIRE_OPT_GO, bad, len);
		rig_hear_option(&r, NBD_WIRE_OPT_GO, INVALID);
		rig_in_step(&r);
	}
}

static void name_of_most_bytes(void **state)
{
	static uint8_t data[6 + NBD_WIRE_STRING_MAX + 1];
	struct bytes_out out;
	struct rig r;

	(void)state;
	RIG_EACH_PIECE(&r)
	{
		rig_hello(&r);
		for (uint32_t extra = 0; extra < 2; extra++) {
			uint32_t len = NBD_WIRE_STRING_MAX + extra;

			memset(data, 'e', sizeof(data));
			out = bytes_out(data, 4);
			bytes_put32(&out, len);
			memset(data + 4 + len, 0, 2);
			rig_option(&r, NBD_WIRE_OPT_GO, data, len + 6);
			rig_hear_option(&r, NBD_WIRE_OPT_GO,
			    extra ? INVALID : NBD_WIRE_REP_ERR_UNKNOWN);
		}
		rig_in_step(&r);
	}
}

static void unknown_options(void **state)
{
	static const uint32_t options[] = {0, 4, 11, 99, 0xffffffff};
	struct rig r;

	(void)state;
	RIG_EACH_PIECE(&r)
	{
		rig_hello(&r);
		for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
			rig_option(&r, options[i], "some data", 9);
			rig_hear_option(&r, options[i], NBD_WIRE_REP_ERR_UNSUP);
		}
		rig_option(&r, NBD_WIRE_OPT_STARTTLS, NULL, 0);
		rig_hear_option(
		    &r, NBD_WIRE_OPT_STARTTLS, NBD_WIRE_REP_ERR_POLICY);
		rig_option(&r, NBD_WIRE_OPT_STRUCTURED_REPLY, "x", 1);
		rig_hear_option(&r, NBD_WIRE_OPT_STRUCTURED_REPLY, INVALID);
		rig_in_step(&r);
	}
}

static void long_options(void **state)
{
	static uint8_t data[NBD_SESSION_OPTION_SKIP];
	struct rig r;

	(void)state;
	RIG_EACH_PIECE(&r)
	{
		rig_hello(&r);
		rig_option(&r, 99, data, NBD_SESSION_OPTION_MAX);
		rig_hear_option(&r, 99, NBD_WIRE_REP_ERR_UNSUP);
		rig_option(&r, 99, data, NBD_SESSION_OPTION_MAX + 1);
		rig_hear_option(&r, 99, NBD_WIRE_REP_ERR_TOO_BIG);
		rig_option(&r, NBD_WIRE_OPT_GO, data, sizeof(data));
		rig_hear_option(&r, NBD_WIRE_OPT_GO, NBD_WIRE_REP_ERR_TOO_BIG);
		rig_in_step(&r);
	}
	RIG_EACH_PIECE(&r)
	{
		rig_hello(&r);
		rig_send(&r, "IHAVEOPT\0\0\0\7\xff\xff\xff\xff", 16);
		rig_hear_nothing(&r);
		assert_true(rig_closed(&r));
	}
	RIG_EACH_PIECE(&r)
	{
		rig_hello(&r);
		rig_send(&r, "IHAVEOPX\0\0\0\7\0\0\0\0", 16);
		assert_true(rig_closed(&r));
	}
}

static void too_many_options(void **state)
{
	struct rig r;

	(void)state;
	RIG_EACH_PIECE(&r)
	{
		rig_hello(&r);
		for (unsigned i = 0; i < NBD_SESSION_OPTIONS; i++) {
			rig_option(&r, 99, "", 0);
			rig_hear_option(&r, 99, NBD_WIRE_REP_ERR_UNSUP);
		}
		assert_false(rig_closed(&r));
		rig_option(&r, 99, "", 0);
		rig_hear_nothing(&r);
		assert_true(rig_closed(&r));
	}
}

static void silent_client(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, true);
	rig_hello(&r);
	assert_int_equal(nbd_session_deadline(r.s), 10 * NSEC_SEC);
	nbd_session_tick(r.s, 10 * NSEC_SEC - 1);
	assert_false(rig_closed(&r));
	nbd_session_tick(r.s, 10 * NSEC_SEC);
	assert_true(rig_closed(&r));
	assert_non_null(r.s->why);
	rig_fini(&r);
	/* After the handshake a client may be silent as long as it likes. */
	rig_init(&r, true);
	rig_hello(&r);
	rig_in_step(&r);
	assert_true(nbd_session_deadline(r.s) == NSEC_NEVER);
	rig_fini(&r);
}

static void eof_in_handshake(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, true);
	rig_hello(&r);
	rig_send(&r, "IHAVEOPT\0\0\0\7\0\0\0\x20", 16);
	nbd_session_eof(r.s);
	assert_true(rig_closed(&r));
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(go_refused),
	    cmocka_unit_test(go_with_bad_lengths),
	    cmocka_unit_test(name_of_most_bytes),
	    cmocka_unit_test(unknown_options),
	    cmocka_unit_test(long_options),
	    cmocka_unit_test(too_many_options),
	    cmocka_unit_test(silent_client),
	    cmocka_unit_test(eof_in_handshake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
