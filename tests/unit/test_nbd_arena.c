/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <unistd.h>
#include "tests/unit/unit.h"
#include "nbd-bridge/nbd_arena.h"

#define SIZE (1u << 20)
#define BLOCKS (SIZE / NBD_ARENA_BLOCK)

static size_t get(struct nbd_arena *a, size_t size)
{
	size_t offset = SIZE_MAX;

	assert_int_equal(nbd_arena_get(a, size, &offset), 0);
	assert_true(offset <= a->size && size <= a->size - offset);
	return offset;
}

static void sizes(void **state)
{
	struct nbd_arena a;
	size_t offset;

	(void)state;
	assert_int_equal(nbd_arena_init(&a, SIZE - 5, -1), 0);
	assert_int_equal(a.size, SIZE);
	assert_int_equal(nbd_arena_get(&a, SIZE + 1, &offset), -ENOMEM);
	offset = get(&a, SIZE);
	assert_int_equal(offset, 0);
	memset(nbd_arena_at(&a, offset), 0x5a, SIZE);
	assert_int_equal(a.used, SIZE);
	assert_int_equal(nbd_arena_get(&a, 1, &offset), -ENOMEM);
	nbd_arena_put(&a, 0);
	assert_int_equal(a.used, 0);
	get(&a, 1);
	assert_int_equal(a.used, NBD_ARENA_BLOCK);
	get(&a, NBD_ARENA_BLOCK + 1);
	assert_int_equal(a.used, 3 * NBD_ARENA_BLOCK);
	assert_int_equal(nbd_arena_get(&a, SIZE, &offset), -ENOMEM);
	get(&a, SIZE / 2);
	nbd_arena_fini(&a);
	nbd_arena_fini(&a);
	assert_int_equal(nbd_arena_init(&a, SIZE_MAX, -1), -EINVAL);
}

/* Blocks never overlap, and all of it can be had again in the end. */
static void at_random(void **state)
{
	struct unit_random random = unit_random("arena");
	struct block {
		size_t offset, size;
	} held[BLOCKS];
	unsigned helds = 0, freed = 0;
	struct nbd_arena a;
	uint8_t owner[BLOCKS] = {0};

	(void)state;
	assert_int_equal(nbd_arena_init(&a, SIZE, -1), 0);
	for (unsigned i = 0; i < 200000; i++) {
		size_t size =
		    1 + unit_below(&random, 1u << unit_below(&random, 19));
		size_t offset, first, count;

		if (unit_below(&random, 100) < 52 &&
		    !nbd_arena_get(&a, size, &offset)) {
			first = offset / NBD_ARENA_BLOCK;
			count = (size - 1) / NBD_ARENA_BLOCK + 1;
			assert_true(first + count <= BLOCKS);
			for (size_t b = first; b < first + count; b++)
				assert_int_equal(owner[b]++, 0);
			held[helds++] = (struct block){offset, size};
		} else if (helds) {
			unsigned k = unit_below(&random, helds);

			freed++;
			first = held[k].offset / NBD_ARENA_BLOCK;
			count = (held[k].size - 1) / NBD_ARENA_BLOCK + 1;
			for (size_t b = first; b < first + count; b++)
				owner[b]--;
			nbd_arena_put(&a, held[k].offset);
			held[k] = held[--helds];
		}
	}
	assert_true(freed > 1000);
	while (helds)
		nbd_arena_put(&a, held[--helds].offset);
	assert_int_equal(a.used, 0);
	get(&a, SIZE);
	nbd_arena_fini(&a);
}

/* Another process maps the same bytes and takes over what it wants. */
static void successor(void **state)
{
	struct nbd_arena old, new;
	size_t one, two, three;

	(void)state;
	assert_int_equal(nbd_arena_init(&old, SIZE, -1), 0);
	get(&old, 1);
	one = get(&old, 1);
	two = get(&old, 70000);
	memset(nbd_arena_at(&old, two), 0xa5, 70000);
	assert_int_equal(nbd_arena_init(&new, SIZE, dup(old.fd)), 0);
	nbd_arena_fini(&old);
	assert_int_equal(nbd_arena_claim(&new, two, 70000), 0);
	assert_int_equal(((uint8_t *)nbd_arena_at(&new, two))[69999], 0xa5);
	assert_int_equal(nbd_arena_claim(&new, one, 1), 0);
	/* Not twice, not within another, not across its edge. */
	assert_int_equal(nbd_arena_claim(&new, two, 70000), -EBUSY);
	assert_int_equal(
	    nbd_arena_claim(&new, two + NBD_ARENA_BLOCK, 1), -EBUSY);
	assert_int_equal(nbd_arena_claim(&new, 0, SIZE), -EBUSY);
	assert_int_equal(
	    nbd_arena_claim(&new, NBD_ARENA_BLOCK, 70000), -EINVAL);
	assert_int_equal(nbd_arena_claim(&new, SIZE, 1), -EINVAL);
	assert_int_equal(nbd_arena_claim(&new, 0, SIZE + 1), -EINVAL);
	/* What is left is still given out, and never what was claimed. */
	while (!nbd_arena_get(&new, 1, &three))
		assert_true(three != one &&
			    (three < two || three >= two + (128 << 10)));
	assert_int_equal(new.used, SIZE);
	nbd_arena_put(&new, two);
	assert_int_equal(get(&new, 128 << 10), two);
	nbd_arena_fini(&new);
}

static void file_too_small(void **state)
{
	struct nbd_arena a, b;

	(void)state;
	assert_int_equal(nbd_arena_init(&a, SIZE, -1), 0);
	assert_int_equal(nbd_arena_init(&b, 2 * SIZE, dup(a.fd)), -EINVAL);
	nbd_arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sizes),
	    cmocka_unit_test(at_random),
	    cmocka_unit_test(successor),
	    cmocka_unit_test(file_too_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
