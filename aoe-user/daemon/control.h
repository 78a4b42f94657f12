/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers those who connect to a daemon's control socket: a line is asked, a
 * line is answered, both JSON (control_line.h). It never waits: a line has a
 * greatest length, the number of clients is limited, and one that is slow is
 * dropped.
 */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include <ev.h>
#include "aoe-user/io/aoe.h"
#include "common/json.h"

#define CONTROL_CLIENTS 8
#define CONTROL_TIME (10 * NSEC_SEC) /* to ask, and to take the answer */

struct control;

struct control_config {
	int fd; /* listening; -1: nobody can ask, and that is fine */
	const char *program;
	int pid; /* the process that users know */
	/* Adds what the program knows to the answer to "stats"; or NULL. */
	void (*describe)(void *ctx, struct json *j);
	void *ctx;
};

/*
 * Answers there for `a`, which must outlive it, as must the socket. 0 and the
 * control, NULL when nobody can ask; or -errno.
 */
int control_new(
    struct control **out, struct aoe *a, const struct control_config *config);
/* NULL is fine. Whoever is connected is dropped. */
void control_free(struct control *c);
/* Does its work in this loop, which must outlive it. NULL is fine. */
void control_watch(struct control *c, struct ev_loop *loop);

/* Readable when control_dispatch() has something to do; for other loops. */
int control_fd(const struct control *c);
void control_dispatch(struct control *c);
/* Drops whoever has had his time at `now`; control_dispatch() calls it. */
void control_tick(struct control *c, nsec_t now);
/* When that is due, or NSEC_NEVER. */
nsec_t control_deadline(const struct control *c);

#endif
