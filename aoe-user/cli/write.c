/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * aoe write: copies a file or standard input to a disk.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "aoe-user/cli/cli.h"
#include "aoe-user/cli/input.h"
#include "aoe-user/cli/zero.h"

#define CHUNK ((size_t)1 << 20)
#define SLOTS 8
#define DRAIN_TIME NSEC_SEC /* for what is under way at an early end */

enum slot_state {
	SLOT_FREE,
	SLOT_FILLING,
	SLOT_READY, /* a part of it waits to be written */
	SLOT_BUSY,
};

struct slot {
	struct aoe_request rq;
	struct writer *w;
	enum slot_state state;
	nsec_t since;       /* when the request was submitted */
	uint64_t offset;    /* of the disk */
	size_t used, taken; /* bytes in mem; of them, written or skipped */
	uint8_t *mem;       /* CHUNK */
};

struct writer {
	struct cli *c;
	struct device *dev;
	struct input in;
	bool sparse, exact; /* exact: `end` comes from --length */
	bool eof;
	uint64_t next, end; /* disk offsets: of the next byte, of the last */
	uint64_t written;   /* bytes, with those skipped as zeros */
	int error;          /* the first failure, by offset */
	uint64_t error_at;
	char name[ADDR_TEXT];
	struct slot slot[SLOTS];
};

struct write_options {
	struct aoe_addr addr;
	const char *path;
	uint64_t offset, length; /* length UINT64_MAX = all there is */
	bool sparse, no_flush;
};

static void note_error(struct writer *w, uint64_t offset, int error)
{
	if (w->error && w->error_at <= offset)
		return;
	w->error = error;
	w->error_at = offset;
}

static void take(struct slot *slot, size_t len)
{
	slot->taken += len;
	slot->w->written += len;
	slot->state = slot->taken < slot->used ? SLOT_READY : SLOT_FREE;
}

static void slot_done(struct aoe_request *rq, int error)
{
	struct slot *slot = container_of(rq, struct slot, rq);

	tally_add(&slot->w->c->tally, nsec_since(slot->since, aoe_now()));
	if (!error) {
		take(slot, rq->length);
		return;
	}
	note_error(slot->w, rq->offset, error);
	slot->state = SLOT_FREE;
}

/* How much of the slot the next request writes, after skipping zeros. */
static size_t next_run(struct slot *slot)
{
	size_t len = slot->used - slot->taken;
	bool zero = false;

	if (slot->w->sparse)
		len = zero_run(slot->mem + slot->taken, len, &zero);
	if (!zero)
		return len;
	take(slot, len);
	if (slot->state == SLOT_FREE)
		return 0;
	return zero_run(
	    slot->mem + slot->taken, slot->used - slot->taken, &zero);
}

static void send_slot(struct writer *w, struct slot *slot)
{
	size_t len = next_run(slot);
	int err;

	if (!len)
		return;
	slot->rq = (struct aoe_request){
	    .op = AOE_WRITE,
	    .offset = slot->offset + slot->taken,
	    .length = len,
	    .buf = slot->mem + slot->taken,
	    .done = slot_done,
	};
	slot->since = aoe_now();
	err = aoe_submit(w->c->aoe, w->dev, &slot->rq);
	if (err == -EAGAIN) /* a later turn finds room */
		return;
	slot->state = err ? SLOT_FREE : SLOT_BUSY;
	if (err)
		note_error(w, slot->rq.offset, err);
}

static void send_ready(struct writer *w)
{
	unsigned i;

	for (i = 0; i < SLOTS; i++)
		if (w->slot[i].state == SLOT_READY)
			send_slot(w, &w->slot[i]);
}

static bool is_idle(void *ctx)
{
	const struct writer *w = ctx;
	unsigned i;

	for (i = 0; i < SLOTS; i++)
		if (w->slot[i].state >= SLOT_READY)
			return false;
	return true;
}

/* The slot that is being filled, or a free one, or NULL. */
static struct slot *open_slot(struct writer *w)
{
	struct slot *open = NULL;
	unsigned i;

	for (i = 0; i < SLOTS; i++) {
		if (w->slot[i].state == SLOT_FILLING)
			return &w->slot[i];
		if (w->slot[i].state == SLOT_FREE)
			open = &w->slot[i];
	}
	if (open) {
		open->state = SLOT_FILLING;
		open->offset = w->next;
		open->used = open->taken = 0;
	}
	return open;
}

