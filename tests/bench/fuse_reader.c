/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuse_reader FILE BYTES DEPTH SECONDS: asynchronous direct reads, that many
 * under way, large ones in order and small ones all over the file. Prints reads
 * a second. Here and not fio, which takes twice the time of it: where two cores
 * are all there is, that is taken from what is measured.
 */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "common/compiler.h"
#include "common/nsec.h"
#include "aoe-user/io/aoe.h"
#include "tests/bench/bench.h"

#define MOST 256

struct reader {
	int fd;
	size_t length;
	uint64_t places, next;
	aio_context_t ctx;
	struct iocb cb[MOST], *ready[MOST];
	uint64_t done;
};

static void fail(const char *why)
{
	perror(why);
	exit(1);
}

static void prepare(struct reader *r, struct iocb *cb)
{
	cb->aio_offset = (int64_t)bench_place(&r->next, r->places, r->length);
}

static void start(struct reader *r, long count)
{
	long n = 0, got;

	while (n < count) {
		got = syscall(SYS_io_submit, r->ctx, count - n, r->ready + n);
		if (got <= 0)
			fail("io_submit");
		n += got;
	}
}

static void open_file(struct reader *r, const char *path, unsigned depth)
{
	off_t size;

	r->fd = open(path, O_RDONLY | O_DIRECT);
	size = r->fd < 0 ? -1 : lseek(r->fd, 0, SEEK_END);
	if (size < (off_t)r->length)
		fail(path);
	r->places = (uint64_t)size / r->length;
	if (syscall(SYS_io_setup, depth, &r->ctx))
		fail("io_setup");
	for (unsigned i = 0; i < depth; i++) {
		r->cb[i] = (struct iocb){
		    .aio_fildes = (unsigned)r->fd,
		    .aio_lio_opcode = IOCB_CMD_PREAD,
		    .aio_buf = (uintptr_t)aligned_alloc(4096, r->length),
		    .aio_nbytes = r->length,
		    .aio_data = i,
		};
		prepare(r, &r->cb[i]);
		r->ready[i] = &r->cb[i];
	}
}

static void run(struct reader *r, unsigned depth, nsec_t end)
{
	struct io_event events[MOST];
	long n = depth;

	do {
		start(r, n);
		n = syscall(
		    SYS_io_getevents, r->ctx, 1, (long)depth, events, NULL);
		if (n <= 0)
			fail("io_getevents");
		for (long i = 0; i < n; i++) {
			if (events[i].res != (int64_t)r->length)
				fail("a read failed, or was short");
			r->ready[i] = &r->cb[events[i].data];
			prepare(r, r->ready[i]);
		}
		r->done += (uint64_t)n;
	} while (aoe_now() < end);
}

int main(int argc, char **argv)
{
	struct reader r = {.length = 0};
	unsigned depth;
	double seconds;

	if (argc != 5) {
		fputs("fuse_reader FILE BYTES DEPTH SECONDS\n", stderr);
		return 2;
	}
	r.length = strtoul(argv[2], NULL, 0);
	depth = (unsigned)MIN(strtoul(argv[3], NULL, 0), MOST);
	seconds = atof(argv[4]);
	open_file(&r, argv[1], depth);
	run(&r, depth, aoe_now() + (nsec_t)(seconds * 1e9));
	printf("%.0f\n", (double)r.done / seconds);
	return 0;
}
