/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One line on a terminal that says how far a copy has come. Silent when
 * standard error is no terminal.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/nsec.h"

#define PROGRESS_UNKNOWN UINT64_MAX
#define PROGRESS_PERIOD (200 * NSEC_MS)

struct progress {
	bool on;    /* there is a terminal to draw on */
	bool shown; /* a line stands there now */
	const char *what;
	uint64_t total; /* bytes, or PROGRESS_UNKNOWN */
	uint64_t done;
	nsec_t start;
	nsec_t drawn;        /* when the line was last drawn */
	uint64_t drawn_done; /* how far it was then */
	double rate;         /* bytes per second, smoothed */
};

void progress_start(
    struct progress *p, const char *what, uint64_t total, bool on, nsec_t now);
/* Draws when PROGRESS_PERIOD has passed since the last time. */
void progress_update(struct progress *p, uint64_t done, nsec_t now);
/* Takes the line off the screen, so that a message can stand there. */
void progress_clear(struct progress *p);
/* Leaves a last line with the average rate when the copy went well. */
void progress_end(struct progress *p, uint64_t done, bool well, nsec_t now);

/* Feeds the smoothed rate; pure. */
void progress_sample(struct progress *p, uint64_t done, nsec_t now);
/*
 * The line for a terminal of `columns`; the bar is left out when it is narrow
 * or the total is unknown. Cut at columns - 1 and at size - 1. Returns buf.
 */
char *progress_text(
    const struct progress *p, unsigned columns, char *buf, size_t size);
/* "0:42", "12:03", "3:04:05", or "-:--" beyond 99 hours. Returns buf. */
char *progress_time(uint64_t seconds, char *buf, size_t size);

#endif
