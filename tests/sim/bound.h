/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is possible at all for one request at a time: a client that knows of a
 * lost frame at the moment its answer should have come, and never earlier,
 * because nobody can, and sends nothing twice before.
 */
#ifndef SIM_BOUND_H
#define SIM_BOUND_H

#include "tests/sim/trial.h"

/* Its bytes per second in this trial (depth 1), over `requests` of them. */
double bound_rate(const struct trial *t, uint64_t seed, unsigned requests);

#endif
