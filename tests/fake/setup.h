/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line, read before anything is opened: order does not matter.
 */
#ifndef FAKE_SETUP_H
#define FAKE_SETUP_H

#include "tests/fake/target.h"

struct setup {
	const char *interface[TARGET_PORTS], *slot[TARGET_SLOTS];
	unsigned interfaces, slots;
	int buffers, firmware; /* -1: as the persona has them */
	bool announce, bad;
};

/* Fills both from the arguments; an exit status, or -1 to go on. */
int setup_read(struct setup *setup, struct target *t, int argc, char **argv);

#endif
