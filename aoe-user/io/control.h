/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers those who connect to a daemon's control socket: a line is asked, a
 * line is answered, both JSON (control_line.h). It works inside the client's
 * dispatch, and never waits: a line has a greatest length, the number of
 * clients is limited, and one that is slow is dropped.
 */
#ifndef IO_CONTROL_H
#define IO_CONTROL_H

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
 * From now on `a` answers there; the socket stays the caller's and must outlive
 * it. 0 or -errno. Once for each client.
 */
AOE_EXPORT int aoe_control(struct aoe *a, const struct control_config *config);

/* For the client's dispatch; NULL stands for no control. */
void control_dispatch(struct control *c);
void control_tick(struct control *c, nsec_t now);
nsec_t control_deadline(const struct control *c);
void control_free(struct control *c);

#endif