static void end_input(struct writer *w, struct slot *slot)
{
	w->eof = true;
	slot->state = slot->used ? SLOT_READY : SLOT_FREE;
}

/* At the end of the disk: is there more? 0, -EAGAIN, or the message is shown */
static int check_end(struct writer *w, struct slot *slot)
{
	char byte;
	ssize_t n = w->exact ? 0 : input_read(&w->in, &byte, 1);

	if (n > 0)
		return cli_error(w->c, w->name,
		    "%s has more than fits: the disk ends at %" PRIu64 " bytes",
		    w->in.name, w->end);
	if (!n)
		end_input(w, slot);
	return (int)n;
}

/*
 * Reads once. 0; -EAGAIN when a stream has nothing yet; any other value is a
 * failure that has been shown.
 */
static int fill(struct writer *w, struct slot *slot)
{
	/* Later requests begin where the disk's sectors do. */
	size_t chunk = CHUNK - (size_t)(slot->offset % CHUNK);
	size_t room = (size_t)MIN(chunk - slot->used, w->end - w->next);
	ssize_t n;

	if (!room)
		return check_end(w, slot);
	n = input_read(&w->in, slot->mem + slot->used, room);
	if (n == -EAGAIN)
		return -EAGAIN;
	if (n < 0)
		return cli_error(
		    w->c, NULL, "%s: %s", w->in.name, strerror((int)-n));
	if (!n) {
		end_input(w, slot);
		return 0;
	}
	slot->used += (size_t)n;
	w->next += (uint64_t)n;
	if (slot->used == chunk)
		slot->state = SLOT_READY;
	return 0;
}

/* All that the input had is written; was it as much as --length says? */
static int check_length(const struct writer *w)
{
	if (!w->exact || w->next == w->end)
		return CLI_OK;
	return cli_error(w->c, NULL, "%s: ended %" PRIu64 " bytes early",
	    w->in.name, w->end - w->next);
}

/* CLI_OK when all is written, else the exit code; the message is shown. */
static int copy(struct writer *w)
{
	for (;;) {
		struct slot *slot = w->eof ? NULL : open_slot(w);
		int got = slot ? fill(w, slot) : 0;
		int err;

		if (got && got != -EAGAIN)
			return CLI_FAILED;
		send_ready(w);
		if (w->error)
			return cli_error(w->c, w->name,
			    "write at offset %" PRIu64 ": %s", w->error_at,
			    cli_io_text(w->error));
		if (w->c->loop.caught)
			return CLI_SIGNAL + w->c->loop.caught;
		if (w->eof && is_idle(w))
			return check_length(w);
		progress_update(&w->c->progress, w->written, aoe_now());
		err = loop_turn(&w->c->loop, w->in.fd, got ? EV_READ : 0,
		    slot && !got ? 0 : PROGRESS_PERIOD);
		if (err)
			return cli_error(w->c, NULL,
			    "the client cannot go on: %s", strerror(-err));
	}
}

/* An early end: what is under way gets a moment, then it is given up. */
static void give_up(struct writer *w, int code)
{
	w->c->loop.caught = 0;
	loop_until(&w->c->loop, is_idle, w, DRAIN_TIME);
	aoe_quiesce(w->c->aoe);
	cli_error(w->c, w->name,
	    "%s: %" PRIu64 " bytes were written, not flushed",
	    code > CLI_SIGNAL ? "interrupted" : "incomplete", w->written);
}

static int flush(struct writer *w)
{
	int err;

	cli_check_flush(w->c, w->dev);
	err = loop_flush(&w->c->loop, w->dev);
	if (w->c->loop.caught) {
		cli_error(w->c, w->name,
		    "interrupted: all is written, but not flushed");
		return CLI_SIGNAL + w->c->loop.caught;
	}
	if (err)
		return cli_error(w->c, w->name,
		    "all is written, but not flushed: %s", cli_io_text(err));
	return CLI_OK;
}

static bool no_fences(void *ctx)
{
	return !aoe_fences(ctx);
}

/*
 * A copy of a write that nobody answered may still be on its way. Whoever
 * writes next must not be overtaken by it, so the process stays that long.
 */
static void wait_fences(struct writer *w)
{
	w->c->loop.caught = 0;
	loop_until(&w->c->loop, no_fences, w->c->aoe,
	    aoe_late_copy(&w->c->setup.options));
}

