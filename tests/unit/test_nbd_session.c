/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The transmission phase: what is asked, what is answered, and what is not
 * done to the disk.
 */
#include "tests/unit/nbd_rig.h"

#define READ NBD_WIRE_CMD_READ
#define WRITE NBD_WIRE_CMD_WRITE
#define FLUSH NBD_WIRE_CMD_FLUSH
#define CACHE NBD_WIRE_CMD_CACHE
#define STATUS NBD_WIRE_CMD_BLOCK_STATUS
#define LONGEST NBD_SESSION_LENGTH_MAX

static uint8_t data[NBD_SESSION_DRAIN_MAX + 1];

static void fill(uint8_t seed, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(seed + i * 31 + (i >> 9));
}

static void read_and_write(void **state)
{
	static const struct {
		uint64_t offset;
		uint32_t length;
	} ranges[] = {
	    {0, 1},
	    {0, 512},
	    {RIG_DISK - 512, 512},
	    {RIG_DISK - 1, 1},
	    {1023, 4098},
	    {77777, 60001},
	};
	struct bytes_in in;
	struct rig r;

	(void)state;
	rig_init(&r, false);
	for (size_t i = 0; i < ARRAY_SIZE(ranges) * 3; i++) {
		uint64_t at = ranges[i / 3].offset;
		uint32_t len = ranges[i / 3].length;

		r.piece = rig_pieces[i % 3];
		fill((uint8_t)i, len);
		rig_request(&r, WRITE, 0, i, at, len);
		rig_send(&r, data, len);
		assert_int_equal(rig_hear_simple(&r, 0), i);
		assert_memory_equal(r.disk + at, data, len);
		rig_request(&r, READ, 0, ~i, at, len);
		assert_int_equal(rig_hear_simple(&r, 0), ~i);
		in = rig_hear(&r, len);
		assert_memory_equal(in.p, data, len);
		r.s->structured = true;
		rig_request(&r, READ, NBD_WIRE_FLAG_DF, i, at, len);
		in = rig_hear_chunk(&r, NBD_WIRE_CHUNK_OFFSET_DATA, i);
		assert_true(bytes_get64(&in) == at);
		assert_int_equal(bytes_left(&in), len);
		assert_memory_equal(in.p + 8, data, len);
		r.s->structured = false;
		rig_hear_nothing(&r);
	}
	assert_int_equal(r.arena.used, 0);
	rig_fini(&r);
}

struct refusal {
	unsigned type, flags;
	uint64_t offset;
	uint32_t length, error;
};

/* Each is answered, does nothing to the disk, and leaves all in step. */
static void refuse_all(struct rig *r, const struct refusal *list, size_t n)
{
	for (size_t i = 0; i < n * 2; i++) {
		const struct refusal *x = &list[i / 2];
		struct bytes_in in;
		size_t text;

		r->s->structured = i & 1;
		rig_request(r, x->type, x->flags, i, x->offset, x->length);
		if (x->type == WRITE)
			rig_send(r, data, x->length);
		if (i & 1 && x->error) {
			in = rig_hear_chunk(r, NBD_WIRE_CHUNK_ERROR, i);
			assert_int_equal(bytes_get32(&in), x->error);
			text = bytes_get16(&in);
			assert_true(text > 0);
			assert_int_equal(text, bytes_left(&in));
		} else {
			assert_int_equal(rig_hear_simple(r, x->error), i);
		}
		rig_hear_nothing(r);
		assert_false(rig_closed(r));
	}
	assert_int_equal(r->reads + r->writes + r->flushes, 0);
}

static void bounds_and_flags(void **state)
{
	static const struct refusal list[] = {
	    {READ, 0, RIG_DISK, 1, NBD_WIRE_EINVAL},
	    {READ, 0, RIG_DISK - 511, 512, NBD_WIRE_EINVAL},
	    {READ, 0, UINT64_MAX, 2, NBD_WIRE_EINVAL},
	    {READ, 0, UINT64_MAX - 511, 512, NBD_WIRE_EINVAL},
	    {READ, 0, 0, 0, NBD_WIRE_EINVAL},
	    {READ, 0, 0, LONGEST + 1, NBD_WIRE_EINVAL},
	    {READ, 0, 0, UINT32_MAX, NBD_WIRE_EINVAL},
	    {WRITE, 0, RIG_DISK, 1, NBD_WIRE_ENOSPC},
	    {WRITE, 0, RIG_DISK - 511, 512, NBD_WIRE_ENOSPC},
	    {WRITE, 0, UINT64_MAX - 511, 512, NBD_WIRE_ENOSPC},
	    {WRITE, 0, 0, 0, NBD_WIRE_EINVAL},
	    {WRITE, 0, 0, LONGEST + 1, NBD_WIRE_EINVAL},
	    {CACHE, 0, RIG_DISK, 1, NBD_WIRE_EINVAL},
	    {CACHE, 0, 0, RIG_DISK, 0},
	    {FLUSH, 0, 1, 0, NBD_WIRE_EINVAL},
	    {FLUSH, 0, 0, 1, NBD_WIRE_EINVAL},
	    {STATUS, 0, 0, 512, NBD_WIRE_EINVAL}, /* not negotiated */
	    {NBD_WIRE_CMD_TRIM, 0, 0, UINT32_MAX, NBD_WIRE_EINVAL},
	    {NBD_WIRE_CMD_WRITE_ZEROES, 2, 0, 512, NBD_WIRE_EINVAL},
	    {8, 0, 0, 512, NBD_WIRE_EINVAL},
	    {0xffff, 0xffff, UINT64_MAX, UINT32_MAX, NBD_WIRE_EINVAL},
	    {READ, 0x20, 0, 512, NBD_WIRE_EINVAL},
	    {READ, NBD_WIRE_FLAG_REQ_ONE, 0, 512, NBD_WIRE_EINVAL},
	    {WRITE, NBD_WIRE_FLAG_DF, 0, 512, NBD_WIRE_EINVAL},
	    {FLUSH, 0x8000, 0, 0, NBD_WIRE_EINVAL},
	};
	struct rig r;

	(void)state;
	rig_init(&r, false);
	refuse_all(&r, list, ARRAY_SIZE(list));
	rig_fini(&r);
}

