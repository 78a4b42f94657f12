/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/scenario.h"

#include <string.h>

static const struct scenario *const groups[] = {
    sc_self,
    sc_discovery,
    sc_identity,
    sc_double,
    sc_io,
    sc_lba,
    sc_loss,
    sc_load,
    sc_overload,
    sc_goodput,
    sc_speed,
    sc_links,
    sc_answer,
    sc_copy,
    sc_error,
    sc_flush,
    sc_debt,
    sc_setting,
    sc_outage,
    sc_path,
    sc_many,
    sc_share,
    sc_hostile,
    sc_late,
    sc_fence,
    sc_trust,
    sc_storm,
    sc_persona,
    sc_kinds,
    sc_chaos,
};

/* Each seed of these is another mixture, and a part of what is to be shown. */
static const struct {
	const char *name;
	unsigned seeds;
} many[] = {{"chaos", 200}, {"chaos_lies", 20}};

static bool in_group(const struct scenario *group, const struct scenario *sc)
{
	for (; group->name; group++)
		if (group == sc)
			return true;
	return false;
}

const struct scenario *scenario_next(const struct scenario *sc)
{
	size_t g = 0;

	if (!sc)
		return groups[0];
	while (!in_group(groups[g], sc))
		g++;
	if (sc[1].name)
		return sc + 1;
	return g + 1 < ARRAY_SIZE(groups) ? groups[g + 1] : NULL;
}

unsigned scenario_seeds(const struct scenario *sc)
{
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		if (!strcmp(many[i].name, sc->name))
			return many[i].seeds;
	return 1;
}
