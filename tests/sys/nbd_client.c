/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An NBD client on libnbd, for what nbdcopy and fio do not try: odd ranges,
 * small writes that race within a sector, requests beyond the end, FUA, and
 * bytes that are no NBD at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <libnbd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SECTOR 512
#define RACE_BYTES (4 * SECTOR)
#define GARBAGE_ROUNDS 200

__attribute__((format(printf, 1, 2), noreturn)) static void fail(
    const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "nbd_client: ");
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

static struct nbd_handle *open_uri(const char *uri)
{
	struct nbd_handle *nbd = nbd_create();

	want(nbd != NULL, "create");
	want(!nbd_connect_uri(nbd, uri), "connect");
	return nbd;
}

static void close_uri(struct nbd_handle *nbd)
{
	want(!nbd_shutdown(nbd, 0), "shutdown");
	nbd_close(nbd);
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t v = strtoull(text, &end, 0);

	if (end == text || *end)
		fail("%s is not a number", text);
	return v;
}

static uint64_t next(uint64_t *random)
{
	*random ^= *random >> 12;
	*random ^= *random << 25;
	*random ^= *random >> 27;
	return *random * 0x2545f4914f6cdd1dull;
}

/* compare URI FILE SEED: odd ranges read the same in both. */
static void compare(char **arg)
{
	struct nbd_handle *nbd = open_uri(arg[0]);
	int fd = open(arg[1], O_RDONLY);
	uint64_t random = number(arg[2]) + 1;
	int64_t size = nbd_get_size(nbd);
	static uint8_t a[70000], b[70000];

	want(fd >= 0 && size > 0, "open");
	for (unsigned i = 0; i < 300; i++) {
		uint64_t at = next(&random) % (uint64_t)size;
		size_t len = 1 + next(&random) % sizeof(a);

		if (len > (uint64_t)size - at)
			len = (size_t)((uint64_t)size - at);
		want(!nbd_pread(nbd, a, len, at, 0), "read");
		want(pread(fd, b, len, (off_t)at) == (ssize_t)len, "file");
		if (memcmp(a, b, len))
			fail("%zu bytes at %llu differ", len,
			    (unsigned long long)at);
	}
	close(fd);
	close_uri(nbd);
}

/* model URI SEED OPS: random writes and reads against a copy in memory. */
static void model(char **arg)
{
	struct nbd_handle *nbd = open_uri(arg[0]);
	uint64_t random = number(arg[1]) + 1, ops = number(arg[2]);
	uint64_t size = (uint64_t)nbd_get_size(nbd);
	uint8_t *copy, *got;

	if (size > 1 << 20)
		size = 1 << 20;
	copy = malloc(size);
	got = malloc(size);
	want(copy && got, "memory");
	want(!nbd_pread(nbd, copy, size, 0, 0), "read");
	while (ops--) {
		uint64_t at = next(&random) % size;
		size_t len = 1 + next(&random) % 20000;
		uint64_t what = next(&random) % 16;

		if (len > size - at)
			len = (size_t)(size - at);
		if (what < 7) {
			memset(copy + at, (int)(next(&random) & 0xff), len);
			want(!nbd_pwrite(nbd, copy + at, len, at,
				 what ? 0 : LIBNBD_CMD_FLAG_FUA),
			    "write");
		} else if (what == 7) {
			want(!nbd_flush(nbd, 0), "flush");
		} else {
			want(!nbd_pread(nbd, got, len, at, 0), "read");
			if (memcmp(got, copy + at, len))
				fail("%zu bytes at %llu differ", len,
				    (unsigned long long)at);
		}
	}
	want(!nbd_pread(nbd, got, size, 0, 0), "read");
	want(!memcmp(got, copy, size), "the whole is as written");
	free(copy);
	free(got);
	close_uri(nbd);
}

/*
 * race URI SEED: one write for each byte, in any order and all at once. Every
 * one reads and writes a whole sector below; none may undo another.
 */
