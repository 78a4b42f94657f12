/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Slices: what is cut and split covers every sector of the plan exactly once.
 */
#include <errno.h>
#include "aoe-user/core/device.h"
#include "aoe-user/core/slice.h"
#include "aoe-user/core/span.h"
#include "tests/unit/unit.h"

#define SECTORS 300u
#define POOL 400u

static void *get(void *ctx, size_t size)
{
	return *(bool *)ctx ? NULL : calloc(1, size);
}

static void put(void *ctx, void *p, size_t size)
{
	(void)ctx;
	(void)size;
	free(p);
}

struct cutting {
	bool broke;
	struct engine_alloc alloc;
	struct slice_pool pool;
	struct device dev, other;
	struct aoe_request rq;
	uint8_t buf[SECTORS * WIRE_SECTOR];
};

static void init(struct cutting *c, unsigned pool)
{
	c->broke = false;
	c->alloc = (struct engine_alloc){get, put, &c->broke};
	assert_int_equal(slice_pool_init(&c->pool, &c->alloc, pool), 0);
	share_init(&c->dev.slices);
	share_init(&c->other.slices);
	share_hold(&c->pool.pool, &c->dev.slices);
	c->rq.s.dev = &c->dev;
}

static void plan(struct cutting *c, uint64_t offset, size_t length)
{
	c->rq.op = AOE_READ;
	c->rq.offset = offset;
	c->rq.length = length;
	c->rq.buf = c->buf;
	list_init(&c->rq.s.slices);
	span_bound(&c->rq);
	span_plan(&c->rq);
}

/* Where the plan says that a sector's memory is. */
static uint8_t *planned(const struct cutting *c, uint64_t lba)
{
	const struct span_part *p = c->rq.s.part;

	while (lba >= p->lba + p->count)
		p++;
	return p->mem + (lba - p->lba) * WIRE_SECTOR;
}

static unsigned check(const struct cutting *c, uint64_t upto)
{
	const struct list *l = c->rq.s.slices.next;
	uint64_t lba = c->rq.s.lba;
	unsigned n = 0;

	for (; l != &c->rq.s.slices; l = l->next, n++) {
		const struct slice *s = list_entry(l, struct slice, link);

		assert_int_equal(s->lba, lba);
		assert_true(s->count > 0);
		assert_ptr_equal(s->rq, &c->rq);
		for (unsigned i = 0; i < s->count; i++)
			assert_ptr_equal(
			    s->mem + i * WIRE_SECTOR, planned(c, lba + i));
		lba += s->count;
	}
	assert_int_equal(lba, upto);
	return n;
}

static void drop(struct cutting *c)
{
	struct list *l, *tmp;

	list_each(l, tmp, &c->rq.s.slices)
		slice_put(&c->pool, list_entry(l, struct slice, link));
}

static void cuts_over_parts(void **state)
{
	static const uint64_t offset[] = {0, 512, 3, 1023};
	static const size_t length[] = {
	    1, 511, 512, 513, 1024, 2000, 100 * 512, 99 * 512 + 5};
	struct cutting *c = calloc(1, sizeof(*c));

	(void)state;
	assert_non_null(c);
	init(c, POOL);
	for (size_t o = 0; o < ARRAY_SIZE(offset); o++) {
		for (size_t n = 0; n < ARRAY_SIZE(length); n++) {
			for (unsigned max = 1; max < 20; max += 3) {
				uint64_t upto;

				plan(c, offset[o], length[n]);
				upto = c->rq.s.lba;
				while (slice_uncut(&c->rq)) {
					struct slice *s =
					    slice_cut(&c->pool, &c->rq, max);

					assert_non_null(s);
					assert_in_range(s->count, 1, max);
					upto += s->count;
					check(c, upto);
				}
				assert_int_equal(
				    upto, c->rq.s.lba + c->rq.s.count);
				assert_null(slice_cut(&c->pool, &c->rq, max));
				drop(c);
			}
		}
	}
	slice_pool_fini(&c->pool, &c->alloc);
	free(c);
}

