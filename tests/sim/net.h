/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A virtual Ethernet: stations on cables around one switch. Each direction of
 * each cable has its own delay and its own ways to fail.
 */
#ifndef SIM_NET_H
#define SIM_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/addr.h"
#include "common/list.h"
#include "tests/sim/event.h"
#include "tests/sim/pcap.h"
#include "tests/sim/rng.h"

#define NET_MTU_MAX 65535u

/* One direction of a cable. All zero: instant and perfect. */
struct net_cable {
	nsec_t delay, jitter; /* jitter: 0..jitter on top, so it reorders */
	bool ordered;         /* ... it does not: nothing is overtaken */
	double loss;          /* of single frames, 0..1 */
	double burst;         /* chance that this frame begins a burst ... */
	unsigned burst_len;   /* ... in which so many frames are lost */
	double corrupt;       /* a bit of the frame is flipped */
	double dup;           /* delivered twice, the copy `jitter` later */
	double reorder;       /* held back by ... */
	nsec_t hold;          /* ... up to this much */
	unsigned mtu;         /* larger payloads vanish; 0 = none do */
	uint64_t rate;        /* bits per second; 0 = infinite */
	size_t queue;         /* bytes that may wait for the rate; 0 = all */
	bool cut;
	unsigned burst_left;
	nsec_t free_at; /* when what is queued has left */
	nsec_t last_at; /* when the last frame arrives */
	uint64_t passed, dropped, doubled;
};

struct net;

struct net_port {
	struct net *net;
	struct list link;  /* net: all ports */
	struct list sinks; /* who hears what arrives here */
	struct mac mac;
	unsigned segment;     /* frames stay within one */
	bool nosy;            /* takes what a hub brings for others, too */
	struct net_cable out; /* station to switch */
	struct net_cable in;  /* switch to station */
};

/* Somebody who listens on a port; several may share one (and its MAC). */
struct net_sink {
	struct list link;
	void (*receive)(
	    struct net_sink *sink, const uint8_t *frame, size_t len);
};

struct net {
	struct event_queue *events;
	struct rng *rng;
	struct pcap *pcap;
	struct list ports;
	bool hub;            /* no switch: every frame goes to all stations */
	struct list packets; /* under way */
	uint64_t sent;       /* frames that stations gave to it, so far */
	uint64_t arriving;   /* which of them is being delivered */
	/*
	 * Sees every frame at the switch. May lengthen *delay; false drops.
	 */
	bool (*filter)(
	    void *ctx, const uint8_t *frame, size_t len, nsec_t *delay);
	void *filter_ctx;
};

void net_init(struct net *net, struct event_queue *events, struct rng *rng,
    struct pcap *pcap);
void net_fini(struct net *net);
/* A new station; it lives as long as the net. */
struct net_port *net_port_new(struct net *net, struct mac mac);
void net_attach(struct net_port *port, struct net_sink *sink);
void net_detach(struct net_sink *sink);
/* The station on `port` sends; `wait` longer than usual. */
void net_send(
    struct net_port *port, const uint8_t *frame, size_t len, nsec_t wait);
/* True while frames are under way. */
bool net_busy(const struct net *net);
/* Sets both directions of a port alike. */
void net_both(struct net_port *port, const struct net_cable *like);
void net_cut(struct net_port *port, bool cut);
/* 02:00:00:00:hh:ll, so that traces can be read. */
struct mac net_mac(unsigned n);

#endif
