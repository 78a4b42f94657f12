/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faults on order: chance from a seed, and errors at chosen sectors.
 */
#ifndef FAKE_FAULT_H
#define FAKE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#define FAULT_ERRORS 32

enum fault_kind {
	FAULT_NONE,
	FAULT_AOE,    /* E flag with `code` */
	FAULT_ATA,    /* status ERR and `code` in the error register */
	FAULT_SHORT,  /* a read answer that lacks its last sector */
	FAULT_SILENT, /* no answer */
};

struct fault_error {
	uint64_t lba;
	enum fault_kind kind;
	uint8_t code;
	uint64_t times; /* how often still; UINT64_MAX for ever */
};

struct fault {
	uint64_t random;
	double drop, dup; /* 0..1, for each frame and direction */
	struct fault_error error[FAULT_ERRORS];
	unsigned errors;
};

/* True with probability `p`. */
bool fault_chance(struct fault *f, double p);
/* Takes "LBA:KIND[:TIMES]"; 0 or -1 when it cannot be read. */
int fault_add(struct fault *f, const char *text);
/* The error ordered for these sectors, used up by one; NULL when none. */
const struct fault_error *fault_find(
    struct fault *f, uint64_t lba, unsigned count);

#endif
