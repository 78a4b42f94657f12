/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several NBD connections to one disk at once: what one wrote and another
 * flushed a third one reads, simple and structured replies bring the same
 * bytes, and odd ranges written side by side never undo each other.
 */
#include <errno.h>
#include <libnbd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNS 4u
#define AREA (96u << 10) /* bytes at the disk's start that are written */
#define ROUNDS 6u
#define LONGEST 1500u /* bytes of one odd range */

struct client {
	struct nbd_handle *nbd[CONNS]; /* the last one with simple replies */
	uint64_t random;
	uint8_t model[AREA], got[AREA];
};

__attribute__((format(printf, 1, 2), noreturn)) static void fail(
    const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "nbd_multi: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	exit(1);
}

static void want(bool ok, const char *what)
{
	if (!ok)
		fail("%s: %s", what,
		    nbd_get_error() ? nbd_get_error() : "not so");
}

static unsigned below(struct client *c, unsigned n)
{
	c->random = c->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(c->random >> 33) % n;
}

static void open_all(struct client *c, const char *uri)
{
	for (unsigned i = 0; i < CONNS; i++) {
		bool simple = i == CONNS - 1;
		struct nbd_handle *nbd = c->nbd[i] = nbd_create();

		want(nbd != NULL, "create");
		want(!nbd_set_request_structured_replies(nbd, !simple),
		    "structured replies");
		want(!nbd_connect_uri(nbd, uri), "connect");
		want(nbd_get_structured_replies_negotiated(nbd) == !simple,
		    "structured replies as asked for");
		want(nbd_can_multi_conn(nbd) == 1, "multi-conn");
	}
	want(nbd_get_size(c->nbd[0]) >= (int64_t)AREA, "a large enough disk");
}

static void expect_model(struct client *c, const char *what)
{
	for (unsigned i = 0; i < CONNS; i++) {
		memset(c->got, 0x55, AREA);
		want(!nbd_pread(c->nbd[i], c->got, AREA, 0, 0), "read");
		for (unsigned k = 0; k < AREA; k++)
			if (c->got[k] != c->model[k])
				fail("%s: connection %u: byte %u is 0x%02x "
				     "and not 0x%02x",
				    what, i, k, c->got[k], c->model[k]);
	}
}

/* Written by one, flushed by another, read by all. */
static void flush_for_each_other(struct client *c)
{
	for (unsigned i = 0; i < CONNS; i++) {
		unsigned len = 1 + below(c, AREA), at = below(c, AREA);

		if (len > AREA - at)
			len = AREA - at;
		memset(c->model + at, (int)below(c, 256), len);
		want(
		    !nbd_pwrite(c->nbd[i], c->model + at, len, at, 0), "write");
		want(!nbd_flush(c->nbd[(i + 1) % CONNS], 0), "flush");
		expect_model(c, "after a flush");
	}
}

static void poll_until_idle(struct client *c)
{
	for (unsigned i = 0; i < CONNS; i++) {
		int64_t cookie;

		while (nbd_aio_in_flight(c->nbd[i]) > 0)
			want(nbd_poll(c->nbd[i], 5000) > 0, "poll");
		while ((cookie = nbd_aio_peek_command_completed(c->nbd[i])) > 0)
			want(nbd_aio_command_completed(
				 c->nbd[i], (uint64_t)cookie) == 1,
			    "write");
	}
}

/* Neighbours of any length, by all connections, all in flight together. */
static void write_side_by_side(struct client *c)
{
	for (unsigned at = 0, len; at < AREA; at += len) {
		unsigned i = below(c, CONNS);

		len = 1 + below(c, LONGEST);
		if (len > AREA - at)
			len = AREA - at;
		for (unsigned k = 0; k < len; k++)
			c->model[at + k] = (uint8_t)below(c, 256);
		want(nbd_aio_pwrite(c->nbd[i], c->model + at, len, at,
			 NBD_NULL_COMPLETION, 0) >= 0,
		    "submit");
	}
	poll_until_idle(c);
	expect_model(c, "side by side");
}

