/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One Ethernet interface: a raw packet socket bound to it and to the AoE
 * ethertype, with the receive ring, and the way frames of the engine leave.
 * The socket outlives the interface; it can be bound again, without privilege,
 * when the interface comes back.
 */
#ifndef IO_NETPORT_H
#define IO_NETPORT_H

#include <net/if.h>
#include "aoe-user/core/engine.h"
#include "aoe-user/core/pump.h"
#include "aoe-user/io/capture.h"
#include "aoe-user/io/filter.h"
#include "aoe-user/io/ring.h"

struct netport {
	int fd;
	struct ring ring;
	unsigned ifindex; /* 0: not bound to any interface now */
	char name[IF_NAMESIZE];
	struct mac mac;
	unsigned mtu;
	int deaf;        /* why it has no ring: -errno; 0: it has one */
	bool enabled;    /* administratively up, */
	bool ready;      /* ... with carrier, and suitable, */
	bool up;         /* ... and not deaf */
	bool told;       /* the engine knows the above */
	bool blocked;    /* the socket's buffer is full: wait for EPOLLOUT */
	nsec_t retry_at; /* when to try again otherwise, or NSEC_NEVER */
	uint64_t rx_frames, tx_frames, rx_dropped, tx_errors;
	const struct log *log;
	struct log_limit drop_limit, error_limit;
	/* portset's: */
	struct list link;     /* in its list of all */
	struct list by_index; /* with those of a like ifindex */
	struct list waiting;  /* among those with a retry_at */
	unsigned slots;       /* of the ring, as they were counted */
	nsec_t patience;      /* from one attempt to get a ring to the next */
	char wanted[IF_NAMESIZE]; /* the name to come back under, or "" */
	const char *unsuitable; /* why the interface cannot be used, or NULL */
	bool seen;              /* in the current dump of links */
	unsigned events;        /* registered with epoll */
};

/*
 * A packet socket with the filter attached and locked, bound to nothing.
 * Needs CAP_NET_RAW, which nothing else here does. Descriptor or -errno.
 */
int netport_socket(const struct filter *f);
/* Binds it to AoE on that interface. 0 or -errno. */
int netport_bind(int fd, unsigned ifindex);

/* Takes over `fd`. */
void netport_init(struct netport *p, int fd, const struct log *log);
void netport_fini(struct netport *p);
/*
 * Binds the port to an interface, with a ring in which frames of `mtu` fit. A
 * larger ring replaces the present one on the same socket, since a new socket
 * would need CAP_NET_RAW; what arrives during these milliseconds is lost.
 * 0 or -errno: then the port is deaf, which means that it has no ring and
 * its socket receives nothing, until this succeeds.
 */
int netport_attach(
    struct netport *p, unsigned ifindex, unsigned mtu, size_t ring);
/* The interface is no more. */
void netport_detach(struct netport *p);
/* Fetches the socket's pending error, so that epoll stops to report it. */
int netport_error(struct netport *p);
/* rx_dropped, with what the kernel has counted since. */
uint64_t netport_dropped(struct netport *p);

/*
 * The next received frame that is meant for us, still in its ring slot; call
 * netport_release() when it has been used. False when there is none. `budget`
 * counts down slots looked at, and at 0 false is returned too.
 */
bool netport_next(
    struct netport *p, struct ring_frame *out, unsigned *budget, nsec_t now);
void netport_release(struct netport *p);

/* Sends `n` frames, PUMP_BATCH at most; as the `send` of struct pump. */
unsigned netport_send(struct netport *p, struct engine_frame *const *frame,
    unsigned n, struct capture *c, enum engine_tx_result *why);

#endif
