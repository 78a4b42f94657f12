/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A network namespace for one test: a pair of joined interfaces, eth0 for us
 * and tgt0 for a target. Only root can make one; without, the test is skipped.
 */
#ifndef UNIT_NET_H
#define UNIT_NET_H

#include <net/if.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/unit/unit.h"

/* Runs a shell command in the namespace; it has to succeed. */
FORMAT_PRINTF(1, 2) static inline void net_run(const char *fmt, ...)
{
	char command[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	if (system(command))
		fail_msg("failed: %s", command);
}

static inline void net_pair(void)
{
	net_run("ip link add eth0 type veth peer name tgt0");
	net_run("ip link set tgt0 up && ip link set eth0 up");
}

/* A cmocka set-up function; net_need() then says whether it worked. */
static inline int net_setup(void **state)
{
	*state = unshare(CLONE_NEWNET) ? NULL : (void *)state;
	if (*state)
		net_pair();
	return 0;
}

static inline void net_need(void **state)
{
	if (*state)
		return;
	print_message("cannot make a network namespace: not root\n");
	skip();
}

#endif
