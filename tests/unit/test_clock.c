/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The clock in a time namespace in which the machine has slept: there the time
 * since the boot is ahead of the time that it was awake.
 */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>
#include "aoe-user/io/clock.h"

#define SLEPT 1000 /* seconds */

enum { FINE = 40, NOT_COUNTED, TOO_EARLY, TOO_LATE };

static nsec_t awake(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (nsec_t)ts.tv_sec * NSEC_SEC + (nsec_t)ts.tv_nsec;
}

static int readable(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, ms);
}

static int look(void)
{
	struct clock_timer t;
	nsec_t before = awake();

	if (nsec_since(before, clock_now()) < SLEPT * NSEC_SEC)
		return NOT_COUNTED;
	if (clock_timer_init(&t))
		return NOT_COUNTED;
	clock_timer_set(&t, nsec_add(clock_now(), SLEPT / 2 * NSEC_SEC));
	if (readable(t.fd, 0))
		return TOO_EARLY;
	clock_timer_set(&t, nsec_add(clock_now(), 10 * NSEC_MS));
	if (readable(t.fd, 5000) != 1)
		return TOO_LATE;
	clock_timer_fini(&t);
	return FINE;
}

/* The children of this process will live in such a namespace. */
static bool sleep_long(void)
{
	char text[32];
	int fd, len;
	bool done;

	if (unshare(CLONE_NEWTIME))
		return false;
	fd = open("/proc/self/timens_offsets", O_WRONLY);
	len = snprintf(text, sizeof(text), "boottime %d 0\n", SLEPT);
	done = fd >= 0 && write(fd, text, (size_t)len) == len;
	if (fd >= 0)
		close(fd);
	return done;
}

static void time_asleep_counts(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (!sleep_long()) {
		print_message("cannot make a time namespace\n");
		skip();
	}
	pid = fork();
	if (!pid)
		_exit(look());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), FINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(time_asleep_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
