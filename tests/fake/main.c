/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fake-target: an AoE target that does exactly what it is told, faults
 * included, and reports every request that breaks the rules. See usage().
 */
#include "tests/fake/target.h"
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { WATCH_SIGNAL = TARGET_PORTS, WATCH_TIMER };

static void usage(FILE *to)
{
	fputs(
	    "usage: fake-target -i IFACE... -s SHELF.SLOT=FILE... [options]\n"
	    "  -i, --interface IFACE     listen there; may be repeated\n"
	    "  -s, --slot SHELF.SLOT=FILE   export a file; may be repeated\n"
	    "  -s SHELF.SLOT=memory:BYTES   export memory: each 8 bytes hold\n"
	    "                            their own offset, big-endian\n"
	    "  --drop PCT   --dup PCT    lose frames each way, answer twice\n"
	    "  --seed N                  of the chances (default 1)\n"
	    "  --delay-us N              from request to answer; more than\n"
	    "                            --buffers at once are then lost\n"
	    "  --error-on LBA:KIND[:N]   E1-E6 UNC IDNF ABRT ICRC SHORT\n"
	    "                            SILENT; N times, else for ever\n"
	    "  --buffers N (16)  --sectors N  --firmware N   as advertised\n"
	    "  --serial S  --model M  --lba28  --readonly  --no-flush\n"
	    "  --answer-version0         version 0 in config answers\n"
	    "  --announce                broadcast a config answer at start\n"
	    "SIGUSR1 prints the counters as JSON, SIGTERM ends and prints.\n",
	    to);
}

enum {
	OPT_DROP = 256,
	OPT_DUP,
	OPT_SEED,
	OPT_DELAY,
	OPT_ERROR,
	OPT_BUFFERS,
	OPT_SECTORS,
	OPT_FIRMWARE,
	OPT_SERIAL,
	OPT_MODEL,
	OPT_LBA28,
	OPT_READONLY,
	OPT_NO_FLUSH,
	OPT_VERSION0,
	OPT_ANNOUNCE,
};

static const struct option options[] = {
    {"interface", required_argument, NULL, 'i'},
    {"slot", required_argument, NULL, 's'},
    {"drop", required_argument, NULL, OPT_DROP},
    {"dup", required_argument, NULL, OPT_DUP},
    {"seed", required_argument, NULL, OPT_SEED},
    {"delay-us", required_argument, NULL, OPT_DELAY},
    {"error-on", required_argument, NULL, OPT_ERROR},
    {"buffers", required_argument, NULL, OPT_BUFFERS},
    {"sectors", required_argument, NULL, OPT_SECTORS},
    {"firmware", required_argument, NULL, OPT_FIRMWARE},
    {"serial", required_argument, NULL, OPT_SERIAL},
    {"model", required_argument, NULL, OPT_MODEL},
    {"lba28", no_argument, NULL, OPT_LBA28},
    {"readonly", no_argument, NULL, OPT_READONLY},
    {"no-flush", no_argument, NULL, OPT_NO_FLUSH},
    {"answer-version0", no_argument, NULL, OPT_VERSION0},
    {"announce", no_argument, NULL, OPT_ANNOUNCE},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* The command line before anything is opened: order does not matter. */
struct setup {
	const char *interface[TARGET_PORTS], *slot[TARGET_SLOTS];
	unsigned interfaces, slots;
	bool announce, bad;
};

static double number(struct setup *setup, const char *text, double max)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end || !(v >= 0 && v <= max)) {
		fprintf(stderr, "fake-target: %s is not a number up to %g\n",
		    text, max);
		setup->bad = true;
		return 0;
	}
	return v;
}

static void take_flag(struct target *t, struct setup *setup, int c)
{
	switch (c) {
	case OPT_LBA28:
		t->options.lba28 = true;
		break;
	case OPT_READONLY:
		t->options.readonly = true;
		break;
	case OPT_NO_FLUSH:
		t->options.no_flush = true;
		break;
	case OPT_VERSION0:
		t->options.version0 = true;
		break;
	case OPT_ANNOUNCE:
		setup->announce = true;
		break;
	default:
		setup->bad = true;
		break;
	}
}

