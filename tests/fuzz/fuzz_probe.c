/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any disk before those who look for partitions and labels. The input is a byte
 * for the size, then sectors with their numbers (tests/fuzz/seed makes them of
 * images); all others are zero. The linker puts the functions here in the place
 * of the socket's, so that no second process is needed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/compiler.h"
#include "fuse-fs/fs_probe.h"

#define SECTOR 512u
#define RECORD (4 + SECTOR)
#define SIZE_UNIT (512u << 10)
#define FETCHES_MAX 4096u

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len);
ssize_t __wrap_send(int fd, const void *buf, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags);

struct fuzz {
	const uint8_t *input;
	size_t len;
	int memory;
	uint64_t size;
	unsigned fetches, parts;
	bool asked, done;
};

static struct fuzz *fuzz(void)
{
	static struct fuzz f;

	return &f;
}

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static uint64_t record_at(const uint8_t *r)
{
	return (r[0] | (uint64_t)r[1] << 8 | (uint64_t)r[2] << 16 |
		   (uint64_t)r[3] << 24) *
	       SECTOR;
}

static void fetch(struct fuzz *f, uint64_t at, uint64_t length)
{
	check(length && at < f->size && length <= f->size - at,
	    "fetches what is not on the disk");
	check(++f->fetches < FETCHES_MAX, "fetches without end");
	check(!f->asked, "fetches before it was answered");
	f->asked = true;
	for (size_t i = 1; i + RECORD <= f->len; i += RECORD) {
		uint64_t start = record_at(f->input + i);

		if (start < f->size && start + SECTOR > at &&
		    start < at + length)
			check(pwrite(f->memory, f->input + i + 4, SECTOR,
				  (off_t)start) == SECTOR,
			    "pwrite");
	}
}

static void take(struct fuzz *f, const struct fs_part *part)
{
	check(++f->parts <= FS_PARTS, "more partitions than places");
	check(part->number < FS_PARTS, "a partition's number");
	check(part->length && part->start < f->size &&
		  part->length <= f->size - part->start,
	    "a partition reaches beyond the disk");
	check(memchr(part->label, 0, sizeof(part->label)) &&
		  memchr(part->uuid, 0, sizeof(part->uuid)),
	    "a name without an end");
}

ssize_t __wrap_send(int fd, const void *buf, size_t len, int flags)
{
	const struct fs_probe_message *m = buf;
	struct fuzz *f = fuzz();

	(void)fd;
	(void)flags;
	check(len == sizeof(*m) && !f->done, "a message");
	if (m->kind == FS_PROBE_FETCH)
		fetch(f, m->offset, m->length);
	else if (m->kind == FS_PROBE_PART)
		take(f, &m->part);
	else
		f->done = m->kind == FS_PROBE_DONE;
	return (ssize_t)len;
}

/* Every fifth disk has a place that cannot be read. */
ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags)
{
	struct fs_probe_message m = {.kind = FS_PROBE_FETCHED};
	struct fuzz *f = fuzz();

	(void)fd;
	(void)flags;
	check(f->asked && len == sizeof(m), "waits for an answer to nothing");
	f->asked = false;
	if (!(f->len % 5) && f->fetches == f->len % 11)
		m.kind = FS_PROBE_FAILED;
	memcpy(buf, &m, sizeof(m));
	return (ssize_t)len;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len)
{
	struct fuzz *f = fuzz();

	if (!len)
		return 0;
	*f = (struct fuzz){
	    .input = input,
	    .len = len,
	    .memory = memfd_create("disk", MFD_CLOEXEC),
	    .size = (uint64_t)SIZE_UNIT * (input[0] + 1u) - input[0] % 3 * 512,
	};
	check(f->memory >= 0 && !ftruncate(f->memory, (off_t)f->size), "memfd");
	fs_probe_run(-1, f->memory, f->size);
	check(f->done && f->parts, "it was not finished");
	close(f->memory);
	return 0;
}
