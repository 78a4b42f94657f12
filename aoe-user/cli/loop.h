/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loop of a copy: the client, the signals that end the program, and one
 * more descriptor. Signals arrive as data (signalfd), so nothing is global.
 */
#ifndef CLI_LOOP_H
#define CLI_LOOP_H

#include <poll.h>
#include "aoe-user/io/aoe.h"

struct loop {
	struct aoe *aoe;
	int signals; /* signalfd */
	int caught;  /* the last signal that came; 0 = none. Set 0 to go on */
	struct aoe_request flush; /* here, for it may outlive loop_flush() */
	bool flushed;
	int flush_error;
};

/* From here on SIGINT, SIGTERM and SIGHUP only set `caught`. 0 or -errno. */
int loop_init(struct loop *l, struct aoe *aoe);
void loop_fini(struct loop *l);
/*
 * Sends, waits at most `limit` for something to happen, dispatches. `extra`
 * may be NULL; its revents are filled. 0, or -errno when the client is dead.
 */
int loop_turn(struct loop *l, struct pollfd *extra, nsec_t limit);
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
