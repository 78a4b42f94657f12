/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of copies: tags that wrap, slots that stay taken, room and shares.
 */
#include <errno.h>
#include "aoe-user/core/copy.h"
#include "aoe-user/core/flight.h"
#include "aoe-user/core/state.h"
#include "tests/unit/unit.h"

struct table {
	struct copy_table t;
	struct engine e;
	struct device dev[2];
	struct engine_config config;
	bool broke; /* no memory left */
};

static void *get(void *ctx, size_t size)
{
	return ((struct table *)ctx)->broke ? NULL : calloc(1, size);
}

static void put(void *ctx, void *p, size_t size)
{
	(void)ctx;
	(void)size;
	free(p);
}

static void init(struct table *x, unsigned copies, unsigned bits)
{
	memset(x, 0, sizeof(*x));
	x->config.alloc = (struct engine_alloc){get, put, x};
	x->config.copies = copies;
	x->config.tag_bits = bits;
	x->config.tag_prefix = 9;
	list_init(&x->e.active);
	for (unsigned i = 0; i < 2; i++) {
		x->dev[i].e = &x->e;
		list_init(&x->dev[i].active_link);
		list_init(&x->dev[i].late);
		fence_init(&x->dev[i].fence, 1);
		share_init(&x->dev[i].frames);
	}
	assert_int_equal(copy_table_init(&x->t, &x->config, 4), 0);
}

static void fini(struct table *x)
{
	copy_table_fini(&x->t, &x->config.alloc);
	copy_table_fini(&x->t, &x->config.alloc);
}

static struct copy *take(struct table *x)
{
	struct copy *c = copy_get(&x->t, &x->dev[0], COPY_READ);

	if (c != NULL) {
		assert_int_equal(c->state, COPY_OFFERED);
		assert_ptr_equal(c->dev, &x->dev[0]);
		assert_true(tag_is_ours(&x->t.key, c->tag));
		assert_ptr_equal(copy_find(&x->t, c->tag), c);
	}
	return c;
}

static void finds_all_states(void **state)
{
	struct table x;
	struct copy *c;
	uint32_t tag;

	(void)state;
	init(&x, 16, 24);
	c = take(&x);
	tag = c->tag;
	for (unsigned s = COPY_OFFERED; s <= COPY_LOST; s++) {
		c->state = (uint8_t)s;
		assert_true(copy_is_live(c));
		assert_ptr_equal(copy_find(&x.t, tag), c);
	}
	copy_put(&x.t, c, COPY_ANSWERED);
	assert_ptr_equal(copy_find(&x.t, tag), c);
	assert_false(copy_is_live(c));
	assert_int_equal(x.t.used, 0);
	assert_null(copy_find(&x.t, tag ^ 1));
	assert_null(copy_find(&x.t, tag & 0x7fffffff));
	/* One that was never sent is not known any more. */
	c = take(&x);
	tag = c->tag;
	copy_put(&x.t, c, COPY_UNUSED);
	assert_null(copy_find(&x.t, tag));
	fini(&x);
}

/* The oldest ended copies are forgotten first; live ones never. */
static void passes_over_live_slots(void **state)
{
	static const uint8_t unanswered[] = {COPY_OFFERED, COPY_OUT, COPY_LOST};
	struct unit_random rnd = unit_random(__func__);
	struct copy *live[64];
	uint32_t tag[64];
	struct table x;
	unsigned n = 0;

	(void)state;
	for (unsigned bits = 4; bits <= 8; bits++) {
		init(&x, 64, bits);
		assert_true(x.t.size <= 1u << x.t.key.bits);
		n = 0;
		/* Many times around the tags. */
		for (unsigned i = 0; i < 20000; i++) {
			unsigned k = n ? unit_below(&rnd, n) : 0;

			if (unit_below(&rnd, 2) && n < ARRAY_SIZE(live)) {
				live[n] = take(&x);
				if (live[n] == NULL)
					continue;
				tag[n] = live[n]->tag;
				live[n]->state = unanswered[i % 3];
				for (unsigned j = 0; j < n; j++)
					assert_int_not_equal(tag[j], tag[n]);
				n++;
			} else if (n > 0) {
				copy_put(&x.t, live[k], COPY_GONE);
				live[k] = live[--n];
				tag[k] = tag[n];
			}
			for (unsigned j = 0; j < n; j++)
				assert_ptr_equal(
				    copy_find(&x.t, tag[j]), live[j]);
			assert_int_equal(x.t.used, n);
		}
		while (n > 0)
			copy_put(&x.t, live[--n], COPY_GONE);
		fini(&x);
	}
}

static void forgets_reused_slots(void **state)
{
	struct table x;
	uint32_t first;

	(void)state;
	init(&x, 8, 24);
	first = take(&x)->tag;
	copy_put(&x.t, copy_find(&x.t, first), COPY_GONE);
	for (unsigned i = 0; i < x.t.size - 1; i++) {
		assert_non_null(copy_find(&x.t, first));
		copy_put(&x.t, take(&x), COPY_GONE);
	}
	take(&x);
	assert_null(copy_find(&x.t, first));
	fini(&x);
}