static void race(char **arg)
{
	struct nbd_handle *nbd = open_uri(arg[0]);
	uint64_t random = number(arg[1]) + 1;
	static uint8_t bytes[RACE_BYTES], got[RACE_BYTES];
	static unsigned order[RACE_BYTES];

	for (unsigned i = 0; i < RACE_BYTES; i++) {
		unsigned j = (unsigned)(next(&random) % (i + 1));

		order[i] = order[j];
		order[j] = i;
		bytes[i] = (uint8_t)next(&random);
	}
	for (unsigned i = 0; i < RACE_BYTES; i++) {
		want(nbd_aio_pwrite(nbd, &bytes[order[i]], 1, order[i],
			 NBD_NULL_COMPLETION, 0) >= 0,
		    "submit");
		/* Some in flight together, in bursts. */
		while (nbd_aio_in_flight(nbd) > 48)
			want(nbd_poll(nbd, 5000) > 0, "poll");
	}
	while (nbd_aio_in_flight(nbd) > 0)
		want(nbd_poll(nbd, 5000) > 0, "poll");
	for (int64_t cookie;
	     (cookie = nbd_aio_peek_command_completed(nbd)) > 0;)
		want(nbd_aio_command_completed(nbd, (uint64_t)cookie) == 1,
		    "write");
	want(!nbd_pread(nbd, got, RACE_BYTES, 0, 0), "read");
	for (unsigned i = 0; i < RACE_BYTES; i++) {
		if (got[i] != bytes[i])
			fail("byte %u is 0x%02x and not 0x%02x", i, got[i],
			    bytes[i]);
	}
	close_uri(nbd);
}

/* write URI OFFSET LENGTH FILL [fua] */
static void write_range(char **arg)
{
	struct nbd_handle *nbd = open_uri(arg[0]);
	size_t len = number(arg[2]);
	uint8_t *mem = malloc(len);

	want(mem != NULL, "memory");
	memset(mem, (int)number(arg[3]), len);
	want(!nbd_pwrite(nbd, mem, len, number(arg[1]),
		 arg[4] ? LIBNBD_CMD_FLAG_FUA : 0),
	    "write");
	free(mem);
	close_uri(nbd);
}

/* flush URI */
static void flush(char **arg)
{
	struct nbd_handle *nbd = open_uri(arg[0]);

	want(nbd_can_flush(nbd) == 1, "can flush");
	want(!nbd_flush(nbd, 0), "flush");
	close_uri(nbd);
}

static void want_error(int rc, int error, const char *what)
{
	if (!rc)
		fail("%s: no error", what);
	if (nbd_get_errno() != error)
		fail("%s: %s instead of %s", what, strerror(nbd_get_errno()),
		    strerror(error));
}

/* bounds URI: beyond the end is refused and the connection lives on. */
static void bounds(char **arg)
{
	struct nbd_handle *nbd = open_uri(arg[0]);
	uint64_t size = (uint64_t)nbd_get_size(nbd);
	uint8_t mem[2 * SECTOR] = {0}, first[1], last[1];

	nbd_set_strict_mode(nbd, 0);
	want(!nbd_pread(nbd, first, 1, 0, 0), "first byte");
	want_error(nbd_pread(nbd, mem, 1, size, 0), EINVAL, "read at the end");
	want_error(nbd_pread(nbd, mem, 2 * SECTOR, size - SECTOR, 0), EINVAL,
	    "read across the end");
	want_error(
	    nbd_pread(nbd, mem, 2, UINT64_MAX - 1, 0), EINVAL, "read at 2^64");
	if (nbd_is_read_only(nbd) == 0)
		want_error(nbd_pwrite(nbd, mem, 2 * SECTOR, size - SECTOR, 0),
		    ENOSPC, "write across the end");
	else
		want_error(nbd_pwrite(nbd, mem, 1, 0, 0), EPERM,
		    "write to a read-only disk");
	want(!nbd_pread(nbd, last, 1, size - 1, 0), "last byte");
	close_uri(nbd);
}

