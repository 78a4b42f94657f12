/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The part of IDENTIFY DEVICE that only people look at. ATA8-ACS 7.16.
 */
#ifndef CLI_IDENT_H
#define CLI_IDENT_H

#include <stdbool.h>
#include <stdint.h>

#define IDENT_BLOCK 512u

enum ident_feature {
	IDENT_ABSENT,
	IDENT_OFF, /* there, but switched off */
	IDENT_ON,
};

struct ident {
	unsigned queue_depth;   /* commands; 1 = no queue */
	unsigned logical_bytes; /* per logical sector */
	unsigned physical_bytes;
	unsigned rotation; /* per minute; 1 = does not turn, 0 = not said */
	uint64_t wwn;      /* 0 = none */
	enum ident_feature smart, write_cache;
};

void ident_parse(const uint8_t block[IDENT_BLOCK], struct ident *out);
/* "no", "off", "on". */
const char *ident_feature_text(enum ident_feature f);

#endif