/* Tags for frames without a copy do not take one away. */
static void tags_without_copies(void **state)
{
	struct table x;
	struct copy *c;

	(void)state;
	init(&x, 8, 4);
	c = take(&x);
	for (unsigned i = 0; i < 100; i++) {
		uint32_t tag = copy_tag(&x.t);

		assert_int_not_equal(tag, c->tag);
		assert_null(copy_find(&x.t, tag));
	}
	assert_ptr_equal(copy_find(&x.t, c->tag), c);
	fini(&x);
}

static void keeps_to_its_limit(void **state)
{
	struct table x;
	struct copy *c = NULL;
	unsigned n = 0, more = 0;

	(void)state;
	init(&x, 16, 24);
	share_hold(&x.t.pool, &x.dev[0].frames);
	while (copy_has_room(&x.t, &x.dev[0])) {
		c = take(&x);
		n++;
	}
	assert_int_equal(n, 16);
	assert_null(take(&x));
	/* Control frames have their own, though not without end. */
	while (copy_get(&x.t, &x.dev[0], COPY_IDENTIFY) != NULL)
		more++;
	assert_in_range(more, 2, x.t.size / 8);
	assert_null(take(&x));
	for (unsigned i = 0; i <= more; i++)
		copy_put(&x.t, copy_find(&x.t, x.t.slots[i].tag), COPY_GONE);
	assert_true(copy_has_room(&x.t, &x.dev[0]));
	assert_non_null(c);
	fini(&x);
}

static void shares(void **state)
{
	struct copy *mine[4];
	struct table x;
	unsigned n = 0;

	(void)state;
	init(&x, 16, 24);
	share_hold(&x.t.pool, &x.dev[0].frames);
	share_hold(&x.t.pool, &x.dev[1].frames);
	while (take(&x) != NULL)
		n++;
	/* A fourth is its own, and of the half that is shared it had half. */
	assert_int_equal(n, 4 + 4);
	/* The other has its own. */
	for (unsigned i = 0; i < 4; i++) {
		mine[i] = copy_get(&x.t, &x.dev[1], COPY_READ);
		assert_non_null(mine[i]);
	}
	copy_put(&x.t, mine[3], COPY_ANSWERED);
	assert_int_equal(x.dev[1].frames.used, 3);
	assert_null(take(&x));
	assert_non_null(copy_get(&x.t, &x.dev[1], COPY_READ));
	fini(&x);
}

/* However shares come and go, the search for a slot must end. */
static void never_fills_the_table(void **state)
{
	struct table x;
	unsigned n = 0;

	(void)state;
	init(&x, 8, 4);
	for (unsigned i = 0; i < 2; i++) {
		share_hold(&x.t.pool, &x.dev[i].frames);
		while (copy_get(&x.t, &x.dev[i], COPY_READ) != NULL)
			n++;
		share_release(&x.t.pool, &x.dev[i].frames);
	}
	x.t.pool.max = 1000;
	while (copy_get(&x.t, &x.dev[0], COPY_READ) != NULL)
		n++;
	assert_false(copy_has_room(&x.t, &x.dev[0]));
	while (copy_get(&x.t, &x.dev[0], COPY_IDENTIFY) != NULL)
		n++;
	assert_true(n < x.t.size);
	copy_tag(&x.t);
	fini(&x);
}

/* The end of a late write lets those look again that it held. */
static void late_writes_wake(void **state)
{
	struct aoe_request rq = {.op = AOE_WRITE};
	struct table x;
	struct copy *c;

	(void)state;
	init(&x, 8, 8);
	c = take(&x);
	x.e.copies = x.t; /* with the same slots */
	c->state = COPY_LOST;
	assert_int_equal(flight_gone(c), 0);
	assert_null(x.e.woken.first);
	c = copy_get(&x.e.copies, &x.dev[0], COPY_WRITE);
	c->count = 1;
	c->state = COPY_LOST;
	list_append(&x.dev[0].late, &c->owner_link);
	fence_add_late(&x.dev[0].fence, c, 1);
	list_init(&rq.s.wait);
	fence_wait(&rq, &c->range);
	assert_int_equal(flight_gone(c), 0);
	assert_ptr_equal(x.e.woken.first, &rq.s.turn);
	assert_true(list_empty(&x.dev[0].late));
	fini(&x);
}

static void out_of_memory(void **state)
{
	struct table x = {.broke = true};

	(void)state;
	x.config.alloc = (struct engine_alloc){get, put, &x};
	assert_int_equal(copy_table_init(&x.t, &x.config, 4), -ENOMEM);
	fini(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_all_states),
	    cmocka_unit_test(passes_over_live_slots),
	    cmocka_unit_test(forgets_reused_slots),
	    cmocka_unit_test(tags_without_copies),
	    cmocka_unit_test(keeps_to_its_limit),
	    cmocka_unit_test(shares),
	    cmocka_unit_test(never_fills_the_table),
	    cmocka_unit_test(late_writes_wake),
	    cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