static void splits_at_random(void **state)
{
	struct unit_random rnd = unit_random(__func__);
	struct cutting *c = calloc(1, sizeof(*c));

	(void)state;
	assert_non_null(c);
	init(c, POOL);
	for (unsigned round = 0; round < 50; round++) {
		plan(c, unit_below(&rnd, 1024),
		    1 + unit_below(&rnd, (SECTORS - 4) * 512));
		while (slice_uncut(&c->rq))
			slice_cut(&c->pool, &c->rq, 1 + unit_below(&rnd, 60));
		for (unsigned i = 0; i < 100; i++) {
			struct list *l = c->rq.s.slices.next;
			unsigned n = check(c, c->rq.s.lba + c->rq.s.count);
			struct slice *s;

			for (n = unit_below(&rnd, n); n > 0; n--)
				l = l->next;
			s = list_entry(l, struct slice, link);
			if (s->count < 2)
				continue;
			assert_int_equal(
			    slice_split(&c->pool, s,
				1 + unit_below(&rnd, s->count - 1)),
			    0);
		}
		check(c, c->rq.s.lba + c->rq.s.count);
		drop(c);
	}
	slice_pool_fini(&c->pool, &c->alloc);
	free(c);
}

/* Both parts of a split were in every copy that was sent before. */
static void split_keeps_the_copies(void **state)
{
	struct cutting *c = calloc(1, sizeof(*c));
	struct slice *s, *rest;

	(void)state;
	assert_non_null(c);
	init(c, 8);
	plan(c, 0, 8 * 512);
	s = slice_cut(&c->pool, &c->rq, 8);
	s->copies = 3;
	s->out = 2;
	s->tries = 4;
	s->faults = 1;
	s->single = true;
	s->error = -EIO;
	assert_int_equal(slice_split(&c->pool, s, 3), 0);
	rest = list_entry(s->link.next, struct slice, link);
	assert_int_equal(s->count, 3);
	assert_int_equal(rest->lba, 3);
	assert_int_equal(rest->count, 5);
	assert_int_equal(rest->copies, 3);
	assert_int_equal(rest->out, 2);
	assert_int_equal(rest->tries, 4);
	assert_int_equal(rest->faults, 1);
	assert_true(rest->single);
	assert_int_equal(rest->error, -EIO);
	/* Where it waits is for the caller to say. */
	assert_true(list_empty(&rest->queue));
	drop(c);
	slice_pool_fini(&c->pool, &c->alloc);
	free(c);
}

/* A device has no more than its part, and can go on with that. */
static void shares(void **state)
{
	struct cutting *c = calloc(1, sizeof(*c));
	struct slice *s;
	unsigned n = 0;

	(void)state;
	assert_non_null(c);
	init(c, 64);
	share_hold(&c->pool.pool, &c->other.slices);
	plan(c, 0, SECTORS * 512);
	while (slice_cut(&c->pool, &c->rq, 4) != NULL)
		n++;
	assert_int_equal(n, 24 / 2 + 24 / 2);
	s = list_first(&c->rq.s.slices, struct slice, link);
	c->dev.frames.used = 1;
	assert_int_equal(slice_split(&c->pool, s, 1), -ENOMEM);
	c->dev.frames.used = 0;
	assert_int_equal(slice_split(&c->pool, s, 1), 0);
	check(c, 4 * n);
	c->rq.s.dev = &c->other;
	for (unsigned i = 0; i < 12; i++)
		assert_non_null(slice_get(&c->pool, &c->rq));
	slice_pool_fini(&c->pool, &c->alloc);
	free(c);
}

static void empty_pool(void **state)
{
	struct cutting *c = calloc(1, sizeof(*c));
	struct slice *s;

	(void)state;
	assert_non_null(c);
	init(c, 2);
	c->dev.frames.used = 1;
	plan(c, 0, 8 * 512);
	assert_null(slice_cut(&c->pool, &c->rq, 0));
	s = slice_cut(&c->pool, &c->rq, 2);
	assert_non_null(slice_cut(&c->pool, &c->rq, 2));
	assert_null(slice_cut(&c->pool, &c->rq, 2));
	assert_int_equal(slice_split(&c->pool, s, 1), -ENOMEM);
	/* Nothing changed. */
	assert_int_equal(s->count, 2);
	assert_int_equal(check(c, 4), 2);
	slice_put(&c->pool, s);
	assert_int_equal(slice_cut(&c->pool, &c->rq, 2)->lba, 4);
	assert_null(slice_get(&c->pool, &c->rq));
	drop(c);
	for (unsigned i = 0; i < 2; i++)
		assert_non_null(slice_get(&c->pool, &c->rq));
	slice_pool_fini(&c->pool, &c->alloc);
	c->broke = true;
	assert_int_equal(slice_pool_init(&c->pool, &c->alloc, 2), -ENOMEM);
	slice_pool_fini(&c->pool, &c->alloc);
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cuts_over_parts),
	    cmocka_unit_test(splits_at_random),
	    cmocka_unit_test(split_keeps_the_copies),
	    cmocka_unit_test(shares),
	    cmocka_unit_test(empty_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
