/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One NBD client as a pure machine: no socket, no loop, no clock. Bytes go in,
 * commands for the device come out; completions go in, reply bytes come out.
 *
 *	n = nbd_session_rx_space(s, iov);	where to receive (0: do not)
 *	nbd_session_rx(s, received);
 *	while ((rq = nbd_session_next(s)))	start rq->aoe ...
 *		...  nbd_session_done(s, rq, error);	when it has ended
 *	n = nbd_session_tx(s, iov, max);	what to send, in one call
 *	nbd_session_tx_done(s, sent);
 *
 * The data of a large write is received straight into its buffer, and a write
 * whose data is not complete is never given out. Memory is fixed: a number of
 * requests and one arena; when either is used up, rx_space says 0 until a
 * reply has been sent. The handshake is in nbd_handshake.c, the transmission
 * phase in nbd_transmit.c.
 */
#ifndef NBD_SESSION_H
#define NBD_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include "aoe-user/core/request.h"
#include "common/list.h"
#include "common/nsec.h"
#include "nbd-bridge/nbd_arena.h"
#include "nbd-bridge/nbd_wire.h"

#define NBD_SESSION_REQUESTS 256u          /* unanswered at a time */
#define NBD_SESSION_LENGTH_MAX (32u << 20) /* bytes of one read or write */
#define NBD_SESSION_DRAIN_MAX (64u << 20)  /* longest write that is skipped */
#define NBD_SESSION_OPTIONS 32u
#define NBD_SESSION_OPTION_MAX (64u << 10) /* bytes of an option's data */
/* Options longer than that are skipped up to here; beyond, closed. */
#define NBD_SESSION_OPTION_SKIP (1u << 20)
#define NBD_SESSION_HANDSHAKE (10 * NSEC_SEC)
#define NBD_SESSION_RX (512u << 10)
#define NBD_SESSION_OUT (64u << 10)
#define NBD_SESSION_HEAD 128u /* bytes of a reply before its data */

#define NBD_SESSION_CONTEXT 1u /* our id of base:allocation */

#define NBD_EXPORT_NAME 32u
#define NBD_EXPORT_TEXT 128u
#define NBD_EXPORT_WHY 160u

/* What a client is told about one export. */
struct nbd_export_info {
	char name[NBD_EXPORT_NAME];        /* canonical, "e1.0" */
	char description[NBD_EXPORT_TEXT]; /* printable ASCII, short */
	uint64_t size;                     /* bytes */
	uint16_t flags;                    /* NBD_WIRE_HAS_FLAGS | ... */
	uint32_t min_block;                /* 1 or 512; a power of two */
};

/* Where the handshake finds its exports; called from nbd_session_rx(). */
struct nbd_session_ops {
	/*
	 * The export behind the one of that name, which may have gone by now;
	 * "": the first. False behind the last.
	 */
	bool (*list)(void *ctx, const char *after, struct nbd_export_info *out);
	/*
	 * Looks a name up as the client gave it (no NUL inside). 0, or
	 * -ENOENT with a sentence in why[NBD_EXPORT_WHY].
	 */
	int (*find)(void *ctx, const char *name, struct nbd_export_info *out,
	    char *why);
	/* As find, and this session will use it. Any other -errno: refused. */
	int (*open)(void *ctx, const char *name, struct nbd_export_info *out,
	    char *why);
};

struct nbd_session_config {
	const struct nbd_session_ops *ops;
	void *ctx;
	/* Not NULL: begin in the transmission phase with this (the kernel). */
	const struct nbd_export_info *info;
	struct nbd_arena *arena; /* must outlive the session */
};

struct nbd_session;

/* A request of the client, from its header to its reply's last byte. */
struct nbd_request {
	struct aoe_request aoe; /* `done` is the caller's to set */
	struct nbd_session *session;
	struct list link; /* free, todo or replies; itself while started */
	uint64_t cookie;
	uint16_t type;
	bool started; /* given out by nbd_session_next(), not yet done */
	bool has_mem;
	size_t mem;  /* offset in the arena */
	int refused; /* error found before the data of a write was skipped */
	uint8_t head[NBD_SESSION_HEAD];
	unsigned head_len;
	size_t data_len; /* of aoe.buf, follows the head */
};