static void read_only_export(void **state)
{
	static const struct refusal list[] = {
	    {WRITE, 0, 0, 512, NBD_WIRE_EPERM},
	    {WRITE, 0, RIG_DISK, 512, NBD_WIRE_EPERM},
	    {NBD_WIRE_CMD_TRIM, 0, 0, 512, NBD_WIRE_EPERM},
	    {NBD_WIRE_CMD_WRITE_ZEROES, 0, 0, 512, NBD_WIRE_EPERM},
	};
	struct rig r;

	(void)state;
	rig_init(&r, false);
	r.s->info.flags |= NBD_WIRE_READ_ONLY;
	refuse_all(&r, list, ARRAY_SIZE(list));
	rig_fini(&r);
}

static void smallest_block(void **state)
{
	static const struct refusal list[] = {
	    {READ, 0, 1, 512, NBD_WIRE_EINVAL},
	    {READ, 0, 512, 513, NBD_WIRE_EINVAL},
	    {WRITE, 0, 0, 1, NBD_WIRE_EINVAL},
	};
	struct rig r;

	(void)state;
	rig_init(&r, false);
	r.s->info.min_block = 512;
	refuse_all(&r, list, ARRAY_SIZE(list));
	r.s->structured = false;
	rig_request(&r, READ, 0, 1, 512, 1024);
	rig_hear_simple(&r, 0);
	assert_int_equal(r.reads, 1);
	rig_fini(&r);
}

static void largest_requests(void **state)
{
	struct bytes_in in;
	struct rig r;

	(void)state;
	rig_init(&r, false);
	fill(9, LONGEST);
	rig_request(&r, WRITE, 0, 1, 4096, LONGEST);
	assert_int_equal(rig_send(&r, data, LONGEST), 0);
	assert_int_equal(rig_hear_simple(&r, 0), 1);
	assert_memory_equal(r.disk + 4096, data, LONGEST);
	rig_request(&r, READ, 0, 2, 4096, LONGEST);
	assert_int_equal(rig_hear_simple(&r, 0), 2);
	in = rig_hear(&r, LONGEST);
	assert_memory_equal(in.p, data, LONGEST);
	r.out_len = r.out_pos = 0;
	/* Too long to do, not too long to skip. */
	rig_request(&r, WRITE, 0, 3, 0, NBD_SESSION_DRAIN_MAX);
	rig_send(&r, data, NBD_SESSION_DRAIN_MAX - 1);
	rig_hear_nothing(&r);
	rig_send(&r, data, 1);
	assert_int_equal(rig_hear_simple(&r, NBD_WIRE_EINVAL), 3);
	rig_request(&r, FLUSH, 0, 4, 0, 0);
	assert_int_equal(rig_hear_simple(&r, 0), 4);
	rig_request(&r, WRITE, 0, 5, 0, NBD_SESSION_DRAIN_MAX + 1);
	rig_hear_nothing(&r);
	assert_true(rig_closed(&r));
	assert_int_equal(r.writes, 1);
	rig_fini(&r);
}

static void forced_unit_access(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, false);
	rig_request(&r, WRITE, NBD_WIRE_FLAG_FUA, 1, 0, 1);
	rig_send(&r, data, 1);
	assert_int_equal(rig_hear_simple(&r, 0), 1);
	assert_int_equal(r.fuas, 1);
	/* Allowed everywhere, and without meaning on anything but a write. */
	rig_request(&r, READ, NBD_WIRE_FLAG_FUA, 2, 0, 1);
	assert_int_equal(rig_hear_simple(&r, 0), 2);
	rig_hear(&r, 1);
	rig_request(&r, FLUSH, NBD_WIRE_FLAG_FUA, 3, 0, 0);
	assert_int_equal(rig_hear_simple(&r, 0), 3);
	rig_request(&r, CACHE, NBD_WIRE_FLAG_FUA, 4, 0, 512);
	assert_int_equal(rig_hear_simple(&r, 0), 4);
	assert_int_equal(r.fuas, 1);
	/* Not offered, not taken. */
	r.s->info.flags = NBD_WIRE_HAS_FLAGS;
	rig_request(&r, WRITE, NBD_WIRE_FLAG_FUA, 5, 0, 1);
	rig_send(&r, data, 1);
	assert_int_equal(rig_hear_simple(&r, NBD_WIRE_EINVAL), 5);
	rig_request(&r, FLUSH, 0, 6, 0, 0);
	assert_int_equal(rig_hear_simple(&r, NBD_WIRE_EINVAL), 6);
	rig_fini(&r);
}

