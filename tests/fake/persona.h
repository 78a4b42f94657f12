/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How targets differ where AoEr11 leaves room, or where they do not keep to it:
 * one row of facts for each, and "plain", which does what the standards say.
 */
#ifndef FAKE_PERSONA_H
#define FAKE_PERSONA_H

#include <stdbool.h>
#include <stdint.h>

enum persona_kind {
	PERSONA_SILENT,
	PERSONA_AOE,    /* E flag with `error` */
	PERSONA_ATA,    /* `status` and `error` in the ATA registers */
	PERSONA_BOTH,   /* the two together */
	PERSONA_SERVED, /* as if nothing were wrong */
};

/* What becomes of a request. */
struct persona_answer {
	enum persona_kind kind;
	uint8_t status, error;
};

enum persona_length {
	PERSONA_SHORT, /* an answer without data is the header */
	PERSONA_COUNT, /* the header only where count and W promise data, or 60
			*/
	PERSONA_FULL,  /* a read that failed brings as much as was asked */
};

enum { /* bits of IDENTIFY word 83 */
	PERSONA_LBA48 = 1 << 10,
	PERSONA_FLUSH = 1 << 12,
	PERSONA_FLUSH_EXT = 1 << 13,
};

struct persona {
	const char *name, *model, *serial, *revision;
	unsigned buffers, firmware;
	unsigned most;      /* sectors, 0 = what the MTU takes */
	unsigned features;  /* of IDENTIFY */
	unsigned commands;  /* how many are known, from ATA on */
	unsigned masks;     /* places in the mask list */
	unsigned parallel;  /* requests at once, 0 = any number */
	unsigned least_ata; /* bytes; a shorter one is a runt */
	unsigned least_config;

	struct persona_answer command, runt, version, over_limit, beyond,
	    short_write, io_error, protected, flush, flush_ext, smart, unknown,
	    power_count /* CHECK POWER with a sector count */;

	enum persona_length length;
	bool host_serial;     /* its serial is "shelf.slot:host" */
	bool extra_words;     /* of IDENTIFY, as vblade */
	bool straight_text;   /* bytes of IDENTIFY text are not swapped */
	bool round_sectors;   /* to 8, 16, 32 or 64 */
	bool tells_zero;      /* as the sector count */
	bool echo_version;    /* whatever the request has */
	bool bare_errors;     /* AoE errors are the AoE header */
	bool bare_conflict;   /* "config string is set" is */
	bool same_config;     /* setting what is set is good */
	bool lba_by_flag;     /* 48 bits by aflag E and not by the opcode */
	bool lba28_unmasked;  /* takes the 0xe0 of LBA28 for an address */
	bool lba_advanced;    /* answers have the LBA behind the transfer */
	bool count_zero;      /* good answers have no sector count left */
	bool owners_io;       /* a reservation guards reads and writes only */
	bool protected_error; /* IDENTIFY of a read-only disk has error 0x40 */
	bool any_order;       /* does what came together in any order */
	bool merges; /* answers a retransmission once, drops what overlaps */
};

/* By name; NULL when there is none. */
const struct persona *persona_find(const char *name);

#endif
