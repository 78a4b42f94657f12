/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An AoE target over a disk, behaving as vblade does where not told otherwise:
 * one request after the other in order, no memory of tags, unpadded answers, a
 * queue that drops silently, a sector limit of 2 until the first config query.
 * Its kind says what other targets do instead.
 */
#ifndef SIM_TARGET_H
#define SIM_TARGET_H

#include "tests/sim/disk.h"
#include "tests/sim/msg.h"
#include "tests/sim/net.h"
#include "tests/sim/persona.h"
#include "tests/sim/script.h"
#include "tests/sim/world.h"

/* May be changed while the target runs. */
struct target_options {
	enum persona_kind kind; /* not while it runs */
	struct aoe_addr addr;
	struct disk *disk;
	const char *serial, *model;
	unsigned mtu;     /* 0 = 1500 */
	uint16_t buffers; /* advertised */
	unsigned queue;   /* really there; 0 = as advertised, at least 1 */
	bool old_sectors; /* advertise `sectors` instead of what fits */
	uint8_t sectors;
	nsec_t service;    /* per request */
	nsec_t per_sector; /* and per sector of it */
	enum service order;
	bool padded; /* answers have 60 bytes at least */
	bool lba28;
	bool flush_ext;       /* vblade: has FLUSH CACHE EXT ... */
	uint8_t flush_status; /* ... and answers flushes with this */
	nsec_t flush_time;
	uint16_t firmware;
	bool no_w100;  /* words 100-103 are zero in spite of LBA48 */
	uint16_t w83;  /* IDENTIFY word 83, and 85-87 zero; 0 = its kind's */
	uint16_t w106; /* words 106 and 117: the size of sectors */
	uint32_t w117;
	const uint8_t *config; /* string of `config_len` bytes */
	size_t config_len;
	size_t config_claim; /* what the length field says if not 0 */
	double lies;         /* chance that an answer is made up */
	bool readonly;
	bool awake; /* stalled, it still answers config and IDENTIFY */
	uint64_t bad_lba, bad_sectors; /* the medium's */
	uint32_t bad_as; /* what comes of those; 0 = as its kind does it */
};

struct target_counts {
	uint64_t received, overflow, reads, writes, flushes, identifies,
	    configs, settings, refused, out_of_range, sectors_written, medium,
	    merged, clashes;
};

#define TARGET_NICS 4

struct target;

/* One of its network cards: all of them lead to one queue and one disk. */
struct target_nic {
	struct net_sink sink;
	struct net_port *port;
	struct target *t;
};

struct target {
	struct owned owned;
	struct world *w;
	struct net_port *port; /* of the first card */
	struct target_nic nic[TARGET_NICS];
	unsigned nics;
	struct target_options opt;
	const struct persona *persona;
	struct script script;
	struct target_counts n;
	struct list jobs; /* received, not yet answered */
	unsigned queued, data_queued, data_max;
	struct event service; /* the first job is done */
	bool running, stalled;
	unsigned limit;   /* sectors per request just now */
	unsigned dirty;   /* writes executed since the last good flush */
	uint64_t largest; /* sectors in the largest read or write */
	/* Sectors that a merged I/O failed for, and until when. */
	uint32_t old_tag;
	/* The config string that somebody set; lost at a restart, as vblade's.
	 */
	bool set;
	size_t string_len;
	uint8_t string[1024];
	uint64_t failed_from, failed_to;
	nsec_t failed_until;
	uint8_t room[MSG_MAX + 2048];
	uint8_t data[MSG_MAX];
};

/* A running target on `port`; it has announced nothing. */
struct target *target_new(
    struct world *w, struct net_port *port, const struct target_options *opt);
/* Gives it one more card, with the MAC of that station. */
void target_attach(struct target *t, struct net_port *port);
/* Stops it as kill -9 does: what is queued is forgotten. */
void target_kill(struct target *t);
/* Starts it again, with vblade's announcement. */
void target_start(struct target *t);
void target_announce(struct target *t);
/* Takes requests but works on none while stalled. */
void target_stall(struct target *t, bool stalled);
/* Writes that it has received and not executed. */
unsigned target_held_writes(const struct target *t);

#endif
