/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where time comes from: the only reader of the system's clocks, and a timer
 * that an epoll set can wait for. libev's own timers are too coarse (1 ms).
 */
#ifndef IO_CLOCK_H
#define IO_CLOCK_H

#include <stdbool.h>
#include <time.h>
#include "common/nsec.h"

/*
 * CLOCK_BOOTTIME, which the engine lives by: a machine that has slept must not
 * take what is there afterwards for what was there before (rule 5).
 */
nsec_t clock_now(void);
/* CLOCK_REALTIME, for time stamps that people read. */
struct timespec clock_wall(void);

struct clock_timer {
	int fd;       /* readable when the time has come */
	nsec_t armed; /* when that is, or NSEC_NEVER */
	bool fired;   /* set by the owner when fd was readable */
};

/* 0 or -errno. */
int clock_timer_init(struct clock_timer *t);
void clock_timer_fini(struct clock_timer *t);
/*
 * Makes fd readable at `at` or earlier: a timer that is already set for an
 * earlier time is left to fire for nothing, since deadlines that move away with
 * every answer would otherwise cost a system call each.
 */
void clock_timer_set(struct clock_timer *t, nsec_t at);

#endif
