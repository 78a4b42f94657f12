/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Unix socket that NBD clients connect to, and the connections it took.
 */
#ifndef NBD_SERVER_H
#define NBD_SERVER_H

#include <ev.h>
#include <stdbool.h>
#include <sys/types.h>
#include "common/list.h"
#include "nbd-bridge/nbd_conn.h"

#define NBD_SERVER_CONNECTIONS 128u /* default limit */
/*
 * Connections that one device may have, so that clients stuck on a dead disk
 * leave room for those of others.
 */
#define NBD_SERVER_PER_DEVICE 16u
#define NBD_SERVER_WHY 256u

struct nbd_server_config {
	struct ev_loop *loop;
	const struct nbd_export *exports;
	const struct log *log;
	const char *path; /* NULL: the socket that LISTEN_FDS hands over */
	unsigned max_connections; /* 0 = NBD_SERVER_CONNECTIONS */
	/* After nbd_server_stop(): the last connection is gone. */
	void (*idle)(void *ctx);
	void *ctx;
};

struct nbd_server {
	struct nbd_server_config config;
	int fd; /* listening, -1 when stopped */
	bool bound;
	dev_t bound_dev; /* the socket file that we made */
	ino_t bound_ino;
	ev_io accept;
	ev_timer retry; /* accept again after EMFILE and the like */
	struct list conns;
	unsigned count;
	bool stopping;
};

/* True when a service manager handed us one socket (LISTEN_PID is ours). */
bool nbd_server_activated(void);
/* 0, or -errno with one line in why[NBD_SERVER_WHY]. */
int nbd_server_new(
    struct nbd_server **out, const struct nbd_server_config *config, char *why);
/* The client has room for requests again. */
void nbd_server_room(struct nbd_server *s);
/* No new clients; connections finish what is in flight. `idle` follows. */
void nbd_server_stop(struct nbd_server *s);
/* Cancels what is still in flight. `idle` follows. */
void nbd_server_abort(struct nbd_server *s);
/* After aoe_free(). Removes the socket file if it is still ours. */
void nbd_server_free(struct nbd_server *s);

#endif
