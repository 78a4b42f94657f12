/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes from an NBD client, in pieces of any size, with answers of the
 * disk in any order. The first byte says where the session begins; the second
 * seeds what else is chance.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nbd-bridge/nbd_session.h"

#define SIZE (8ull << 30)

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len);

struct fuzz {
	struct nbd_session *s;
	struct nbd_request *held[NBD_SESSION_REQUESTS];
	unsigned helds;
	uint32_t chance;
	struct nbd_export_info info;
};

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static uint32_t chance(struct fuzz *f, uint32_t n)
{
	f->chance = f->chance * 1664525u + 1013904223u;
	return (f->chance >> 8) % n;
}

static bool on_list(void *ctx, const char *after, struct nbd_export_info *out)
{
	struct fuzz *f = ctx;
	int n = *after ? atoi(after + 1) + 1 : 0;

	*out = f->info;
	snprintf(out->name, sizeof(out->name), "e%d.0", n);
	return n < 700;
}

static int on_find(
    void *ctx, const char *name, struct nbd_export_info *out, char *why)
{
	struct fuzz *f = ctx;

	snprintf(why, NBD_EXPORT_WHY, "no %.100s", name);
	*out = f->info;
	return *name == 'e' ? 0 : *name == 'b' ? -EBUSY : -ENOENT;
}

static const struct nbd_session_ops ops = {on_list, on_find, on_find};

static void start(struct fuzz *f)
{
	struct nbd_request *rq;

	while ((rq = nbd_session_next(f->s))) {
		const struct aoe_request *a = &rq->aoe;

		check(f->helds < NBD_SESSION_REQUESTS, "too many requests");
		if (a->op != AOE_FLUSH) {
			check(a->length > 0 && a->length <= 32u << 20 &&
				  a->offset < SIZE &&
				  a->length <= SIZE - a->offset,
			    "range");
			check(a->buf != NULL, "buffer");
		}
		check(a->op == AOE_READ ||
			  !(f->info.flags & NBD_WIRE_READ_ONLY) ||
			  a->op == AOE_FLUSH,
		    "write to a read-only disk");
		f->held[f->helds++] = rq;
	}
}

static void finish_one(struct fuzz *f)
{
	unsigned i = chance(f, f->helds);
	struct nbd_request *rq = f->held[i];

	f->held[i] = f->held[--f->helds];
	nbd_session_done(f->s, rq, chance(f, 4) ? 0 : -EIO);
}

static void send_some(struct fuzz *f)
{
	struct iovec iov[9];
	unsigned n = nbd_session_tx(f->s, iov, 1 + chance(f, 9));
	size_t total = 0;

	for (unsigned i = 0; i < n; i++) {
		check(iov[i].iov_len > 0, "empty piece");
		total += iov[i].iov_len;
	}
	if (total && chance(f, 3) == 0)
		total = 1 + chance(f, (uint32_t)total);
	nbd_session_tx_done(f->s, total);
}

/* How many of these bytes the session took. */
static size_t receive(struct fuzz *f, const uint8_t *p, size_t len)
{
	struct iovec iov[2];
	unsigned n = nbd_session_rx_space(f->s, iov);
	size_t limit = 1 + chance(f, 300), got = 0;

	limit = MIN(limit, len);
	for (unsigned i = 0; i < n && got < limit; i++) {
		size_t part = MIN(iov[i].iov_len, limit - got);

		check(part > 0, "no space");
		memcpy(iov[i].iov_base, p + got, part);
		got += part;
	}
	if (n)
		nbd_session_rx(f->s, got);
	return got;
}

static void run(struct fuzz *f, const uint8_t *p, size_t len)
{
	unsigned idle = 0;

	while (len && idle < 1000) {
		size_t n = receive(f, p, len);

		p += n;
		len -= n;
		idle = n ? 0 : idle + 1;
		start(f);
		if (f->helds && chance(f, 2))
			finish_one(f);
		if (chance(f, 3) || idle > 10)
			send_some(f);
	}
}

static void end(struct fuzz *f)
{
	switch (chance(f, 4)) {
	case 0:
		nbd_session_abort(f->s);
		break;
	case 1:
		nbd_session_stop(f->s);
		break;
	case 2:
		nbd_session_tick(f->s, NSEC_NEVER);
		break;
	default:
		break;
	}
	nbd_session_eof(f->s);
	for (unsigned i = 0; !nbd_session_finished(f->s); i++) {
		check(i < 1000000, "does not end");
		start(f);
		if (f->helds)
			finish_one(f);
		send_some(f);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len)
{
	static struct nbd_arena arena;
	struct fuzz f = {
	    .info = {.name = "e1.0",
		.description = "disk",
		.size = SIZE,
		.flags = NBD_WIRE_HAS_FLAGS | NBD_WIRE_SEND_FLUSH |
			 NBD_WIRE_SEND_FUA,
		.min_block = 1},
	};
	struct nbd_session_config config = {
	    .ops = &ops, .ctx = &f, .arena = &arena};

	if (len < 2)
		return 0;
	if (!arena.size)
		check(!nbd_arena_init(&arena, 32 << 20, -1), "arena");
	f.chance = input[1];
	if (input[0] & 1)
		config.info = &f.info;
	if (input[0] & 2)
		f.info.flags |= NBD_WIRE_READ_ONLY;
	if (input[0] & 4)
		f.info.min_block = 512;
	check(!nbd_session_new(&f.s, &config, 0), "session");
	if (input[0] & 1)
		f.s->structured = f.s->meta = input[0] & 8;
	run(&f, input + 2, len - 2);
	end(&f);
	nbd_session_free(f.s);
	check(!arena.used, "leak");
	return 0;
}
