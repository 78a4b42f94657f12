/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How disks and their paths are shown: aoe-stat's columns, and lines for people
 * out of the report that programs get.
 */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include <stdio.h>
#include "common/json.h"

#define SHOW_SIZE 32   /* "18446744073.709GB" */
#define SHOW_LIST 1024 /* port names or MACs; longer lists are cut */
#define SHOW_ROW 1280  /* a full list of ports and the other columns */

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

/* The row of a device as a report has it (io/report.h); `by` NULL or behind. */
void show_device(const struct json_value *device, const char *by, FILE *f);
/* The row of another disk at the same address, and with details who it is. */
void show_rival(const struct json_value *device, const struct json_value *rival,
    bool details, FILE *f);
/* Indented lines below the device's row: identity, counters, each path. */
void show_details(const struct json_value *device, FILE *f);
/* The "counters" in it that are not 0 on one line, if there are any. */
void show_counters(const char *lead, const struct json_value *in, FILE *f);

#endif
