/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watches every frame between a host and the network and knows what a good
 * initiator may send: form (AoEr11), tags, ranges, sector limits, and that no
 * data goes to a target that has not been identified, as the disk that is open,
 * since the last reason to doubt it. Believes only what it has seen on the
 * wire.
 */
#ifndef SIM_REFEREE_H
#define SIM_REFEREE_H

#include "tests/sim/msg.h"
#include "tests/sim/world.h"

struct referee_peer;

#define REFEREE_BUCKETS 16384u

struct referee {
	struct world *w;
	uint8_t prefix;
	bool lies;       /* the network does: only form and tags are judged */
	bool reuse;      /* tags may come again (small tag space) */
	uint32_t *tags;  /* by their 24 bits: what they were used for */
	uint32_t asked;  /* IDENTIFY requests */
	uint32_t query;  /* times at which targets were asked by config query */
	nsec_t query_at; /* ... the last one */
	struct referee_peer *bucket[REFEREE_BUCKETS];
	uint64_t frames, queries, data;
};

void referee_init(
    struct referee *r, struct world *w, uint8_t prefix, unsigned tag_bits);
void referee_fini(struct referee *r);
/* The host sends; `mac` and `mtu` are the port's. */
void referee_tx(struct referee *r, unsigned port, struct mac mac, unsigned mtu,
    const uint8_t *frame, size_t len);
/* The host is about to receive. */
void referee_rx(
    struct referee *r, unsigned port, const uint8_t *frame, size_t len);
/*
 * The host has opened the disk that identifies itself so: nothing at this
 * address may go to another one.
 */
void referee_hold(
    struct referee *r, struct aoe_addr addr, const uint8_t identify[512]);
/* The host has noticed that the port lost its carrier. */
void referee_down(struct referee *r, unsigned port);

#endif
