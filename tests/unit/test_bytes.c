/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/bytes.h"
#include "tests/unit/unit.h"

static const uint8_t count_up[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static void gets_big_endian(void **state)
{
	struct bytes_in b = bytes_in(count_up, sizeof(count_up));

	(void)state;
	assert_int_equal(bytes_get8(&b), 0x01);
	assert_int_equal(bytes_get16(&b), 0x0203);
	assert_int_equal(bytes_get32(&b), 0x04050607);
	assert_int_equal(bytes_left(&b), 2);
	assert_false(b.bad);

	b = bytes_in(count_up, sizeof(count_up));
	assert_true(bytes_get64(&b) == 0x0102030405060708);
	b = bytes_in(count_up, sizeof(count_up));
	assert_true(bytes_get48le(&b) == 0x060504030201);
	assert_int_equal(b.pos, 6);
}

static uint64_t get_one(struct bytes_in *b, unsigned size)
{
	switch (size) {
	case 1:
		return bytes_get8(b);
	case 2:
		return bytes_get16(b);
	case 4:
		return bytes_get32(b);
	case 6:
		return bytes_get48le(b);
	default:
		return bytes_get64(b);
	}
}

static void get_beyond_the_end_is_zero_and_sticks(void **state)
{
	static const unsigned sizes[] = {1, 2, 4, 6, 8};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (unsigned len = 0; len < sizes[i]; len++) {
			uint8_t *exact = unit_copy(count_up, len);
			struct bytes_in b = bytes_in(exact, len);

			assert_true(get_one(&b, sizes[i]) == 0);
			assert_true(b.bad);
			assert_int_equal(b.pos, 0);
			/* What would have fitted does not count any more. */
			assert_int_equal(bytes_get8(&b), 0);
			assert_null(bytes_view(&b, 0));
			free(exact);
		}
	}
}

static void get_zero_fills_on_shortage(void **state)
{
	struct bytes_in b = bytes_in(count_up, 3);
	uint8_t to[4] = {9, 9, 9, 9};

	(void)state;
	bytes_get(&b, to, 4);
	assert_true(b.bad);
	assert_memory_equal(to, ((uint8_t[4]){0}), 4);
}

static void view_and_skip(void **state)
{
	struct bytes_in b = bytes_in(count_up, sizeof(count_up));

	(void)state;
	bytes_skip(&b, 3);
	assert_ptr_equal(bytes_view(&b, 6), count_up + 3);
	assert_int_equal(bytes_left(&b), 0);
	assert_ptr_equal(bytes_view(&b, 0), count_up + 9);
	assert_false(b.bad);
	bytes_skip(&b, 1);
	assert_true(b.bad);
}

static void huge_lengths_do_not_wrap(void **state)
{
	uint8_t room[4] = {7, 7, 7, 7};
	struct bytes_in in = bytes_in(count_up, 9);
	struct bytes_out out = bytes_out(room, 4);

	(void)state;
	bytes_skip(&in, 5);
	assert_null(bytes_view(&in, SIZE_MAX));
	assert_null(bytes_view(&in, SIZE_MAX - 4));
	bytes_put8(&out, 1);
	bytes_zero(&out, SIZE_MAX);
	assert_true(out.bad);
	assert_memory_equal(room, ((uint8_t[]){1, 7, 7, 7}), 4);
}

static void nothing_at_all(void **state)
{
	struct bytes_in in = bytes_in(NULL, 0);
	struct bytes_out out = bytes_out(NULL, 0);

	(void)state;
	bytes_get(&in, NULL, 0);
	bytes_skip(&in, 0);
	bytes_put(&out, NULL, 0);
	bytes_zero(&out, 0);
	assert_false(in.bad || out.bad);
	bytes_put8(&out, 1);
	assert_int_equal(bytes_get8(&in), 0);
	assert_true(in.bad && out.bad);
}

static void puts_what_gets_read(void **state)
{
	uint8_t room[26];
	struct bytes_out out = bytes_out(room, sizeof(room));

	(void)state;
	bytes_put8(&out, 0x01);
	bytes_put16(&out, 0x0203);
	bytes_put32(&out, 0x04050607);
	bytes_put64(&out, 0x08090a0b0c0d0e0f);
	bytes_put48le(&out, 0x151413121110);
	bytes_put(&out, "\x16\x17", 2);
	bytes_zero(&out, 3);
	assert_false(out.bad);
	assert_int_equal(out.pos, sizeof(room));
	for (uint8_t i = 0; i < 23; i++)
		assert_int_equal(room[i], i + 1);
	assert_memory_equal(room + 23, "\0\0\0", 3);
}

static void put_beyond_the_end_writes_nothing(void **state)
{
	uint8_t room[4] = {7, 7, 7, 7};
	struct bytes_out out = bytes_out(room, 3);

	(void)state;
	bytes_put32(&out, 0x01020304);
	assert_true(out.bad);
	bytes_put8(&out, 1);
	bytes_put(&out, "x", 1);
	bytes_put48le(&out, 1);
	assert_int_equal(out.pos, 0);
	assert_memory_equal(room, ((uint8_t[]){7, 7, 7, 7}), 4);
}

/* Random puts against a plain array; what was put is then got back. */
static void random_sequences(void **state)
{
	struct unit_random r = unit_random("bytes");

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		size_t len = unit_below(&r, 64);
		uint8_t *room = calloc(1, len + 1);
		struct bytes_out out = bytes_out(room, len);
		uint64_t values[64];
		uint8_t sizes[64];
		unsigned n = 0;
		struct bytes_in in;

		while (n < 64 && !out.bad) {
			static const uint8_t choice[] = {1, 2, 4, 8};
			uint8_t size = choice[unit_below(&r, 4)];
			uint64_t v = unit_next(&r) >> (64 - 8 * size);
			size_t left = len - out.pos;

			if (size == 1)
				bytes_put8(&out, (uint8_t)v);
			else if (size == 2)
				bytes_put16(&out, (uint16_t)v);
			else if (size == 4)
				bytes_put32(&out, (uint32_t)v);
			else
				bytes_put64(&out, v);
			assert_int_equal(out.bad, size > left);
			if (out.bad)
				break;
			values[n] = v;
			sizes[n++] = size;
		}
		in = bytes_in(room, out.pos);
		for (unsigned i = 0; i < n; i++)
			assert_true(get_one(&in, sizes[i]) == values[i]);
		assert_false(in.bad);
		assert_int_equal(bytes_left(&in), 0);
		free(room);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(gets_big_endian),
	    cmocka_unit_test(get_beyond_the_end_is_zero_and_sticks),
	    cmocka_unit_test(get_zero_fills_on_shortage),
	    cmocka_unit_test(view_and_skip),
	    cmocka_unit_test(huge_lengths_do_not_wrap),
	    cmocka_unit_test(nothing_at_all),
	    cmocka_unit_test(puts_what_gets_read),
	    cmocka_unit_test(put_beyond_the_end_writes_nothing),
	    cmocka_unit_test(random_sequences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
