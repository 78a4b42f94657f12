/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NBD messages against bytes written down by hand from the protocol's text.
 */
#include <errno.h>
#include "tests/unit/unit.h"
#include "nbd-bridge/nbd_wire.h"

static void expect(const struct bytes_out *out, const void *bytes, size_t n)
{
	assert_false(out->bad);
	assert_int_equal(out->pos, n);
	assert_memory_equal(out->p, bytes, n);
}

static void requests(void **state)
{
	static const uint8_t bytes[] = {
	    0x25, 0x60, 0x95, 0x13,                         /* magic */
	    0x00, 0x01,                                     /* FUA */
	    0x00, 0x01,                                     /* WRITE */
	    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, /* cookie */
	    0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x02, 0x00, /* offset */
	    0x00, 0x00, 0x80, 0x01,                         /* length */
	};
	struct bytes_in in = bytes_in(bytes, sizeof(bytes));
	struct nbd_wire_request rq = nbd_wire_get_request(&in);
	uint8_t buf[NBD_WIRE_REQUEST];
	struct bytes_out out = bytes_out(buf, sizeof(buf));

	(void)state;
	assert_false(in.bad);
	assert_int_equal(bytes_left(&in), 0);
	assert_int_equal(rq.magic, NBD_WIRE_REQUEST_MAGIC);
	assert_int_equal(rq.flags, NBD_WIRE_FLAG_FUA);
	assert_int_equal(rq.type, NBD_WIRE_CMD_WRITE);
	assert_true(rq.cookie == 0x0102030405060708ull);
	assert_true(rq.offset == 0x1000000200ull);
	assert_int_equal(rq.length, 0x8001);
	nbd_wire_put_request(&out, &rq);
	expect(&out, bytes, sizeof(bytes));
}

static void options(void **state)
{
	static const uint8_t option[] = "IHAVEOPT\0\0\0\7\0\0\1\2";
	static const uint8_t reply[] = {
	    0x00, 0x03, 0xe8, 0x89, 0x04, 0x55, 0x65, 0xa9, /* magic */
	    0x00, 0x00, 0x00, 0x07,                         /* GO */
	    0x80, 0x00, 0x00, 0x06,                         /* unknown */
	    0x00, 0x00, 0x00, 0x05,                         /* length */
	};
	struct bytes_in in = bytes_in(option, NBD_WIRE_OPTION);
	struct nbd_wire_option_header h = nbd_wire_get_option(&in);
	uint8_t buf[64];
	struct bytes_out out = bytes_out(buf, sizeof(buf));

	(void)state;
	assert_true(h.magic == NBD_WIRE_OPTION_MAGIC);
	assert_int_equal(h.option, NBD_WIRE_OPT_GO);
	assert_int_equal(h.length, 0x102);
	nbd_wire_put_option_reply(
	    &out, NBD_WIRE_OPT_GO, NBD_WIRE_REP_ERR_UNKNOWN, 5);
	expect(&out, reply, sizeof(reply));
	assert_int_equal(sizeof(reply), NBD_WIRE_OPTION_REPLY);
	out = bytes_out(buf, sizeof(buf));
	nbd_wire_put_greeting(&out);
	expect(&out, "NBDMAGICIHAVEOPT\0\3", NBD_WIRE_GREETING);
}

static void replies(void **state)
{
	static const uint8_t simple[] = {
	    0x67,
	    0x44,
	    0x66,
	    0x98, /* magic */
	    0x00,
	    0x00,
	    0x00,
	    0x1c, /* ENOSPC */
	    0x00,
	    0x00,
	    0x00,
	    0x00,
	    0x00,
	    0x00,
	    0x00,
	    0x09,
	};
	static const uint8_t chunk[] = {
	    0x66, 0x8e, 0x33, 0xef, /* magic */
	    0x00, 0x01,             /* done */
	    0x80, 0x01,             /* error */
	    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00,
	    0x06, /* length */
	};
	uint8_t buf[64];
	struct bytes_out out = bytes_out(buf, sizeof(buf));

	(void)state;
	nbd_wire_put_simple(&out, NBD_WIRE_ENOSPC, 9);
	expect(&out, simple, NBD_WIRE_SIMPLE);
	out = bytes_out(buf, sizeof(buf));
	nbd_wire_put_chunk(
	    &out, NBD_WIRE_CHUNK_DONE, NBD_WIRE_CHUNK_ERROR, 9, 6);
	expect(&out, chunk, NBD_WIRE_CHUNK);
}

/* Only errors that the protocol knows leave, whatever comes. */
static void errors(void **state)
{
	static const uint32_t known[] = {NBD_WIRE_EPERM, NBD_WIRE_EIO,
	    NBD_WIRE_ENOMEM, NBD_WIRE_EINVAL, NBD_WIRE_ENOSPC,
	    NBD_WIRE_ESHUTDOWN};

	(void)state;
	assert_int_equal(nbd_wire_error(0), 0);
	assert_int_equal(nbd_wire_error(-EROFS), NBD_WIRE_EPERM);
	assert_int_equal(nbd_wire_error(-ESHUTDOWN), NBD_WIRE_ESHUTDOWN);
	for (int e = 1; e < 200; e++) {
		uint32_t wire = nbd_wire_error(-e);
		bool found = false;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			found = found || wire == known[i];
		assert_true(found);
		assert_in_range(strlen(nbd_wire_error_text(wire)), 5, 90);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests),
	    cmocka_unit_test(options),
	    cmocka_unit_test(replies),
	    cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
