/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Accepts NBD clients on a Unix socket and keeps their connections.
 */
#ifndef NBD_SERVER_H
#define NBD_SERVER_H

#include <ev.h>
#include <stdbool.h>
#include "common/list.h"
#include "common/log.h"
#include "nbd-bridge/nbd_conn.h"
#include "nbd-bridge/nbd_listen.h"

#define NBD_SERVER_CONNECTIONS 128u /* default limit */
/*
 * Connections that one device may have, so that clients stuck on a dead disk
 * leave room for those of others.
 */
#define NBD_SERVER_PER_DEVICE 16u

struct nbd_server_config {
	struct ev_loop *loop;
	const struct nbd_export *exports;
	const struct log *log;    /* may be NULL */
	const char *path;         /* NULL: the socket that was handed over */
	unsigned max_connections; /* 0 = NBD_SERVER_CONNECTIONS */
	/* After nbd_server_stop(): the last connection is gone. */
	void (*idle)(void *ctx);
	void *ctx;
};

struct nbd_server {
	struct nbd_server_config config;
	struct unixsock listen;
	ev_io accept;
	ev_timer retry; /* accept again after EMFILE and the like */
	ev_timer ended; /* tells `idle` when there was no connection */
	struct list conns;
	unsigned count;
	bool stopping;
	struct log_limit limit;
};

/* 0, or -errno with one line in why[UNIXSOCK_WHY]. */
int nbd_server_new(
    struct nbd_server **out, const struct nbd_server_config *config, char *why);
/* The client has room for requests again. */
void nbd_server_room(struct nbd_server *s);
/* No new clients; connections finish what is in flight. `idle` follows. */
void nbd_server_stop(struct nbd_server *s);
/* Ends at once. After aoe_free(): no request may be in flight. NULL is fine. */
void nbd_server_free(struct nbd_server *s);

#endif