static void block_status(void **state)
{
	static const uint32_t lengths[] = {1, 512, RIG_DISK};
	struct rig r;

	(void)state;
	rig_init(&r, false);
	r.s->structured = r.s->meta = true;
	for (unsigned i = 0; i < ARRAY_SIZE(lengths) * 2; i++) {
		struct bytes_in in;

		rig_request(&r, STATUS, i & 1 ? NBD_WIRE_FLAG_REQ_ONE : 0, i, 0,
		    lengths[i / 2]);
		in = rig_hear_chunk(&r, NBD_WIRE_CHUNK_BLOCK_STATUS, i);
		assert_int_equal(bytes_get32(&in), 1);
		assert_int_equal(bytes_get32(&in), lengths[i / 2]);
		assert_int_equal(bytes_get32(&in), 0);
		assert_int_equal(bytes_left(&in), 0);
	}
	rig_fini(&r);
}

static void errors_of_the_disk(void **state)
{
	static const struct {
		int error;
		uint32_t wire;
	} map[] = {
	    {-EIO, NBD_WIRE_EIO},
	    {-EROFS, NBD_WIRE_EPERM},
	    {-EACCES, NBD_WIRE_EPERM},
	    {-ENOSPC, NBD_WIRE_ENOSPC},
	    {-ESTALE, NBD_WIRE_EIO},
	    {-ECANCELED, NBD_WIRE_EIO},
	    {-ETIMEDOUT, NBD_WIRE_EIO},
	    {-ESHUTDOWN, NBD_WIRE_ESHUTDOWN},
	    {-ENOMEM, NBD_WIRE_ENOMEM},
	    {-EBUSY, NBD_WIRE_EIO},
	};
	struct rig r;

	(void)state;
	rig_init(&r, false);
	for (unsigned i = 0; i < ARRAY_SIZE(map); i++) {
		struct bytes_in in;

		r.fail = map[i].error;
		rig_request(&r, READ, 0, i, 0, 512);
		assert_int_equal(rig_hear_simple(&r, map[i].wire), i);
		rig_hear_nothing(&r);
		r.s->structured = true;
		rig_request(&r, READ, 0, i, 0, 512);
		in = rig_hear_chunk(&r, NBD_WIRE_CHUNK_ERROR, i);
		assert_int_equal(bytes_get32(&in), map[i].wire);
		r.s->structured = false;
	}
	rig_fini(&r);
}

static void bad_magic(void **state)
{
	uint8_t buf[NBD_WIRE_REQUEST] = {0x12, 0x56, 0x09, 0x53};
	struct rig r;

	(void)state;
	rig_init(&r, false);
	r.hold = true;
	rig_request(&r, READ, 0, 1, 0, 512);
	rig_send(&r, buf, sizeof(buf));
	assert_false(rig_closed(&r));
	assert_int_equal(rig_send(&r, buf, sizeof(buf)), sizeof(buf));
	rig_finish(&r, 0);
	rig_run(&r);
	assert_int_equal(rig_hear_simple(&r, 0), 1);
	rig_hear(&r, 512);
	rig_hear_nothing(&r);
	assert_true(rig_closed(&r));
	assert_non_null(r.s->why);
	rig_fini(&r);
}

static void bytes_after_the_end(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, false);
	r.hold = true;
	rig_request(&r, WRITE, 0, 1, 0, 3);
	rig_send(&r, "abc", 3);
	rig_request(&r, FLUSH, 0, 2, 0, 0);
	rig_request(&r, NBD_WIRE_CMD_DISC, 0, 3, 0, 0);
	assert_int_equal(r.helds, 2);
	assert_int_equal(rig_send(&r, data, 28), 28);
	assert_false(rig_closed(&r));
	rig_finish(&r, 0);
	rig_finish(&r, 0);
	assert_false(rig_closed(&r));
	rig_run(&r);
	assert_int_equal(rig_hear_simple(&r, 0), 1);
	assert_int_equal(rig_hear_simple(&r, 0), 2);
	rig_hear_nothing(&r);
	assert_true(rig_closed(&r));
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(read_and_write),
	    cmocka_unit_test(bounds_and_flags),
	    cmocka_unit_test(read_only_export),
	    cmocka_unit_test(smallest_block),
	    cmocka_unit_test(largest_requests),
	    cmocka_unit_test(forced_unit_access),
	    cmocka_unit_test(block_status),
	    cmocka_unit_test(errors_of_the_disk),
	    cmocka_unit_test(bad_magic),
	    cmocka_unit_test(bytes_after_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
