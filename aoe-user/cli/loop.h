/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loop of a command: the client, the signals that end it, and for copies
 * one descriptor that may be full or empty.
 */
#ifndef CLI_LOOP_H
#define CLI_LOOP_H

#include "aoe-user/io/aoe_ev.h"

#define LOOP_SIGNALS 3

struct loop {
	struct ev_loop *ev;
	struct aoe_ev client;
	ev_signal signals[LOOP_SIGNALS];
	ev_io stream;
	ev_timer limit;
	int caught; /* the last signal that came; 0 = none. Set 0 to go on */
	int error;  /* why the client can no longer go on */
	struct aoe_request flush; /* here, for it may outlive loop_flush() */
	bool flushed;
	int flush_error;
};

/* 0 or -errno. The client must outlive the loop's watchers. */
int loop_init(struct loop *l, struct aoe *aoe);
/* Safe to call twice, and when there was no loop_init(). */
void loop_fini(struct loop *l);
/* From here on SIGINT, SIGTERM and SIGHUP only set `caught`. */
void loop_catch(struct loop *l);
/*
 * Sends, waits at most `limit` for something to happen, dispatches. What `fd`
 * gets ready for ends the wait too: EV_READ or EV_WRITE, or 0 for none. 0, or
 * -errno when the client is dead.
 */
int loop_turn(struct loop *l, int fd, int events, nsec_t limit);
/*
 * Turns until `ready` says so. 0, -ETIMEDOUT after `limit`, -EINTR when a
 * signal has been caught, or -errno.
 */
int loop_until(
    struct loop *l, bool (*ready)(void *ctx), void *ctx, nsec_t limit);
/*
 * Makes what was written durable. As loop_until(), or the flush's -errno. Once
 * it came back early, the loop must stay until the client is freed.
 */
int loop_flush(struct loop *l, struct device *dev);

#endif
