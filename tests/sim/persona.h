/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What sets the known targets apart: one row of quirks for each of them, which
 * a simulated target consults. What nobody has established of one is left as
 * vblade does it.
 */
#ifndef SIM_PERSONA_H
#define SIM_PERSONA_H

#include "tests/sim/msg.h"
#include "tests/sim/service.h"

enum persona_kind {
	PERSONA_VBLADE,
	PERSONA_GGAOED,
	PERSONA_KVBLADE,
	PERSONA_QAOED,
	PERSONA_VSX,
	PERSONA_ETHERDRIVE, /* SR and SRX shelves */
	PERSONA_KINDS,
};

/*
 * What comes of a request, in one word: the registers as status << 8 | error,
 * or one of these.
 */
#define PERSONA_SILENCE 0x10000u
#define PERSONA_SERVED 0x20000u         /* no error at all */
#define PERSONA_AOE(c) (0x40000u | (c)) /* E flag; the status is the opcode */
#define PERSONA_BOTH 0x80000u           /* E flag beside the registers */

enum persona_version {
	VERSION_ECHOED,
	VERSION_SILENT, /* others than 1 are not answered */
	VERSION_ONE,    /* ... are answered as 1 */
};

struct persona {
	const char *name, *serial, *model;
	uint16_t buffers, firmware;
	unsigned queue;   /* requests at a time at most, 0 = buffers */
	unsigned sectors; /* limit of its own, 0 = what the MTU allows */
	bool powers;      /* sector limit 8, 16, 32 or 64 when above 7 */
	enum persona_version version;
	unsigned min_len; /* shorter requests get silence */
	uint32_t command; /* AoE commands other than ATA and config */
	uint32_t cut;     /* a frame too short for its command */
	/* ATA */
	uint32_t many;  /* more sectors than advertised */
	uint32_t brief; /* a write with less data than its count says */
	uint32_t beyond, flush28, flush48, unknown, power;
	uint32_t medium;        /* a bad sector */
	uint32_t readonly;      /* a write to a protected disk */
	uint8_t identify_error; /* error byte of a protected disk's IDENTIFY */
	uint16_t w83;
	bool lba_by_flag;    /* width by aflag E, else by opcode */
	bool lba28_broken;   /* lba3 = 0xe0 is taken for a part of the LBA */
	bool bare_errors;    /* E answers are cut after the common header */
	bool wide_errors;    /* failed reads carry as much junk as asked for */
	bool keeps_count;    /* the count is left as it was asked */
	bool advances;       /* the LBA in answers is that of the end */
	bool unswapped;      /* IDENTIFY strings in plain order */
	bool merges;         /* neighbours become one I/O, and fail together */
	bool one_per_sector; /* later overlaps are dropped, repeats merged */
	enum service order;
};

/* PERSONA_KINDS of them. */
const struct persona *persona_get(enum persona_kind kind);
/* Sectors per request that it advertises when `fits` go into a frame. */
unsigned persona_sectors(const struct persona *p, unsigned fits);
/* The request is for it by version and length (24 at least). */
bool persona_takes(const struct persona *p, const struct msg *q, size_t len);
/* The sector that it understands; UINT64_MAX for one that no disk has. */
uint64_t persona_lba(const struct persona *p, const struct msg *q);
/* An ATA string, blank padded, with the bytes of a word swapped or not. */
void persona_text(
    const struct persona *p, uint8_t *at, const char *text, size_t len);
/*
 * Makes the answer `m` to `q` what `outcome` says; `junk` is room for data.
 * False: nothing is answered.
 */
bool persona_outcome(const struct persona *p, uint32_t outcome,
    const struct msg *q, struct msg *m, uint8_t *junk);
/* Finishes the answer: version, count, LBA. */
void persona_finish(
    const struct persona *p, const struct msg *q, struct msg *m);
/* The least length of this answer's frame. */
size_t persona_padding(
    const struct persona *p, const struct msg *q, const struct msg *m);

#endif
