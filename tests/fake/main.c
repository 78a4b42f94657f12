/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fake-target: an AoE target that does exactly what it is told, faults
 * included, and reports every request that breaks the rules. See setup.c.
 */
#include "tests/fake/setup.h"
#include <errno.h>
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
		if (port_open(&t->port[t->ports], setup->interface[t->ports],
			t->options.fast))
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
	if (info.ssi_signo == SIGUSR2) {
		target_signal(t, clock_now());
		return false;
	}
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
	int signals, rc;
	sigset_t set;

	if (!t || target_init(t))
		return 1;
	rc = setup_read(&setup, t, argc, argv);
	if (rc >= 0)
		return rc;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
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
