/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Spans against a model of bytes: every way a range can lie in its sectors.
 */
#include "aoe-user/core/span.h"
#include "tests/unit/unit.h"

#define SECTORS 6u
#define BYTES (SECTORS * WIRE_SECTOR)

struct span_case {
	struct aoe_request rq;
	uint8_t disk[BYTES], want[BYTES], buf[BYTES];
};

static void start(
    struct span_case *c, enum aoe_op op, size_t offset, size_t length)
{
	memset(&c->rq, 0xee, sizeof(c->rq));
	c->rq.op = op;
	c->rq.offset = offset;
	c->rq.length = length;
	c->rq.buf = c->buf;
	span_bound(&c->rq);
	assert_int_equal(c->rq.s.lba, offset / WIRE_SECTOR);
	assert_int_equal(c->rq.s.lba + c->rq.s.count,
	    (offset + length + WIRE_SECTOR - 1) / WIRE_SECTOR);
}

/* The plan is one run of sectors without holes, within the interval. */
static void check_plan(const struct span_case *c, uint64_t count)
{
	const struct request_state *s = &c->rq.s;
	uint64_t lba = s->lba, sum = 0;

	assert_in_range(s->parts, 1, 3);
	assert_int_equal(s->cut_part, 0);
	assert_int_equal(s->cut_done, 0);
	for (unsigned i = 0; i < s->parts; i++) {
		assert_true(s->part[i].count > 0);
		if (count == s->count)
			assert_int_equal(s->part[i].lba, lba);
		lba = s->part[i].lba + s->part[i].count;
		sum += s->part[i].count;
	}
	assert_true(lba <= s->lba + s->count);
	assert_int_equal(sum, count);
	assert_int_equal(s->left, count);
}

static void move(struct span_case *c, bool write)
{
	const struct request_state *s = &c->rq.s;

	for (unsigned i = 0; i < s->parts; i++) {
		uint8_t *at = c->disk + s->part[i].lba * WIRE_SECTOR;
		size_t len = (size_t)s->part[i].count * WIRE_SECTOR;

		if (write)
			memcpy(at, s->part[i].mem, len);
		else
			memcpy(s->part[i].mem, at, len);
	}
}

static bool aligned(size_t offset, size_t length)
{
	return offset % WIRE_SECTOR == 0 && length % WIRE_SECTOR == 0;
}

static unsigned edges(size_t offset, size_t length)
{
	size_t end = offset + length;
	unsigned n = (offset % WIRE_SECTOR != 0) + (end % WIRE_SECTOR != 0);

	if (n == 2 && offset / WIRE_SECTOR == end / WIRE_SECTOR)
		n = 1;
	return n;
}

static void try_write(struct span_case *c, size_t offset, size_t length)
{
	start(c, AOE_WRITE, offset, length);
	assert_int_equal(span_has_edges(&c->rq), !aligned(offset, length));
	memcpy(c->want, c->disk, BYTES);
	memcpy(c->want + offset, c->buf, length);
	if (span_has_edges(&c->rq)) {
		span_plan_edges(&c->rq);
		check_plan(c, edges(offset, length));
		move(c, false);
		span_merge(&c->rq);
	}
	span_plan(&c->rq);
	check_plan(c, c->rq.s.count);
	move(c, true);
	assert_memory_equal(c->disk, c->want, BYTES);
}

static void try_read(struct span_case *c, size_t offset, size_t length)
{
	start(c, AOE_READ, offset, length);
	memset(c->buf, 0x99, BYTES);
	memcpy(c->want, c->buf, BYTES);
	memcpy(c->want, c->disk + offset, length);
	span_plan(&c->rq);
	check_plan(c, c->rq.s.count);
	move(c, false);
	span_deliver(&c->rq);
	/* Not a byte beyond the range is touched either. */
	assert_memory_equal(c->buf, c->want, BYTES);
}

static void every_edge(void **state)
{
	static const size_t skips[] = {0, 1, 2, 255, 256, 510, 511};
	struct unit_random rnd = unit_random(__func__);
	struct span_case *c = malloc(sizeof(*c));

	(void)state;
	assert_non_null(c);
	unit_fill(&rnd, c->disk, BYTES);
	for (size_t i = 0; i < ARRAY_SIZE(skips); i++) {
		for (size_t len = 1; len <= 4 * WIRE_SECTOR; len++) {
			size_t offset = WIRE_SECTOR + skips[i];

			unit_fill(&rnd, c->buf, 16);
			c->buf[len - 1] = (uint8_t)len;
			try_write(c, offset, len);
			try_read(c, offset, len);
		}
	}
	free(c);
}

static void every_offset(void **state)
{
	struct unit_random rnd = unit_random(__func__);
	struct span_case *c = malloc(sizeof(*c));

	(void)state;
	assert_non_null(c);
	unit_fill(&rnd, c->disk, BYTES);
	for (size_t offset = 0; offset < 2 * WIRE_SECTOR; offset++) {
		for (unsigned i = 0; i < 8; i++) {
			size_t len =
			    1 + unit_below(&rnd, (unsigned)(BYTES - offset));

			unit_fill(&rnd, c->buf, len);
			try_write(c, offset, len);
			try_read(c, offset, len);
		}
	}
	free(c);
}

static void at_the_far_end(void **state)
{
	struct span_case *c = calloc(1, sizeof(*c));
	uint64_t end = (1ull << 48) * WIRE_SECTOR;

	(void)state;
	assert_non_null(c);
	c->rq.op = AOE_WRITE;
	c->rq.buf = c->buf;
	c->rq.offset = end - 700;
	c->rq.length = 700;
	span_bound(&c->rq);
	assert_true(c->rq.s.lba == end / WIRE_SECTOR - 2);
	assert_int_equal(c->rq.s.count, 2);
	span_plan(&c->rq);
	assert_int_equal(c->rq.s.parts, 2);
	assert_ptr_equal(c->rq.s.part[0].mem, c->rq.s.edge[0]);
	assert_ptr_equal(c->rq.s.part[1].mem, c->buf + 188);
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_edge),
	    cmocka_unit_test(every_offset),
	    cmocka_unit_test(at_the_far_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
