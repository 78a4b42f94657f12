/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/range.h"
#include "tests/unit/unit.h"

#define COUNT 300u
#define OPS 20000u

/* The model: the same ranges in no order. */
struct model {
	struct ranges rs;
	struct range r[COUNT];
	uint64_t arrivals;
};

static struct range *naive(
    struct model *m, uint64_t lba, uint64_t end, bool last)
{
	struct range *r, *best = NULL;

	for (unsigned i = 0; i < COUNT; i++) {
		r = &m->r[i];
		if (!r->node.in || r->lba >= end || r->end <= lba)
			continue;
		if (best == NULL || (r->arrival > best->arrival) == last)
			best = r;
	}
	return best;
}

/* How many are below; each sum is that of what is there. */
static unsigned check_tree(const struct tree_node *n)
{
	const struct tree_node *child[2] = {n->left, n->right};
	const struct range *r = container_of(n, struct range, node), *c;
	uint64_t end = r->end, first = r->arrival, last = r->arrival;
	unsigned count = 1;

	for (unsigned i = 0; i < 2; i++) {
		if (child[i] == NULL)
			continue;
		c = container_of(child[i], struct range, node);
		assert_ptr_equal(child[i]->up, n);
		assert_true(child[i]->weight <= n->weight);
		assert_true(i == 0 ? c->lba <= r->lba : c->lba >= r->lba);
		count += check_tree(child[i]);
		end = MAX(end, c->most_end);
		first = MIN(first, c->first);
		last = MAX(last, c->last);
	}
	assert_true(r->most_end == end);
	assert_true(r->first == first && r->last == last);
	return count;
}

static void check(struct model *m)
{
	unsigned count = 0;

	for (unsigned i = 0; i < COUNT; i++)
		count += m->r[i].node.in;
	if (m->rs.tree.root == NULL) {
		assert_int_equal(count, 0);
		return;
	}
	assert_null(m->rs.tree.root->up);
	assert_int_equal(check_tree(m->rs.tree.root), count);
}

/* `places` sectors in all: few for many that overlap. */
static void run(unsigned places, unsigned longest, const char *name)
{
	struct unit_random rnd = unit_random(name);
	struct model m = {0};
	uint64_t lba, end;

	ranges_init(&m.rs, 1);
	for (unsigned op = 0; op < OPS; op++) {
		struct range *r = &m.r[unit_below(&rnd, COUNT)];

		lba = unit_below(&rnd, places);
		end = lba + 1 + unit_below(&rnd, longest);
		if (unit_below(&rnd, 3) == 0) {
			assert_ptr_equal(range_first(&m.rs, lba, end),
			    naive(&m, lba, end, false));
			assert_ptr_equal(range_last(&m.rs, lba, end),
			    naive(&m, lba, end, true));
		} else if (r->node.in) {
			range_remove(&m.rs, r);
		} else {
			r->lba = lba;
			r->end = end;
			r->arrival = m.arrivals++;
			range_add(&m.rs, r);
		}
		if (op % 64 == 0)
			check(&m);
	}
	for (unsigned i = 0; i < COUNT; i++)
		range_remove(&m.rs, &m.r[i]); /* also those not in it */
	assert_null(m.rs.tree.root);
	assert_null(range_first(&m.rs, 0, UINT64_MAX));
}

static void agrees_with_the_model(void **state)
{
	(void)state;
	run(10, 1, "few places");
	run(40, 40, "all overlap");
	run(5000, 8, "few overlap");
	run(1000000, 1000000, "any length");
}

static unsigned depth(const struct tree_node *n)
{
	return n == NULL ? 0 : 1 + MAX(depth(n->left), depth(n->right));
}

/* Whatever the order in which they come. */
static void stays_flat(void **state)
{
	static struct range r[4096];
	struct ranges rs;

	(void)state;
	for (unsigned order = 0; order < 3; order++) {
		ranges_init(&rs, order);
		for (unsigned i = 0; i < 4096; i++) {
			uint64_t lba = order == 0   ? i
				       : order == 1 ? 4096 - i
						    : 7;

			r[i] = (struct range){
			    .lba = lba, .end = lba + 1, .arrival = i};
			range_add(&rs, &r[i]);
		}
		assert_in_range(depth(rs.tree.root), 12, 48);
	}
}

static int by_number(const void *key, const struct tree_node *n)
{
	uint64_t a = *(const uint64_t *)key;
	uint64_t b = container_of(n, const struct range, node)->lba;

	return (a > b) - (a < b);
}

static void finds_and_walks(void **state)
{
	struct unit_random rnd = unit_random(__func__);
	struct range r[200] = {0};
	struct tree_node *n;
	struct tree t;
	uint64_t key;

	(void)state;
	tree_init(&t, 3, by_number, NULL);
	assert_null(tree_first(&t));
	for (unsigned i = 0; i < 200; i++)
		r[i].lba = 2 * i;
	for (unsigned op = 0; op < 5000; op++) {
		unsigned i = unit_below(&rnd, 200);

		if (r[i].node.in)
			tree_remove(&t, &r[i].node);
		else
			tree_insert(&t, &r[i].node, &r[i].lba);
		assert_ptr_equal(
		    tree_find(&t, &r[i].lba), r[i].node.in ? &r[i].node : NULL);
		key = 2 * i + 1;
		assert_null(tree_find(&t, &key));
		for (i++; i < 200 && !r[i].node.in;)
			i++;
		assert_ptr_equal(
		    tree_after(&t, &key), i < 200 ? &r[i].node : NULL);
	}
	n = tree_first(&t);
	for (unsigned i = 0; i < 200; i++) {
		if (!r[i].node.in)
			continue;
		assert_ptr_equal(n, &r[i].node);
		n = tree_next(n);
	}
	assert_null(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agrees_with_the_model),
	    cmocka_unit_test(stays_flat),
	    cmocka_unit_test(finds_and_walks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
