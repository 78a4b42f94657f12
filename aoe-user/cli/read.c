/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * aoe read: copies a disk, or a part of it, to a file or standard output.
 * Several requests are under way; they end in any order and leave in order.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "aoe-user/cli/cli.h"
#include "aoe-user/cli/output.h"

#define CHUNK ((size_t)1 << 20)
#define SLOTS 8

struct slot {
	struct aoe_request rq;
	struct reader *r;
	nsec_t since; /* when it was submitted */
	bool done;
	int error;
	size_t taken; /* bytes that the output has had */
	uint8_t *mem; /* CHUNK */
};

struct reader {
	struct cli *c;
	struct device *dev;
	struct output out;
	uint64_t offset, end; /* of the disk, what is wanted */
	uint64_t next;        /* disk offset of the next request */
	uint64_t written;     /* bytes that the output has had */
	unsigned head, tail;  /* slots used from tail up to head */
	char name[ADDR_TEXT];
	struct slot slot[SLOTS];
};

struct read_options {
	struct aoe_addr addr;
	const char *path;
	uint64_t offset, length; /* length UINT64_MAX = to the end */
	enum output_sparse sparse;
	bool force;
};

static void slot_done(struct aoe_request *rq, int error)
{
	struct slot *slot = container_of(rq, struct slot, rq);

	tally_add(&slot->r->c->tally, nsec_since(slot->since, aoe_now()));
	slot->error = error;
	slot->done = true;
}

/* Keeps requests under way. 0 or what a submit said. */
static int submit(struct reader *r)
{
	while (r->next < r->end && r->head - r->tail < SLOTS) {
		struct slot *slot = &r->slot[r->head % SLOTS];
		/* Later requests begin where the disk's sectors do. */
		uint64_t chunk = CHUNK - r->next % CHUNK;
		int err;

		slot->done = false;
		slot->taken = 0;
		slot->since = aoe_now();
		slot->rq = (struct aoe_request){
		    .op = AOE_READ,
		    .offset = r->next,
		    .length = (size_t)MIN(chunk, r->end - r->next),
		    .buf = slot->mem,
		    .done = slot_done,
		};
		err = aoe_submit(r->c->aoe, r->dev, &slot->rq);
		if (err == -EAGAIN) /* a later turn finds room */
			return 0;
		if (err)
			return cli_error(r->c, r->name,
			    "read at offset %" PRIu64 ": %s", r->next,
			    cli_io_text(err));
		r->next += slot->rq.length;
		r->head++;
	}
	return 0;
}

/* Hands out what the oldest request brought. 1 = done with it, 0 = full. */
static int drain_slot(struct reader *r, struct slot *slot)
{
	while (slot->taken < slot->rq.length) {
		ssize_t n = output_write(&r->out, slot->mem + slot->taken,
		    slot->rq.length - slot->taken);

		if (n < 0) {
			cli_error(r->c, NULL, "%s: %s", r->out.name,
			    strerror((int)-n));
			return (int)n;
		}
		if (!n)
			return 0;
		slot->taken += (size_t)n;
		r->written += (uint64_t)n;
	}
	return 1;
}

/*
 * Hands out at most one slot, so that answers of the others do not pile up.
 * *full: the output takes no more now. 0 or an error that has been shown.
 */
static int drain(struct reader *r, bool *full)
{
	struct slot *slot = &r->slot[r->tail % SLOTS];
	int rc;

	*full = false;
	if (r->head == r->tail || !slot->done)
		return 0;
	if (slot->error)
		return cli_error(r->c, r->name,
		    "read of %zu bytes at offset %" PRIu64 ": %s",
		    slot->rq.length, slot->rq.offset, cli_io_text(slot->error));
	rc = drain_slot(r, slot);
	if (rc < 0)
		return rc;
	*full = !rc;
	r->tail += (unsigned)rc;
	return 0;
}

static bool can_drain(const struct reader *r)
{
	return r->head != r->tail && r->slot[r->tail % SLOTS].done;
}

/* CLI_OK when all is copied, else the exit code; the message is shown. */
static int copy(struct reader *r)
{
	while (r->offset + r->written < r->end) {
		nsec_t limit = PROGRESS_PERIOD;
		bool full;
		int err;

		if (r->c->loop.caught)
			return CLI_SIGNAL + r->c->loop.caught;
		if (submit(r) || drain(r, &full))
			return CLI_FAILED;
		progress_update(&r->c->progress, r->written, aoe_now());
		if (can_drain(r) && !full)
			limit = 0;
		err = loop_turn(
		    &r->c->loop, r->out.fd, full ? EV_WRITE : 0, limit);
		if (err)
			return cli_error(r->c, NULL,
			    "the client cannot go on: %s", strerror(-err));
	}
	return CLI_OK;
}

