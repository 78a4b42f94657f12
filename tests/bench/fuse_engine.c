/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuse_engine INTERFACE ADDRESS BYTES DEPTH SECONDS: how many reads of that
 * length the client does with that many under way, in the loop that all
 * programs use. Prints reads a second, and nanoseconds of CPU time for each.
 */
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include "aoe-user/daemon/setup.h"
#include "aoe-user/io/aoe_ev.h"
#include "tests/bench/bench.h"

struct bench;

struct slot {
	struct aoe_request rq;
	struct bench *b;
};

struct bench {
	struct aoe *aoe;
	struct device *dev;
	struct ev_loop *loop;
	uint64_t places, next; /* where to read, in lengths */
	uint64_t done;
	nsec_t end;
};

static void fail(const char *why)
{
	fprintf(stderr, "fuse_engine: %s\n", why);
	exit(1);
}

static void start(struct slot *s)
{
	struct bench *b = s->b;

	s->rq.offset = bench_place(&b->next, b->places, s->rq.length);
	if (aoe_submit(b->aoe, b->dev, &s->rq))
		fail("cannot submit");
}

static void on_done(struct aoe_request *rq, int error)
{
	struct slot *s = container_of(rq, struct slot, rq);

	if (error)
		fail("a read failed");
	s->b->done++;
	if (aoe_now() < s->b->end)
		start(s);
	else
		ev_break(s->b->loop, EVBREAK_ALL);
}

static void run(struct bench *b, size_t length, unsigned depth, double seconds)
{
	struct slot *slots = calloc(depth, sizeof(*slots));
	struct engine_device_info info;
	struct aoe_ev ev;
	double used = bench_cpu();

	engine_device_info(b->dev, &info);
	b->places = info.sectors * WIRE_SECTOR / length;
	b->end = aoe_now() + (nsec_t)(seconds * 1e9);
	aoe_ev_start(&ev, b->loop, b->aoe, NULL);
	for (unsigned i = 0; slots && i < depth; i++) {
		slots[i].b = b;
		slots[i].rq = (struct aoe_request){
		    .op = AOE_READ,
		    .length = length,
		    .buf = malloc(length),
		    .done = on_done,
		};
		start(&slots[i]);
	}
	ev_run(b->loop, 0);
	printf("%.0f %.0f\n", (double)b->done / seconds,
	    (bench_cpu() - used) / (double)b->done);
}

int main(int argc, char **argv)
{
	const char *const names[] = {argc > 1 ? argv[1] : ""};
	struct aoe_options o = {
	    .size = sizeof(o), .interfaces = names, .interface_count = 1};
	struct bench b = {.loop = ev_loop_new(EVFLAG_NOENV)};
	struct aoe_addr addr;
	char why[AOE_WHY];

	if (argc != 6 || addr_parse(argv[2], &addr, why))
		fail("INTERFACE ADDRESS BYTES DEPTH SECONDS");
	if (aoe_new(&b.aoe, &o, why) ||
	    setup_wait_device(b.aoe, addr, 5 * NSEC_SEC, &b.dev, why))
		fail(why);
	if (aoe_open(b.aoe, b.dev, false))
		fail("cannot open it");
	run(&b, strtoul(argv[3], NULL, 0), (unsigned)atoi(argv[4]),
	    atof(argv[5]));
	return 0;
}
