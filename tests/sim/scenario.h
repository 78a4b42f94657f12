/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of scenarios: each file sc_X.c exports one array.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "tests/sim/world.h"

struct scenario {
	const char *name;
	const char *proves;
	void (*run)(struct world *w);
};

/* Walks all of them; starts and ends with NULL. */
const struct scenario *scenario_next(const struct scenario *sc);
/* How many seeds one run of it takes by itself: 1, but for few. */
unsigned scenario_seeds(const struct scenario *sc);

/* Each ended by an entry whose name is NULL. */
extern const struct scenario sc_self[];
extern const struct scenario sc_discovery[];
extern const struct scenario sc_identity[];
extern const struct scenario sc_double[];
extern const struct scenario sc_io[];
extern const struct scenario sc_lba[];
extern const struct scenario sc_loss[];
extern const struct scenario sc_load[];
extern const struct scenario sc_overload[];
extern const struct scenario sc_goodput[];
extern const struct scenario sc_speed[];
extern const struct scenario sc_links[];
extern const struct scenario sc_answer[];
extern const struct scenario sc_copy[];
extern const struct scenario sc_error[];
extern const struct scenario sc_flush[];
extern const struct scenario sc_debt[];
extern const struct scenario sc_setting[];
extern const struct scenario sc_outage[];
extern const struct scenario sc_path[];
extern const struct scenario sc_many[];
extern const struct scenario sc_share[];
extern const struct scenario sc_hostile[];
extern const struct scenario sc_late[];
extern const struct scenario sc_fence[];
extern const struct scenario sc_trust[];
extern const struct scenario sc_storm[];
extern const struct scenario sc_persona[];
extern const struct scenario sc_kinds[];
extern const struct scenario sc_chaos[];

#endif
