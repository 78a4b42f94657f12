/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faults on order: chance from a seed, errors at chosen sectors, and a trouble
 * that begins on a signal and passes.
 */
#ifndef FAKE_FAULT_H
#define FAKE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
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

enum fault_trouble {
	TROUBLE_NONE,
	TROUBLE_SILENT,    /* nothing is heard and nothing is answered */
	TROUBLE_STALL,     /* what comes is done when it is over */
	TROUBLE_SUSPENDED, /* ATA commands get E 3 */
	TROUBLE_RESERVED,  /* ... E 6, but for IDENTIFY */
};

enum fault_way { FAULT_IN, FAULT_OUT, FAULT_WAYS };

/* What happens to frames that go one way. */
struct fault_line {
	double drop, dup, hold, burst; /* 0..1, for each frame */
	uint64_t hold_time;            /* nanoseconds */
	unsigned burst_length, burst_left;
	size_t hole; /* longer frames vanish; 0 = none */
};

struct fault {
	uint64_t random;
	struct fault_line line[FAULT_WAYS];
	struct fault_error error[FAULT_ERRORS];
	unsigned errors;
	enum fault_trouble ordered, trouble; /* `trouble` is there just now */
	uint64_t trouble_time, trouble_end;
};

enum fault_loss { FAULT_PASSES, FAULT_DROPPED, FAULT_IN_HOLE };

/* True with probability `p`. */
bool fault_chance(struct fault *f, double p);
/* 0 to max - 1, evenly. */
uint64_t fault_below(struct fault *f, uint64_t max);
/* What becomes of a frame of this length. */
enum fault_loss fault_lose(struct fault *f, enum fault_way way, size_t len);

/* Takes "LBA:KIND[:TIMES]"; 0 or -1 when it cannot be read. */
int fault_add(struct fault *f, const char *text);
/* The error ordered for these sectors, used up by one; NULL when none. */
const struct fault_error *fault_find(
    struct fault *f, uint64_t lba, unsigned count);

/* Takes "KIND:MS"; 0 or -1. MS = 0: until the signal comes again. */
int fault_order_trouble(struct fault *f, const char *text);
/* The signal: the trouble begins; one that has no end ends. */
void fault_signal(struct fault *f, uint64_t now);
/* Ends the trouble whose time is over. */
void fault_tick(struct fault *f, uint64_t now);

#endif
