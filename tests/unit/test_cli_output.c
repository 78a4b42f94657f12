/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that aoe read makes: same bytes, holes for zeros, nothing destroyed. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/unit/unit.h"
#include "aoe-user/cli/output.h"
#include "aoe-user/cli/zero.h"

#define SIZE (64 * (size_t)ZERO_BLOCK)

struct place {
	char dir[64], path[80], why[OUTPUT_WHY];
	uint8_t *data, *back;
};

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct place *p = calloc(1, sizeof(*p));

	snprintf(p->dir, sizeof(p->dir), "%s/outputXXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(p->dir))
		return -1;
	snprintf(p->path, sizeof(p->path), "%s/f", p->dir);
	p->data = calloc(1, SIZE);
	p->back = malloc(SIZE + 1);
	/* Data at both edges of a hole, and zeros up to the end. */
	memset(p->data, 7, 100);
	memset(p->data + 20 * ZERO_BLOCK, 8, ZERO_BLOCK + 1);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	unlink(p->path);
	rmdir(p->dir);
	free(p->data);
	free(p->back);
	free(p);
	return 0;
}

static void put_all(struct output *o, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = output_write(o, data, len);

		assert_true(n > 0 && (size_t)n <= len);
		data += n;
		len -= (size_t)n;
	}
}

/* The file has these bytes and no others; its blocks of 512 in *blocks. */
static void expect_file(struct place *p, size_t len, blkcnt_t *blocks)
{
	struct stat st;
	int fd = open(p->path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, len);
	assert_int_equal(read(fd, p->back, SIZE + 1), len);
	assert_memory_equal(p->back, p->data, len);
	*blocks = st.st_blocks;
	close(fd);
}

static void test_sparse_and_dense(void **state)
{
	static const enum output_sparse kind[] = {
	    OUTPUT_SPARSE_AUTO, OUTPUT_SPARSE, OUTPUT_DENSE};
	struct place *p = *state;
	blkcnt_t blocks[3];
	struct output o;

	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(
		    output_open(&o, p->path, true, kind[i], p->why), 0);
		put_all(&o, p->data, SIZE);
		assert_int_equal(output_close(&o), 0);
		expect_file(p, SIZE, &blocks[i]);
	}
	assert_int_equal(blocks[0], blocks[1]);
	assert_true(blocks[0] < blocks[2]);
}

/* A copy that ends in the middle of zeros has their length all the same. */
static void test_ends_in_hole(void **state)
{
	struct place *p = *state;
	blkcnt_t blocks;
	struct output o;

	assert_int_equal(
	    output_open(&o, p->path, false, OUTPUT_SPARSE, p->why), 0);
	put_all(&o, p->data, 3 * ZERO_BLOCK + 5);
	assert_int_equal(output_close(&o), 0);
	expect_file(p, 3 * ZERO_BLOCK + 5, &blocks);
}

static void test_refuses(void **state)
{
	struct place *p = *state;
	blkcnt_t blocks;
	struct output o;

	assert_int_equal(
	    output_open(&o, p->path, false, OUTPUT_SPARSE, p->why), 0);
	assert_int_equal(output_close(&o), 0);
	/* Empty: there is nothing to lose. */
	assert_int_equal(
	    output_open(&o, p->path, false, OUTPUT_SPARSE, p->why), 0);
	put_all(&o, p->data, SIZE);
	assert_int_equal(output_close(&o), 0);

	assert_int_equal(
	    output_open(&o, p->path, false, OUTPUT_SPARSE, p->why), -EEXIST);
	assert_non_null(strstr(p->why, p->path));
	assert_non_null(strstr(p->why, "--force"));
	expect_file(p, SIZE, &blocks);

	/* A shorter copy leaves nothing of the longer one. */
	assert_int_equal(
	    output_open(&o, p->path, true, OUTPUT_SPARSE, p->why), 0);
	put_all(&o, p->data, ZERO_BLOCK);
	assert_int_equal(output_close(&o), 0);
	expect_file(p, ZERO_BLOCK, &blocks);

	assert_int_equal(
	    output_open(&o, p->dir, true, OUTPUT_DENSE, p->why), -EISDIR);
	assert_int_equal(
	    output_open(&o, "/dev/null", false, OUTPUT_SPARSE, p->why),
	    -EINVAL);
}

/* A full pipe takes nothing and does not block; an emptied one goes on. */
static void test_stream(void **state)
{
	struct place *p = *state;
	struct output o;
	size_t in = 0, out = 0;
	int fds[2];
	char path[32];

	assert_int_equal(pipe(fds), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", fds[1]);
	memset(p->data, 3, SIZE);
	assert_int_equal(
	    output_open(&o, path, false, OUTPUT_SPARSE_AUTO, p->why), 0);
	assert_true(o.stream);
	while (out < SIZE) {
		ssize_t n =
		    in < SIZE ? output_write(&o, p->data + in, SIZE - in) : 0;

		assert_true(n >= 0);
		in += (size_t)n;
		if (!n)
			out += (size_t)read(fds[0], p->back + out, SIZE - out);
	}
	assert_memory_equal(p->back, p->data, SIZE);
	assert_int_equal(output_close(&o), 0);
	close(fds[0]);
	close(fds[1]);
}

/* /dev/full: the error is reported, not swallowed. */
static void test_full_device(void **state)
{
	struct place *p = *state;
	struct output o;

	assert_int_equal(
	    output_open(&o, "/dev/full", false, OUTPUT_DENSE, p->why), 0);
	assert_int_equal(output_write(&o, p->data, 100), -ENOSPC);
	output_close(&o);
}

/* What cannot be full takes a chunk at once. */
static void test_null_device(void **state)
{
	struct place *p = *state;
	struct output o;

	assert_int_equal(
	    output_open(&o, "/dev/null", false, OUTPUT_SPARSE_AUTO, p->why), 0);
	assert_false(o.stream);
	assert_int_equal(output_write(&o, p->data, SIZE), SIZE);
	assert_int_equal(output_close(&o), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_sparse_and_dense, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ends_in_hole, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refuses, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_stream, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_full_device, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_null_device, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
