/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A trial: one load on one disk over links of a given speed, in a world of its
 * own, and what it reached. Two trials that differ in one thing tell what that
 * thing costs.
 */
#ifndef SIM_TRIAL_H
#define SIM_TRIAL_H

#include "tests/sim/rig.h"

struct trial {
	uint64_t rate; /* bits per second of every link */
	nsec_t rtt;    /* of an empty network, +-20 %; cables keep the order */
	unsigned mtu;
	uint16_t buffers;
	nsec_t service;     /* of the target, per frame */
	enum service order; /* of the target */
	double loss;        /* each way */
	size_t size;        /* bytes of a request */
	unsigned depth, ops;
	unsigned warm_up; /* requests before those that count */
	bool write;
};

struct trial_result {
	double rate; /* bytes per second */
	nsec_t p999, slowest;
	nsec_t srtt, rto; /* of the path, at the end */
	unsigned window;
	uint64_t sent, resent, spurious;
};

/*
 * Requests follow each other on the disk, so that none overlaps one that is
 * under way. A failure inside is one of `w`.
 */
struct trial_result trial_run(
    struct world *w, const struct trial *t, uint64_t seed);

#endif