static void take_option(
    struct target *t, struct setup *setup, int c, const char *arg)
{
	switch (c) {
	case 'i':
		if (setup->interfaces < TARGET_PORTS)
			setup->interface[setup->interfaces++] = arg;
		break;
	case 's':
		if (setup->slots < TARGET_SLOTS)
			setup->slot[setup->slots++] = arg;
		break;
	case OPT_DROP:
		t->fault.drop = number(setup, arg, 100) / 100;
		break;
	case OPT_DUP:
		t->fault.dup = number(setup, arg, 100) / 100;
		break;
	case OPT_SEED:
		t->fault.random = (uint64_t)number(setup, arg, 1e15) + 1;
		break;
	case OPT_DELAY:
		t->delay = (uint64_t)(number(setup, arg, 1e9) * 1000);
		break;
	case OPT_ERROR:
		setup->bad |= fault_add(&t->fault, arg) != 0;
		break;
	case OPT_BUFFERS:
		t->options.buffers = (unsigned)number(setup, arg, 65535);
		break;
	case OPT_SECTORS:
		t->options.sectors = (unsigned)number(setup, arg, 255);
		break;
	case OPT_FIRMWARE:
		t->options.firmware = (unsigned)number(setup, arg, 65535);
		break;
	case OPT_SERIAL:
		t->options.serial = arg;
		break;
	case OPT_MODEL:
		t->options.model = arg;
		break;
	default:
		take_flag(t, setup, c);
		break;
	}
}

static int open_all(struct target *t, const struct setup *setup)
{
	for (; t->slots < setup->slots; t->slots++) {
		struct slot *s = &t->slot[t->slots];

		s->options = &t->options;
		s->count = &t->count;
		s->fault = &t->fault;
		if (slot_open(s, setup->slot[t->slots]))
			return -1;
	}
	for (; t->ports < setup->interfaces; t->ports++) {
		if (port_open(&t->port[t->ports], setup->interface[t->ports]))
			return -1;
	}
	return 0;
}

static uint64_t clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void watch(int poll, int fd, uint32_t what)
{
	struct epoll_event e = {.events = EPOLLIN, .data.u32 = what};

	if (fd < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e)) {
		perror("fake-target: epoll");
		exit(1);
	}
}

static void arm(int timer, uint64_t due)
{
	struct itimerspec at = {
	    .it_value.tv_sec = (time_t)(due / 1000000000),
	    .it_value.tv_nsec = (long)(due % 1000000000),
	};

	timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

/* True when the signal asks to end. */
static bool take_signal(struct target *t, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return false;
	count_print(&t->count);
	return info.ssi_signo != SIGUSR1;
}

static void loop(struct target *t, int signals)
{
	int poll = epoll_create1(EPOLL_CLOEXEC);
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct epoll_event event[TARGET_PORTS + 2];
	uint64_t due, armed = 0;
	bool ended = false;
	int n;

	for (unsigned i = 0; i < t->ports; i++)
		watch(poll, t->port[i].fd, i);
	watch(poll, signals, WATCH_SIGNAL);
	watch(poll, timer, WATCH_TIMER);
	while (!ended) {
		n = epoll_wait(poll, event, TARGET_PORTS + 2, -1);
		for (int i = 0; i < n; i++) {
			if (event[i].data.u32 == WATCH_SIGNAL)
				ended = take_signal(t, signals);
			else if (event[i].data.u32 != WATCH_TIMER)
				target_serve(t, event[i].data.u32, clock_now());
		}
		due = target_release(t, clock_now());
		if (due != armed) /* this also makes a due timer silent */
			arm(timer, due);
		armed = due;
	}
	close(timer);
	close(poll);
}

static void say_ready(const struct target *t)
{
	printf("ready:");
	for (unsigned i = 0; i < t->slots; i++)
		printf(" e%u.%u", t->slot[i].shelf, t->slot[i].slot);
	printf(" on");
	for (unsigned i = 0; i < t->ports; i++)
		printf(" %s", t->port[i].name);
	printf("\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct setup setup = {0};
	struct target *t = calloc(1, sizeof(*t));
	int c, signals;
	sigset_t set;

	if (!t || target_init(t))
		return 1;
	t->options.buffers = 16;
	t->options.firmware = 1;
	t->fault.random = 2;
	while ((c = getopt_long(argc, argv, "i:s:h", options, NULL)) != -1) {
		if (c == 'h') {
			usage(stdout);
			return 0;
		}
		take_option(t, &setup, c, optarg);
	}
	if (setup.bad || optind < argc || !setup.interfaces || !setup.slots) {
		usage(stderr);
		return 2;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (open_all(t, &setup))
		return 1;
	if (setup.announce)
		target_announce(t);
	say_ready(t);
	loop(t, signals);
	close(signals);
	target_free(t);
	free(t);
	return 0;
}
