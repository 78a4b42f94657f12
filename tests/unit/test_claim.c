/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names that one process can hold; in a network namespace of our own. */
#include <errno.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>
#include "aoe-user/io/claim.h"
#include "aoe-user/io/writer.h"
#include "tests/unit/unit.h"

/* Names of other processes on this machine must not disturb. */
static int own_namespace(void **state)
{
	*state = unshare(CLONE_NEWNET) ? NULL : (void *)state;
	return 0;
}

static void need(void **state)
{
	if (!*state) {
		print_message("cannot make a network namespace: not root\n");
		skip();
	}
}

static void one_holder_at_a_time(void **state)
{
	int first, again;

	need(state);
	first = claim_name("aoe-test");
	assert_true(first >= 0);
	assert_int_equal(claim_name("aoe-test"), -EADDRINUSE);
	close(first);
	again = claim_name("aoe-test");
	assert_true(again >= 0);
	close(again);
}

static void a_longer_name_is_another(void **state)
{
	char name[200];
	int a, b;

	need(state);
	a = claim_name("aoe-tag-1");
	b = claim_name("aoe-tag-11");
	assert_true(a >= 0 && b >= 0);
	close(a);
	close(b);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(claim_name(name), -ENAMETOOLONG);
}

static void the_end_of_a_process_frees(void **state)
{
	int ready[2], status, fd;
	char c;
	pid_t pid;

	need(state);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		c = claim_name("aoe-child") >= 0 ? 'y' : 'n';
		if (write(ready[1], &c, 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(c, 'y');
	assert_int_equal(claim_name("aoe-child"), -EADDRINUSE);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	fd = claim_name("aoe-child");
	assert_true(fd >= 0);
	close(fd);
	close(ready[0]);
	close(ready[1]);
}

static void prefixes_run_out(void **state)
{
	bool seen[CLAIM_PREFIX_MAX + 1] = {false};
	int fd[CLAIM_PREFIX_MAX];
	unsigned prefix, again;

	need(state);
	for (unsigned i = 0; i < CLAIM_PREFIX_MAX; i++) {
		fd[i] = claim_tag_prefix(UINT32_MAX - 3, &prefix);
		assert_true(fd[i] >= 0);
		assert_in_range(prefix, 1, CLAIM_PREFIX_MAX);
		assert_false(seen[prefix]);
		seen[prefix] = true;
	}
	assert_int_equal(claim_tag_prefix(5, &again), -EADDRINUSE);
	/* The last one given is the first one back, wherever we start. */
	close(fd[CLAIM_PREFIX_MAX - 1]);
	fd[CLAIM_PREFIX_MAX - 1] = claim_tag_prefix(77, &again);
	assert_int_equal(again, prefix);
	for (unsigned i = 0; i < CLAIM_PREFIX_MAX; i++)
		close(fd[i]);
}

static void one_writer_per_disk(void **state)
{
	const struct aoe_addr disk = {1, 0}, other = {1, 1};
	struct writer_table mine, theirs;

	need(state);
	writer_init(&mine, false);
	writer_init(&theirs, false);
	assert_int_equal(writer_open(&mine, disk, true), 0);
	assert_int_equal(writer_open(&mine, disk, true), 0);
	assert_int_equal(writer_open(&theirs, disk, true), -EBUSY);
	assert_int_equal(writer_open(&theirs, disk, false), 0);
	assert_int_equal(writer_open(&theirs, other, true), 0);
	writer_close(&mine, disk);
	assert_int_equal(writer_open(&theirs, disk, true), -EBUSY);
	writer_close(&mine, disk);
	assert_int_equal(writer_open(&theirs, disk, true), 0);
	assert_int_equal(writer_open(&mine, disk, true), -EBUSY);
	writer_fini(&theirs);
	assert_int_equal(writer_open(&mine, disk, true), 0);
	writer_fini(&mine);
}

/* A shared writer still keeps out those that want the disk for themselves. */
static void shared_writers(void **state)
{
	const struct aoe_addr disk = {1, 0};
	struct writer_table a, b, strict;

	need(state);
	writer_init(&a, true);
	writer_init(&b, true);
	writer_init(&strict, false);
	assert_int_equal(writer_open(&a, disk, true), 0);
	assert_int_equal(writer_open(&b, disk, true), 0);
	assert_int_equal(writer_open(&strict, disk, true), -EBUSY);
	writer_fini(&a);
	writer_fini(&b);
	assert_int_equal(writer_open(&strict, disk, true), 0);
	writer_fini(&strict);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(one_holder_at_a_time, own_namespace),
	    cmocka_unit_test_setup(a_longer_name_is_another, own_namespace),
	    cmocka_unit_test_setup(the_end_of_a_process_frees, own_namespace),
	    cmocka_unit_test_setup(prefixes_run_out, own_namespace),
	    cmocka_unit_test_setup(one_writer_per_disk, own_namespace),
	    cmocka_unit_test_setup(shared_writers, own_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
