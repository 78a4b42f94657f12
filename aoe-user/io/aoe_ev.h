/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The client in a libev loop: the only file of this folder that knows libev.
 */
#ifndef IO_AOE_EV_H
#define IO_AOE_EV_H

#include <ev.h>
#include "aoe-user/io/aoe.h"

struct aoe_ev {
	struct aoe *aoe;
	ev_io io;
	ev_prepare prepare; /* sends what this turn's submits made ready */
	/* Called once when dispatching can no longer go on; may be NULL. */
	void (*failed)(struct aoe_ev *w, int error);
};

/* The client must outlive the watchers. `failed` may be NULL. */
void aoe_ev_start(struct aoe_ev *w, struct ev_loop *loop, struct aoe *aoe,
    void (*failed)(struct aoe_ev *w, int error));
/* Safe to call twice. */
void aoe_ev_stop(struct aoe_ev *w, struct ev_loop *loop);

#endif