/* Closes the output and tells what it holds when the copy did not end well. */
static int finish(struct reader *r, int code)
{
	int err = output_close(&r->out);
	nsec_t now = aoe_now();

	if (err && !code)
		code = cli_error(
		    r->c, NULL, "%s: %s", r->out.name, strerror(-err));
	progress_end(&r->c->progress, r->written, !code, now);
	cli_show_tally(r->c, r->dev, r->written, now);
	if (code)
		cli_error(r->c, r->name,
		    "%s: %s has the first %" PRIu64 " of %" PRIu64 " bytes",
		    code > CLI_SIGNAL ? "interrupted" : "incomplete",
		    r->out.name, r->written, r->end - r->offset);
	return code;
}

static int check_range(struct reader *r, const struct read_options *o)
{
	struct engine_device_info info;
	uint64_t size;

	engine_device_info(r->dev, &info);
	size = info.sectors * WIRE_SECTOR;
	if (o->offset > size ||
	    (o->length != UINT64_MAX && o->length > size - o->offset))
		return cli_error(r->c, r->name,
		    "the range ends beyond the disk, which has %" PRIu64
		    " bytes",
		    size);
	r->offset = r->next = o->offset;
	r->end = o->length == UINT64_MAX ? size : o->offset + o->length;
	return CLI_OK;
}

static int read_disk(struct reader *r, const struct read_options *o)
{
	char why[OUTPUT_WHY];

	if (cli_start(r->c, &o->addr, 1) ||
	    cli_open(r->c, o->addr, false, &r->dev) || check_range(r, o))
		return CLI_FAILED;
	if (output_open(&r->out, o->path, o->force, o->sparse, why))
		return cli_error(r->c, NULL, "%s", why);
	loop_catch(&r->c->loop);
	tally_start(&r->c->tally, aoe_now());
	progress_start(&r->c->progress, r->name, r->end - r->offset,
	    isatty(STDERR_FILENO), aoe_now());
	return finish(r, copy(r));
}

static struct reader *reader_new(struct cli *c, struct aoe_addr addr)
{
	struct reader *r = calloc(1, sizeof(*r));
	uint8_t *mem = calloc(SLOTS, CHUNK);
	unsigned i;

	if (!r || !mem)
		exit(cli_error(c, NULL, "out of memory"));
	for (i = 0; i < SLOTS; i++) {
		r->slot[i].mem = mem + i * CHUNK;
		r->slot[i].r = r;
	}
	r->c = c;
	addr_format(addr, r->name);
	return r;
}

static void parse(struct cli *c, int argc, char **argv, struct read_options *o)
{
	static const struct option longs[] = {
	    CLI_LONG,
	    {"offset", required_argument, NULL, 'o'},
	    {"length", required_argument, NULL, 'l'},
	    {"sparse", no_argument, NULL, 's'},
	    {"no-sparse", no_argument, NULL, 'n'},
	    {"force", no_argument, NULL, 'f'},
	    {0},
	};
	int opt;

	while (
	    (opt = cli_option(c, argc, argv, CLI_SHORT "o:l:f", longs)) != -1) {
		if (opt == 'o')
			o->offset = cli_size(c, "--offset", optarg);
		else if (opt == 'l')
			o->length = cli_size(c, "--length", optarg);
		else if (opt == 'f')
			o->force = true;
		else
			o->sparse = opt == 's' ? OUTPUT_SPARSE : OUTPUT_DENSE;
	}
	if (argc - optind < 1 || argc - optind > 2)
		cli_usage(c, "read: give an address and at most one file");
	o->addr = cli_address(c, argv[optind]);
	o->path = argv[optind + 1];
}

static int run(struct cli *c, int argc, char **argv)
{
	struct read_options o = {.length = UINT64_MAX};
	struct reader *r;
	int code;

	parse(c, argc, argv, &o);
	r = reader_new(c, o.addr);
	code = read_disk(r, &o);
	cli_stop(c);
	free(r->slot[0].mem);
	free(r);
	return code;
}

const struct command cmd_read = {
    .name = "read",
    .args = "[options] ADDRESS [FILE|-]",
    .summary = "Copy a disk to a file or to standard output.",
    .help = "  -o, --offset BYTES     where on the disk to begin, default 0\n"
	    "  -l, --length BYTES     how much, default up to the end\n"
	    "      --sparse           insist on holes for zero blocks\n"
	    "      --no-sparse        write zero blocks too\n"
	    "  -f, --force            overwrite a file or a block device\n"
	    "BYTES may end in K, M, G, T (powers of 1024), s (sectors).\n",
    .run = run,
};
