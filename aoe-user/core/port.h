/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ports: the local interfaces, and behind each the remote MACs ("peers") with
 * the window that all slots at such a MAC share.
 */
#ifndef CORE_PORT_H
#define CORE_PORT_H

#include "aoe-user/core/engine.h"
#include "aoe-user/core/tree.h"
#include "aoe-user/core/window.h"

#define PORT_EXPECT_MAX 64u /* directed queries waiting to leave, per port */

struct port {
	struct tree_node node; /* engine's ports */
	struct list work_link; /* engine's, while it has something to ask */
	unsigned id;
	struct mac mac;
	unsigned mtu;
	bool up;
	bool blocked;   /* gave AGAIN, and is not writable yet */
	bool query_due; /* the broadcast query */
	struct aoe_addr expect[PORT_EXPECT_MAX];
	unsigned expects;    /* directed queries due */
	nsec_t asked_at;     /* the first query since it came up, or NEVER */
	struct list control; /* paths with config or IDENTIFY to send */
	struct engine_frame query; /* one query may be on offer */
	uint8_t query_header[WIRE_MIN_FRAME];
	bool query_offered;
	struct aoe_addr query_addr; /* what it asks for */
	struct list paths;          /* through it */
	struct list parked;         /* of them, those that wait for it */
	struct tree peers;          /* by MAC */
};

/* A remote MAC seen through a port. */
struct peer {
	struct tree_node node; /* port's peers */
	struct port *port;
	struct mac mac;
	struct window window;
	unsigned users;         /* paths */
	unsigned caps;          /* sum of their caps */
	struct list parked;     /* paths that wait for room in the window */
	struct list roomy_link; /* engine's, when some may be there */
};

/* For the engine to begin with. */
void port_table_init(struct engine *e);
struct port *port_find(const struct engine *e, unsigned id);
/* The one behind it in order of numbers; the first one after NULL. */
struct port *port_next(const struct engine *e, const struct port *p);
/* NULL without memory. */
struct port *port_new(struct engine *e, unsigned id);
/* It has a query or control frames to send. */
void port_work(struct engine *e, struct port *p);
void port_free(struct engine *e, struct port *p);

/* The peer of a MAC behind a port, made when missing; NULL without memory. */
struct peer *peer_get(struct engine *e, struct port *p, struct mac mac);
void peer_release(struct engine *e, struct peer *peer);

#endif
