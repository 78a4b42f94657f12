/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/io/clock.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

nsec_t clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (nsec_t)ts.tv_sec * NSEC_SEC + (nsec_t)ts.tv_nsec;
}

struct timespec clock_wall(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts;
}

int clock_timer_init(struct clock_timer *t)
{
	*t = (struct clock_timer){.armed = NSEC_NEVER};
	t->fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	return t->fd < 0 ? -errno : 0;
}

void clock_timer_fini(struct clock_timer *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

void clock_timer_set(struct clock_timer *t, nsec_t at)
{
	struct itimerspec its = {.it_value.tv_nsec = 0};

	if (!t->fired && t->armed <= at)
		return;
	if (at != NSEC_NEVER) {
		/* All zero would mean "never", and the past is soon enough. */
		nsec_t when = at ? at : 1;

		its.it_value.tv_sec = (time_t)(when / NSEC_SEC);
		its.it_value.tv_nsec = (long)(when % NSEC_SEC);
	}
	/* Setting it also takes back a readiness that nobody read. */
	timerfd_settime(t->fd, TFD_TIMER_ABSTIME, &its, NULL);
	t->armed = at;
	t->fired = false;
}