/*
 * hold URI: one connection. Reads or writes a sector for each line "read
 * OFFSET" or "write OFFSET" on standard input, and says "ok" or the error.
 */
static void hold(char **arg)
{
	struct nbd_handle *nbd = open_uri(arg[0]);
	unsigned long long offset;
	uint8_t mem[SECTOR];
	char op[16];
	int rc;

	nbd_set_strict_mode(nbd, 0);
	memset(mem, 'h', sizeof(mem));
	setlinebuf(stdout);
	printf("size %lld\n", (long long)nbd_get_size(nbd));
	while (scanf("%15s %llu", op, &offset) == 2) {
		rc = strcmp(op, "write")
			 ? nbd_pread(nbd, mem, sizeof(mem), offset, 0)
			 : nbd_pwrite(nbd, mem, sizeof(mem), offset, 0);
		puts(rc ? strerrorname_np(nbd_get_errno()) : "ok");
	}
	close_uri(nbd);
}

static int connect_raw(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = 5};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		fail("connect %s: %s", path, strerror(errno));
	return fd;
}

/* What a client may begin with; chance goes on from there. */
static size_t put_start(uint8_t *to, unsigned kind)
{
	static const uint8_t option[] = "\0\0\0\3IHAVEOPT\0\0\0\7";
	static const uint8_t go[] =
	    "\0\0\0\3IHAVEOPT\0\0\0\1\0\0\0\4e1.0\x25\x60\x95\x13";

	switch (kind) {
	case 0:
		return 0;
	case 1: /* flags, then an option of any length */
		memcpy(to, option, sizeof(option) - 1);
		return sizeof(option) - 1;
	case 2: /* an option of 4 GiB */
		memcpy(to, option, sizeof(option) - 1);
		memset(to + sizeof(option) - 1, 0xff, 4);
		return sizeof(option) + 3;
	default: /* in transmission, a request's magic */
		memcpy(to, go, sizeof(go) - 1);
		return sizeof(go) - 1;
	}
}

/* garbage SOCKET SEED: what is sent makes no sense; the server must go on. */
static void garbage(char **arg)
{
	uint64_t random = number(arg[1]) + 1;
	uint8_t bytes[4096], answer[4096];

	for (unsigned round = 0; round < GARBAGE_ROUNDS; round++) {
		int fd = connect_raw(arg[0]);
		size_t len = put_start(bytes, round % 4);
		size_t end = len + next(&random) % 600;

		while (len < end)
			bytes[len++] = (uint8_t)next(&random);
		if (send(fd, bytes, len, MSG_NOSIGNAL) < 0 && errno != EPIPE)
			fail("send: %s", strerror(errno));
		/* Half of them stay to hear what the server thinks. */
		shutdown(fd, SHUT_WR);
		if (round & 4) {
			ssize_t got;

			while ((got = recv(fd, answer, sizeof(answer), 0)) > 0)
				;
			if (got < 0 && errno != ECONNRESET)
				fail("no end of the connection: %s",
				    strerror(errno));
		}
		close(fd);
	}
}

static const struct {
	const char *name;
	int args;
	void (*run)(char **arg);
} commands[] = {
    {"compare", 3, compare},
    {"model", 3, model},
    {"race", 2, race},
    {"write", 4, write_range},
    {"flush", 1, flush},
    {"bounds", 1, bounds},
    {"hold", 1, hold},
    {"garbage", 2, garbage},
};

int main(int argc, char **argv)
{
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (argc - 2 < commands[i].args ||
		    strcmp(argv[1], commands[i].name))
			continue;
		commands[i].run(argv + 2);
		return 0;
	}
	fprintf(stderr,
	    "usage: nbd_client compare URI FILE SEED | model URI SEED OPS |\n"
	    "       race URI SEED | write URI OFFSET LENGTH FILL [fua] |\n"
	    "       flush URI | bounds URI | hold URI |\n"
	    "       garbage SOCKET SEED\n");
	return 2;
}