static int check_range(struct writer *w, const struct write_options *o)
{
	struct engine_device_info info;
	uint64_t size, known = MIN(o->length, w->in.length);

	engine_device_info(w->dev, &info);
	size = info.sectors * WIRE_SECTOR;
	if (o->length != UINT64_MAX && w->in.length < o->length)
		return cli_error(w->c, NULL,
		    "%s: has %" PRIu64 " bytes, not the %" PRIu64
		    " of --length; nothing was written",
		    w->in.name, w->in.length, o->length);
	if (o->offset > size ||
	    (known != UINT64_MAX && known > size - o->offset))
		return cli_error(w->c, w->name,
		    "the data ends beyond the disk, which has %" PRIu64
		    " bytes; nothing was written",
		    size);
	w->next = o->offset;
	w->exact = o->length != UINT64_MAX;
	w->end = w->exact ? o->offset + o->length : size;
	return CLI_OK;
}

static int write_disk(struct writer *w, const struct write_options *o)
{
	struct cli *c = w->c;
	nsec_t now;
	int code;

	if (cli_start(c, &o->addr, 1) || cli_open(c, o->addr, true, &w->dev) ||
	    check_range(w, o))
		return CLI_FAILED;
	loop_catch(&c->loop);
	tally_start(&c->tally, aoe_now());
	progress_start(&c->progress, w->name,
	    w->exact                        ? o->length
	    : w->in.length != INPUT_UNKNOWN ? w->in.length
					    : PROGRESS_UNKNOWN,
	    isatty(STDERR_FILENO), aoe_now());
	code = copy(w);
	if (code)
		give_up(w, code);
	else if (!o->no_flush)
		code = flush(w);
	now = aoe_now();
	progress_end(&c->progress, w->written, !code, now);
	cli_show_tally(c, w->dev, w->written, now);
	wait_fences(w);
	return code;
}

static struct writer *writer_new(struct cli *c, const struct write_options *o)
{
	struct writer *w = calloc(1, sizeof(*w));
	uint8_t *mem = calloc(SLOTS, CHUNK);
	unsigned i;

	if (!w || !mem)
		exit(cli_error(c, NULL, "out of memory"));
	for (i = 0; i < SLOTS; i++) {
		w->slot[i].mem = mem + i * CHUNK;
		w->slot[i].w = w;
	}
	w->c = c;
	w->sparse = o->sparse;
	addr_format(o->addr, w->name);
	return w;
}

static void parse(struct cli *c, int argc, char **argv, struct write_options *o)
{
	static const struct option longs[] = {
	    CLI_LONG,
	    {"offset", required_argument, NULL, 'o'},
	    {"length", required_argument, NULL, 'l'},
	    {"sparse", no_argument, NULL, 's'},
	    {"flush", no_argument, NULL, 'f'},
	    {"no-flush", no_argument, NULL, 'n'},
	    {0},
	};
	int opt;

	while (
	    (opt = cli_option(c, argc, argv, CLI_SHORT "o:l:", longs)) != -1) {
		if (opt == 'o')
			o->offset = cli_size(c, "--offset", optarg);
		else if (opt == 'l')
			o->length = cli_size(c, "--length", optarg);
		else if (opt == 's')
			o->sparse = true;
		else
			o->no_flush = opt == 'n';
	}
	if (argc - optind < 1 || argc - optind > 2)
		cli_usage(c, "write: give an address and at most one file");
	o->addr = cli_address(c, argv[optind]);
	o->path = argv[optind + 1];
}

static int run(struct cli *c, int argc, char **argv)
{
	struct write_options o = {.length = UINT64_MAX};
	char why[INPUT_WHY];
	struct writer *w;
	int code;

	parse(c, argc, argv, &o);
	w = writer_new(c, &o);
	if (input_open(&w->in, o.path, why))
		code = cli_error(c, NULL, "%s", why);
	else
		code = write_disk(w, &o);
	cli_stop(c);
	input_close(&w->in);
	free(w->slot[0].mem);
	free(w);
	return code;
}

const struct command cmd_write = {
    .name = "write",
    .args = "[options] ADDRESS [FILE|-]",
    .summary = "Copy a file or standard input to a disk.",
    .help = "  -o, --offset BYTES     where on the disk to begin, default 0\n"
	    "  -l, --length BYTES     how much, default all there is\n"
	    "      --sparse           leave blocks of zeros out: only for a\n"
	    "                         disk that is known to be all zeros\n"
	    "      --no-flush         do not ask the target to flush\n"
	    "BYTES may end in K, M, G, T (powers of 1024), s (sectors).\n",
    .run = run,
};
