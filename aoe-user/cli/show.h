/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How disks and their paths are shown: aoe-stat's columns, lines for people,
 * JSON for programs.
 */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include <stdio.h>
#include "aoe-user/io/aoe.h"

#define SHOW_SIZE 32   /* "18446744073.709GB" */
#define SHOW_LIST 1024 /* port names or MACs; longer lists are cut */

/* A line of aoe-stat; NULL and 0 stand for what is not known. */
struct show_row {
	const char *name;
	uint64_t size; /* bytes */
	const char *ports;
	unsigned payload; /* bytes */
	const char *state;
};

/* aoe-stat's size: units of 10^9 bytes, cut to three decimals. Returns buf. */
char *show_size(uint64_t bytes, char *buf, size_t size);
/* aoe-stat's line, without newline. Returns buf. */
char *show_row(const struct show_row *row, char *buf, size_t size);

/* False for an address that was asked for and that nobody has answered. */
bool show_is_there(const struct device *dev);
/* Indented lines below the device's row: identity, counters, each path. */
void show_details(const struct aoe *a, const struct device *dev, FILE *f);
/* The counters that are not 0 on one line, if there are any. */
void show_counters(const char *lead, const void *stats,
    const struct stats_name *names, FILE *f);
/* Everything that is known, as one object on one line. 0 or -ENOMEM. */
int show_json(const struct aoe *a, FILE *f);

#endif
