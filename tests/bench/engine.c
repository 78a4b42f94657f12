/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * engine: what the engine alone costs, in CPU time for each request, and how
 * that grows with what is outstanding, with ports, MACs and devices. The
 * network is memory and the clock is virtual (loop.h), so that nothing but the
 * engine's own work grows. Prints tables, then a line for every bar; the exit
 * status is 1 when one is missed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "tests/bench/loop.h"

#define ROUNDS 3      /* of which the median counts */
#define WARM 0.03     /* seconds of CPU time before measuring, at most */
#define BUDGET 0.06   /* ... and while measuring */
#define DEPTH 256u    /* outstanding, where that is not what changes */
#define HOT 8u        /* places of a hot set */
#define MANY 10000u   /* devices to be found */
#define IDLE 1000u    /* open devices that do nothing */
#define FALLING 4096u /* frames out at a port that falls */
#define FALL_WARM 0.3 /* seconds of CPU time until the windows are open */
#define IDLE_TIME (10 * NSEC_SEC)

#define BAR_DEPTH 1.5
#define BAR_PATHS 2.0
#define BAR_FOUND 0.1

enum kind { RANDOM_READ, RANDOM_WRITE, HOT_READ, HOT_WRITE, KINDS };
static const char *const kind_names[KINDS] = {
    "random read", "random write", "hot read", "hot write"};

#define STEPS 4
static const unsigned depths[STEPS] = {16, 256, 1024, 4096};
static const unsigned widths[STEPS] = {1, 16, 64, 255};

struct load;

struct place {
	struct aoe_request rq;
	struct load *load;
};

/* Requests that follow each other to one device. */
struct load {
	struct loop loop;
	struct device *dev;
	enum kind kind;
	struct place *places;
	unsigned depth;
	bool last; /* no more of them */
	uint64_t done, random;
	uint8_t buf[LOOP_LENGTH]; /* one for all: what is in it is not used */
};

/* All figures of all rounds: CPU nanoseconds for each request, or as named. */
struct figures {
	double depth[STEPS][KINDS][ROUNDS];
	double ports[STEPS][KINDS][ROUNDS];
	double macs[STEPS][KINDS][ROUNDS];
	double found[ROUNDS]; /* seconds */
	double fall[ROUNDS];  /* nanoseconds a frame */
	double alone[ROUNDS], beside[ROUNDS];
	double idle[ROUNDS]; /* milliseconds a second */
	double frames;       /* a second, idle */
};

static void fail(const char *why)
{
	fprintf(stderr, "engine: %s\n", why);
	exit(1);
}

