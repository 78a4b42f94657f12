/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Takes single rules out of the engine, at its own function boundaries (the
 * linker's --wrap), to show that the scenarios would notice.
 */
#ifndef SIM_MUTANT_H
#define SIM_MUTANT_H

enum mutant {
	MUTANT_NONE,
	MUTANT_LATE,     /* no quarantine after writes with late copies */
	MUTANT_OVERLAP,  /* overlapping requests are not kept apart */
	MUTANT_IDENTITY, /* every disk looks like every other */
	MUTANT_FLUSH,    /* nobody remembers which MAC executed a write */
};

/* One at a time, for the whole process: a linker's wrap has no context. */
void mutant_set(enum mutant m);

#endif
