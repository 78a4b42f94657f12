/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pump: takes frames from the engine until it has none, hands those of one
 * port over together, and gives back what became of each. Whoever sends, real
 * or simulated, drives the engine by this.
 */
#ifndef CORE_PUMP_H
#define CORE_PUMP_H

#include "aoe-user/core/engine.h"

#define PUMP_BATCH 64u

struct pump {
	void *ctx;
	/*
	 * Sends the `n` frames of that port in order; returns how many left. If
	 * not all did, `*why` says what stopped the first that did not.
	 */
	unsigned (*send)(void *ctx, unsigned port,
	    struct engine_frame *const *frame, unsigned n,
	    enum engine_tx_result *why);
	nsec_t (*now)(void *ctx);
	unsigned batch; /* frames on offer at a time, 1 to PUMP_BATCH */
};

/* Pulls and sends until nothing is left; how many frames were on offer. */
unsigned pump_run(const struct pump *p, struct engine *e);

#endif