/* Seconds of this process; it makes no system calls that count. */
static double cpu(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* ---- a load ---- */

static void submit(struct place *p)
{
	struct load *l = p->load;
	uint64_t n;

	l->random = l->random * 6364136223846793005u + 1442695040888963407u;
	n = l->random >> 33;
	n %=
	    l->kind < HOT_READ ? LOOP_SECTORS * WIRE_SECTOR / LOOP_LENGTH : HOT;
	p->rq.offset = n * LOOP_LENGTH;
	if (engine_submit(l->loop.e, l->dev, &p->rq, l->loop.now))
		fail("cannot submit");
}

static void on_done(struct aoe_request *rq, int error)
{
	struct place *p = container_of(rq, struct place, rq);

	if (error)
		fail("a request failed");
	p->load->done++;
	if (!p->load->last)
		submit(p);
}

static unsigned paths_up(const struct device *dev)
{
	struct engine_device_info info;

	engine_device_info(dev, &info);
	return info.paths_up;
}

/* Opens it once no other disk can show up at its address. */
static struct device *open_device(struct loop *l, struct aoe_addr addr)
{
	struct device *dev = engine_find(l->e, addr);
	int error = dev ? engine_open(l->e, dev) : -ENODEV;

	while (error == -EAGAIN && l->now <= 60 * NSEC_SEC) {
		loop_turn(l);
		error = engine_open(l->e, dev);
	}
	if (error)
		fail("cannot open the device");
	return dev;
}

/* A network, and its first device open with all its paths. */
static void open_load(
    struct load *l, enum kind kind, const struct loop_config *config)
{
	unsigned want = config->narrow ? config->ports - 1 + config->macs
				       : config->ports * config->macs;

	*l = (struct load){.kind = kind, .random = 1};
	loop_start(&l->loop, config);
	while (l->loop.found < config->devices) {
		loop_turn(&l->loop);
		if (l->loop.now > 60 * NSEC_SEC)
			fail("not all devices were found");
	}
	l->dev = open_device(&l->loop, loop_addr(0));
	while (paths_up(l->dev) < want) {
		loop_turn(&l->loop);
		if (l->loop.now > 60 * NSEC_SEC)
			fail("not all paths came up");
	}
}

static void begin(struct load *l, unsigned depth)
{
	l->places = calloc(depth, sizeof(*l->places));
	l->depth = depth;
	if (!l->places)
		fail("no memory");
	for (unsigned i = 0; i < depth; i++) {
		l->places[i].load = l;
		l->places[i].rq = (struct aoe_request){
		    .op = l->kind % 2 ? AOE_WRITE : AOE_READ,
		    .length = LOOP_LENGTH,
		    .buf = l->buf,
		    .done = on_done,
		};
		submit(&l->places[i]);
	}
}

/* Runs until so many more are done, or so much CPU time is used. */
static void run(struct load *l, uint64_t requests, double budget)
{
	double end = cpu() + budget;
	uint64_t target = l->done + requests;

	while (l->done < target && cpu() < end)
		loop_turn(&l->loop);
}

/* Ends what is outstanding, and everything. */
static void close_load(struct load *l)
{
	engine_quiesce(l->loop.e, l->loop.now);
	for (unsigned i = 0; i < l->depth; i++)
		l->places[i].rq.done = NULL;
	loop_stop(&l->loop);
	free(l->places);
}

/* CPU nanoseconds for each request. */
static double measure(struct load *l, unsigned depth)
{
	double start;
	uint64_t before;

	begin(l, depth);
	run(l, depth, WARM);
	before = l->done;
	start = cpu();
	do
		run(l, UINT32_MAX, BUDGET);
	while (l->done == before);
	return (cpu() - start) * 1e9 / (double)(l->done - before);
}

static double cost(
    enum kind kind, unsigned depth, unsigned ports, unsigned macs)
{
	struct loop_config config = {
	    .ports = ports,
	    .macs = macs,
	    .devices = 1,
	    .requests = depth,
	};
	struct load l;
	double ns;

	open_load(&l, kind, &config);
	ns = measure(&l, depth);
	close_load(&l);
	return ns;
}

/* ---- what is no load of one device ---- */

static double find_many(void)
{
	struct loop_config config = {.ports = 1, .macs = 1, .devices = MANY};
	double start = cpu();
	struct loop l;

	loop_start(&l, &config);
	while (l.found < MANY) {
		loop_turn(&l);
		if (l.now > 60 * NSEC_SEC)
			fail("not all devices were found");
	}
	start = cpu() - start;
	loop_stop(&l);
	return start;
}

/*
 * FALLING frames are out at one port when it falls, and the port that is left
 * reaches one MAC of the target: CPU nanoseconds for each of these frames until
 * it has come there.
 */
static double fall(void)
{
	struct loop_config config = {
	    .ports = 2,
	    .macs = FALLING / LOOP_BUFFERS,
	    .narrow = true,
	    .devices = 1,
	    .copies = 2 * FALLING,
	    .requests = 2 * FALLING,
	};
	struct load l;
	unsigned out;
	double start;

	open_load(&l, RANDOM_READ, &config);
	begin(&l, FALLING + LOOP_BUFFERS);
	run(&l, 64 * FALLING, FALL_WARM);
	while (engine_reap(l.loop.e))
		; /* it may have ended between answers and what follows them */
	loop_send(&l.loop);
	l.last = true;
	out = loop_out(&l.loop, 1);
	if (out < FALLING * 9 / 10)
		fail("too few frames are out when the port falls");
	start = cpu();
	loop_port(&l.loop, 1, false);
	while (engine_pending(l.loop.e))
		loop_turn(&l.loop);
	start = cpu() - start;
	close_load(&l);
	return start * 1e9 / out;
}

/* The same load of one device, beside so many open ones. */
static void idle(struct figures *f, unsigned round)
{
	struct loop_config config = {
	    .ports = 1, .macs = 1, .devices = 1 + IDLE};
	uint64_t sent;
	struct load l;
	double start;
	nsec_t end;

	open_load(&l, RANDOM_READ, &config);
	for (unsigned i = 1; i <= IDLE; i++)
		open_device(&l.loop, loop_addr(i));
	start = cpu();
	sent = l.loop.sent;
	for (end = l.loop.now + IDLE_TIME; l.loop.now < end;)
		loop_turn(&l.loop);
	f->idle[round] = (cpu() - start) * 1e12 / (double)IDLE_TIME;
	f->frames = (double)(l.loop.sent - sent) * 1e9 / (double)IDLE_TIME;
	f->beside[round] = measure(&l, depths[0]);
	close_load(&l);
	f->alone[round] = cost(RANDOM_READ, depths[0], 1, 1);
}

static void one_round(struct figures *f, unsigned round)
{
	for (unsigned k = 0; k < KINDS; k++) {
		for (unsigned i = 0; i < STEPS; i++) {
			f->depth[i][k][round] = cost(k, depths[i], 1, 1);
			f->ports[i][k][round] = cost(k, DEPTH, widths[i], 1);
			f->macs[i][k][round] = cost(k, DEPTH, 1, widths[i]);
		}
	}
	f->found[round] = find_many();
	f->fall[round] = fall();
	idle(f, round);
}

/* ---- the report ---- */

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(const double values[ROUNDS])
{
	double sorted[ROUNDS];

	memcpy(sorted, values, sizeof(sorted));
	qsort(sorted, ROUNDS, sizeof(*sorted), ascending);
	return sorted[ROUNDS / 2];
}

static double ratio(double rows[STEPS][KINDS][ROUNDS], unsigned i, unsigned k)
{
	return median(rows[i][k]) / median(rows[0][k]);
}

/* Each figure, and behind it its ratio to the first row. */
static void print_table(const char *name, const unsigned steps[STEPS],
    double rows[STEPS][KINDS][ROUNDS])
{
	printf("%-12s", name);
	for (unsigned k = 0; k < KINDS; k++)
		printf("%17s", kind_names[k]);
	printf("\n");
	for (unsigned i = 0; i < STEPS; i++) {
		printf("%-12u", steps[i]);
		for (unsigned k = 0; k < KINDS; k++)
			printf("%9.0f %7.2f", median(rows[i][k]),
			    ratio(rows, i, k));
		printf("\n");
	}
	printf("\n");
}

static bool verdict(const char *what, const char *of, double is, double bar)
{
	bool good = is <= bar;

	printf("%-5s %-14s %-28s %8.2f, at most %.1f\n", good ? "ok" : "FAIL",
	    what, of, is, bar);
	return good;
}

static bool report(struct figures *f)
{
	bool good = true;

	printf("CPU nanoseconds for each request of %u bytes, and the ratio to "
	       "the first row;\nmedians of %u rounds\n\n",
	    LOOP_LENGTH, ROUNDS);
	print_table("outstanding", depths, f->depth);
	printf("with %u outstanding\n", DEPTH);
	print_table("ports", widths, f->ports);
	print_table("MACs", widths, f->macs);
	printf("%u devices found in %.3f s\n", MANY, median(f->found));
	printf("a port falls with %u frames out: %.0f ns for each\n", FALLING,
	    median(f->fall));
	printf("%u open idle devices: a random read %.0f ns beside them, %.0f "
	       "alone;\n%.2f ms and %.0f frames a second for nothing\n\n",
	    IDLE, median(f->beside), median(f->alone), median(f->idle),
	    f->frames);
	for (unsigned k = 0; k < KINDS; k++)
		good &= verdict(kind_names[k], "4096 outstanding to 16",
		    ratio(f->depth, STEPS - 1, k), BAR_DEPTH);
	for (unsigned k = 0; k < KINDS; k++)
		good &= verdict(kind_names[k], "255 ports to one",
		    ratio(f->ports, STEPS - 1, k), BAR_PATHS);
	for (unsigned k = 0; k < KINDS; k++)
		good &= verdict(kind_names[k], "255 MACs to one",
		    ratio(f->macs, STEPS - 1, k), BAR_PATHS);
	good &= verdict("10000 devices", "seconds until they are found",
	    median(f->found), BAR_FOUND);
	return good;
}

int main(void)
{
	static struct figures f;

	for (unsigned round = 0; round < ROUNDS; round++)
		one_round(&f, round);
	return report(&f) ? 0 : 1;
}