static int on_chunk(void *user_data, const void *buf, size_t count,
    uint64_t offset, unsigned status, int *error)
{
	size_t *seen = user_data;

	(void)buf;
	(void)offset;
	(void)error;
	if (status != LIBNBD_READ_DATA)
		fail("a chunk that is no data");
	*seen += count;
	return 0;
}

static void read_in_chunks(struct client *c)
{
	size_t seen = 0;
	nbd_chunk_callback chunk = {.callback = on_chunk, .user_data = &seen};

	want(!nbd_pread_structured(
		 c->nbd[0], c->got, AREA - 7, 7, chunk, LIBNBD_CMD_FLAG_DF),
	    "read without fragments");
	want(seen == AREA - 7, "all of it");
	want(!memcmp(c->got, c->model + 7, AREA - 7), "as it was written");
}

/* Refused on either kind of connection, which lives on. */
static void beyond_the_end(struct client *c)
{
	uint64_t size = (uint64_t)nbd_get_size(c->nbd[0]);

	for (unsigned i = 0; i < CONNS; i++) {
		want(!nbd_set_strict_mode(c->nbd[i], 0), "no checks");
		want(nbd_pread(c->nbd[i], c->got, 513, size - 512, 0) == -1 &&
			 nbd_get_errno() == EINVAL,
		    "read across the end is EINVAL");
		want(
		    nbd_pwrite(c->nbd[i], c->model, 513, size - 512, 0) == -1 &&
			nbd_get_errno() == ENOSPC,
		    "write across the end is ENOSPC");
	}
	expect_model(c, "after errors");
}

static void work(const char *uri, const char *seed)
{
	struct client *c = calloc(1, sizeof(*c));

	want(c != NULL, "memory");
	c->random = strtoull(seed, NULL, 0);
	open_all(c, uri);
	want(!nbd_pwrite(c->nbd[0], c->model, AREA, 0, 0), "write");
	for (unsigned i = 0; i < ROUNDS; i++) {
		flush_for_each_other(c);
		write_side_by_side(c);
	}
	read_in_chunks(c);
	beyond_the_end(c);
	for (unsigned i = 0; i < CONNS; i++) {
		want(!nbd_shutdown(c->nbd[i], 0), "shutdown");
		nbd_close(c->nbd[i]);
	}
	free(c);
}

/* Connects and says nothing; "ready" when all of them were greeted. */
static void idle(const char *path, const char *count)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	unsigned n = (unsigned)strtoul(count, NULL, 0);
	int *fds = calloc(n, sizeof(*fds));
	char byte;

	want(fds != NULL, "memory");
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	for (unsigned i = 0; i < n; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		if (fds[i] < 0 ||
		    connect(fds[i], (struct sockaddr *)&to, sizeof(to)))
			fail("connect %s: %s", path, strerror(errno));
	}
	for (unsigned i = 0; i < n; i++)
		if (recv(fds[i], &byte, 1, 0) != 1)
			fail("client %u was not greeted", i);
	printf("ready\n");
	fflush(stdout);
	pause();
}

/* How many connections the server allows to one disk, up to `limit`. */
static void crowd(const char *uri, const char *limit)
{
	unsigned n = 0, max = (unsigned)strtoul(limit, NULL, 0);
	struct nbd_handle **nbd = calloc(max, sizeof(*nbd));

	want(nbd != NULL, "memory");
	while (n < max) {
		nbd[n] = nbd_create();
		want(nbd[n] != NULL, "create");
		if (nbd_connect_uri(nbd[n++], uri))
			break;
	}
	printf("%u %s\n", n - 1, nbd_get_error() ? nbd_get_error() : "");
	while (n--)
		nbd_close(nbd[n]);
	free(nbd);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "work")) {
		work(argv[2], argv[3]);
	} else if (argc == 4 && !strcmp(argv[1], "idle")) {
		idle(argv[2], argv[3]);
	} else if (argc == 4 && !strcmp(argv[1], "crowd")) {
		crowd(argv[2], argv[3]);
	} else {
		fprintf(stderr, "usage: nbd_multi work URI SEED |\n"
				"       nbd_multi idle SOCKET COUNT |\n"
				"       nbd_multi crowd URI COUNT\n");
		return 2;
	}
	return 0;
}