enum nbd_session_phase {
	NBD_SESSION_FLAGS,   /* the client's flags are awaited */
	NBD_SESSION_OPTION,  /* handshake */
	NBD_SESSION_COMMAND, /* transmission */
	NBD_SESSION_DRAIN,  /* nothing is read any more, replies still go out */
	NBD_SESSION_CLOSED, /* nothing is sent either */
};

struct nbd_session {
	struct nbd_session_config config;
	enum nbd_session_phase phase;
	struct nbd_export_info info; /* valid from NBD_SESSION_COMMAND on */
	nsec_t deadline;             /* of the handshake, or NSEC_NEVER */
	const char *why;             /* set with DRAIN or CLOSED on a fault */

	/* Handshake. */
	bool fixed, no_zeroes, structured;
	bool meta;                       /* base:allocation was selected ... */
	char meta_name[NBD_EXPORT_NAME]; /* ... for this export */
	unsigned options;
	bool listing;                 /* LIST is being answered, ... */
	char listed[NBD_EXPORT_NAME]; /* ... up to this export */

	/* Transmission. */
	bool stopping;               /* new requests get ESHUTDOWN */
	bool blocked;                /* nothing more fits until a reply left */
	bool eof;                    /* the client sends no more */
	struct nbd_request *filling; /* write whose data is coming in */
	size_t filled;
	uint64_t skip;        /* bytes to throw away: refused data or option */
	uint32_t skip_option; /* the option to answer TOO_BIG after it */
	unsigned started;     /* requests the device works on */
	struct list free, todo, replies;
	size_t reply_sent; /* bytes of the first reply */

	size_t rx_pos, rx_len;
	size_t out_pos, out_len;
	uint8_t rx[NBD_SESSION_RX];
	uint8_t out[NBD_SESSION_OUT]; /* handshake's bytes, before replies */
	struct nbd_request requests[NBD_SESSION_REQUESTS];
};

/* 0 or -ENOMEM. */
int nbd_session_new(struct nbd_session **out,
    const struct nbd_session_config *config, nsec_t now);
/* No request may be started any more. NULL is fine. */
void nbd_session_free(struct nbd_session *s);

/* Fills iov[2] with where the next bytes belong; 0: do not receive now. */
unsigned nbd_session_rx_space(struct nbd_session *s, struct iovec *iov);
/* `n` bytes were received into that space. */
void nbd_session_rx(struct nbd_session *s, size_t n);
/* The client sends no more: what was asked is still answered. */
void nbd_session_eof(struct nbd_session *s);

/* The next request to start on the device; NULL when there is none. */
struct nbd_request *nbd_session_next(struct nbd_session *s);
/* It ended: error is 0 or a negative errno. */
void nbd_session_done(struct nbd_session *s, struct nbd_request *rq, int error);

/* Up to `max` pieces of what is to be sent; 0 when there is nothing. */
unsigned nbd_session_tx(struct nbd_session *s, struct iovec *iov, unsigned max);
/* The first `n` of those bytes were sent. */
void nbd_session_tx_done(struct nbd_session *s, size_t n);

/* When nbd_session_tick() wants to be called, or NSEC_NEVER. */
nsec_t nbd_session_deadline(const struct nbd_session *s);
void nbd_session_tick(struct nbd_session *s, nsec_t now);

/* The export has another size now. */
void nbd_session_resize(struct nbd_session *s, uint64_t size);
/* Finishes what is started, answers ESHUTDOWN to all else, then closes. */
void nbd_session_stop(struct nbd_session *s);
/* The client is gone: nothing is sent; started requests must still be done. */
void nbd_session_abort(struct nbd_session *s);
/* Reads no more, and ends once all is answered; `why` names a fault or NULL. */
void nbd_session_drain(struct nbd_session *s, const char *why);
/* Gives a request that is on no list back, with its memory. */
void nbd_session_release(struct nbd_session *s, struct nbd_request *rq);
/* True when nothing is left to do: close the socket, free the session. */
bool nbd_session_finished(const struct nbd_session *s);

#endif
