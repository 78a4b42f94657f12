/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/list.h"
#include "tests/unit/unit.h"

struct item {
	int value;
	struct list link;
};

/* Compares the values of a list, both ways round, with `n` of `want`. */
static void assert_list(const struct list *head, const int *want, size_t n)
{
	const struct list *node = head;

	for (size_t i = 0; i < n; i++) {
		node = node->next;
		assert_ptr_not_equal(node, head);
		assert_ptr_equal(node->prev->next, node);
		assert_int_equal(
		    list_entry(node, struct item, link)->value, want[i]);
	}
	assert_ptr_equal(node->next, head);
	assert_ptr_equal(head->prev, node);
	assert_int_equal(list_empty(head), n == 0);
}

static void pushes_and_appends(void **state)
{
	struct item a = {.value = 1}, b = {.value = 2}, c = {.value = 3};
	struct list head;

	(void)state;
	list_init(&head);
	assert_list(&head, NULL, 0);
	list_append(&head, &b.link);
	list_append(&head, &c.link);
	list_push(&head, &a.link);
	assert_list(&head, (int[]){1, 2, 3}, 3);
	assert_ptr_equal(list_first(&head, struct item, link), &a);
}

static void deletes_twice(void **state)
{
	struct item a = {.value = 1}, b = {.value = 2};
	struct list head;

	(void)state;
	list_init(&head);
	list_append(&head, &a.link);
	list_append(&head, &b.link);
	list_del(&a.link);
	list_del(&a.link);
	assert_list(&head, (int[]){2}, 1);
	assert_true(list_empty(&a.link));
	list_insert(&b.link, &a.link);
	assert_list(&head, (int[]){2, 1}, 2);
}

static void splices(void **state)
{
	struct item a = {.value = 1}, b = {.value = 2}, c = {.value = 3};
	struct list to, from;

	(void)state;
	list_init(&to);
	list_init(&from);
	list_splice(&to, &from);
	assert_list(&to, NULL, 0);
	list_append(&from, &a.link);
	list_append(&from, &b.link);
	list_splice(&to, &from);
	assert_list(&to, (int[]){1, 2}, 2);
	assert_list(&from, NULL, 0);
	list_append(&from, &c.link);
	list_splice(&to, &from);
	assert_list(&to, (int[]){1, 2, 3}, 3);
}

static void walks_while_deleting(void **state)
{
	struct item items[10];
	struct list head, *node, *tmp;
	int sum = 0;

	(void)state;
	list_init(&head);
	list_each(node, tmp, &head)
		fail();
	for (int i = 0; i < 10; i++) {
		items[i].value = i;
		list_append(&head, &items[i].link);
	}
	list_each(node, tmp, &head) {
		struct item *item = list_entry(node, struct item, link);

		sum += item->value;
		if (item->value % 2 == 0) {
			list_del(node);
			memset(item, 0x5a, sizeof(*item));
		}
	}
	assert_int_equal(sum, 45);
	assert_list(&head, (int[]){1, 3, 5, 7, 9}, 5);
}

/* Random inserts, deletes and splices of two lists against two arrays. */
static void random_operations(void **state)
{
	enum { N = 16 };
	struct unit_random r = unit_random("list");
	int model[2][N], count[2] = {0, 0};
	struct item items[N];
	struct list head[2];

	(void)state;
	list_init(&head[0]);
	list_init(&head[1]);
	for (int i = 0; i < N; i++) {
		items[i].value = i;
		list_init(&items[i].link);
	}
	for (unsigned step = 0; step < 50000; step++) {
		unsigned l = unit_below(&r, 2), i = unit_below(&r, N);
		int *m = model[l], *n = &count[l];

		if (unit_below(&r, 50) == 0) {
			list_splice(&head[l], &head[!l]);
			memcpy(
			    m + *n, model[!l], (size_t)count[!l] * sizeof(*m));
			*n += count[!l];
			count[!l] = 0;
		} else if (list_empty(&items[i].link)) {
			bool push = unit_below(&r, 2);

			if (push) {
				list_push(&head[l], &items[i].link);
				memmove(m + 1, m, (size_t)*n * sizeof(*m));
			} else {
				list_append(&head[l], &items[i].link);
			}
			m[push ? 0 : *n] = (int)i;
			++*n;
		} else {
			list_del(&items[i].link);
			for (l = 0; l < 2; l++) {
				int kept = 0;

				for (int k = 0; k < count[l]; k++)
					if (model[l][k] != (int)i)
						model[l][kept++] = model[l][k];
				count[l] = kept;
			}
		}
		for (l = 0; l < 2; l++)
			assert_list(&head[l], model[l], (size_t)count[l]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pushes_and_appends),
	    cmocka_unit_test(deletes_twice),
	    cmocka_unit_test(splices),
	    cmocka_unit_test(walks_while_deleting),
	    cmocka_unit_test(random_operations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
