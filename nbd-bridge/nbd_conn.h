/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One NBD socket in a libev loop: moves bytes between it and its session, and
 * requests between the session and the device. Serves a client that was
 * accepted, or the kernel at the other end of a socketpair.
 *
 * Many requests are read with one receive and many replies leave with one
 * send, once per turn of the loop. When the client vanishes, its requests are
 * cancelled, and their buffers live until the device has given them back.
 */
#ifndef NBD_CONN_H
#define NBD_CONN_H

#include <ev.h>
#include <stdbool.h>
#include "aoe-user/io/aoe.h"
#include "common/list.h"
#include "nbd-bridge/nbd_arena.h"
#include "nbd-bridge/nbd_export.h"
#include "nbd-bridge/nbd_session.h"

#define NBD_CONN_ARENA                                                         \
	(32u << 20) /* bytes: one request of the largest size                  \
		     */

struct nbd_conn;

struct nbd_conn_config {
	struct ev_loop *loop;
	struct aoe *aoe;
	/* A client that does the handshake and chooses among these ... */
	const struct nbd_export *exports;
	/* ... or, with exports NULL, the kernel and this device, open. */
	struct device *dev;
	struct nbd_export_info info;
	size_t arena_size; /* bytes for requests in flight, 0 = the default */
	int arena_fd; /* memfd of arena_size bytes, ours now; -1 = make one */
	/*
	 * May this device be used by one more connection? NULL = yes. Called
	 * at the end of a handshake.
	 */
	bool (*admit)(struct nbd_conn *c, const struct device *dev);
	/*
	 * The socket is closed and no request is left; `why` is NULL after an
	 * orderly end. Called from the loop; free the connection here or later.
	 */
	void (*closed)(struct nbd_conn *c, const char *why);
	void *ctx;
};

struct nbd_conn {
	struct nbd_conn_config config;
	struct list link; /* the owner's */
	struct nbd_session *session;
	struct nbd_arena arena;
	struct device *dev;          /* NULL before the handshake chose one */
	bool opened;                 /* we opened dev and close it */
	struct nbd_request *waiting; /* the device had no room for it */
	int fd;                      /* -1 once closed */
	bool broken;                 /* the socket failed */
	const char *why;
	ev_io rx, tx;
	ev_timer watch; /* handshake deadline, and clients that hang up */
	ev_prepare turn;
};

/* Takes over the socket (non-blocking from now on) when it returns 0. */
int nbd_conn_new(
    struct nbd_conn **out, int fd, const struct nbd_conn_config *config);
/* To be called when the client says on_room. */
void nbd_conn_room(struct nbd_conn *c);
/* The device has another size now. */
void nbd_conn_resize(struct nbd_conn *c, uint64_t size);
/* Finishes what is in flight, takes nothing new, then `closed`. */
void nbd_conn_stop(struct nbd_conn *c);
/* Cancels what is in flight; `closed` follows when it was given back. */
void nbd_conn_abort(struct nbd_conn *c);
/* Requests that the device works on. */
unsigned nbd_conn_inflight(const struct nbd_conn *c);
/*
 * Ends at once, without `closed`. No request may be in flight: after `closed`,
 * or after aoe_free() has given all of them back.
 */
void nbd_conn_free(struct nbd_conn *c);

#endif
