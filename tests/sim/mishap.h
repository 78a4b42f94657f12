/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Single mishaps, of which a chaos is made: each picks a port or a target by
 * chance, and breaks or mends something there.
 */
#ifndef SIM_MISHAP_H
#define SIM_MISHAP_H

#include "tests/sim/chaos.h"

/* The network and the host's ports. */
void mishap_cable(struct chaos *c);
void mishap_black_hole(struct chaos *c);
void mishap_link(struct chaos *c);
void mishap_mtu(struct chaos *c);
void mishap_host_mac(struct chaos *c);
void mishap_queue(struct chaos *c);
void mishap_rtt(struct chaos *c);
void mishap_port(struct chaos *c);
void mishap_hub(struct chaos *c);
void mishap_mend_net(struct chaos *c);
/* Loss, copies, jitter on both directions: rate and queue stay. */
void mishap_roughen(struct chaos *c, struct net_port *port);

/* The targets. */
void mishap_target_mtu(struct chaos *c);
void mishap_restart(struct chaos *c);
void mishap_move(struct chaos *c);
void mishap_stall(struct chaos *c);
void mishap_end_stalls(struct chaos *c);
void mishap_config(struct chaos *c);
void mishap_rival(struct chaos *c);
void mishap_resize(struct chaos *c);
void mishap_crowd(struct chaos *c);
/* Begins what c->swap goes on with. */
void mishap_swap(struct chaos *c);
void mishap_swap_fire(struct event *ev);
/* The right disk is back at once. */
void mishap_swap_end(struct chaos *c);
void mishap_mend_targets(struct chaos *c);

static inline bool mishap_chance(struct chaos *c, double p)
{
	return rng_chance(&c->w->rng, p);
}

static inline nsec_t mishap_up_to(struct chaos *c, nsec_t most)
{
	return rng_below(&c->w->rng, most + 1);
}

#endif
