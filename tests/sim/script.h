/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scripted misbehaviour of a target: a short list of rules, each saying which
 * requests it hits, how often, and what is answered instead.
 */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>
#include "common/nsec.h"
#include "tests/sim/msg.h"

enum script_match {
	SCRIPT_READ = 1 << 0,
	SCRIPT_WRITE = 1 << 1,
	SCRIPT_FLUSH = 1 << 2,
	SCRIPT_IDENTIFY = 1 << 3,
	SCRIPT_CONFIG = 1 << 4, /* queries */
	SCRIPT_SETTING = 1 << 5,
	SCRIPT_DATA = SCRIPT_READ | SCRIPT_WRITE,
};

/*
 * Unless said otherwise the request is not executed, and where the answer has
 * data it is poison: whoever takes it for an answer is found out later.
 */
enum script_act {
	SCRIPT_AOE,    /* E flag with code `value`, status byte = opcode */
	SCRIPT_ATA,    /* status `value` >> 8, error `value` & 255 */
	SCRIPT_STATUS, /* executed; but the status byte is `value` */
	SCRIPT_SHORT,  /* answer `value` bytes shorter, header at most */
	SCRIPT_SILENCE,
	SCRIPT_TAG,       /* the answer carries another tag */
	SCRIPT_SHELF,     /* ... another shelf */
	SCRIPT_SLOT,      /* ... another slot */
	SCRIPT_COMMAND,   /* ... AoE command `value` */
	SCRIPT_REQUEST,   /* ... R clear */
	SCRIPT_SOURCE,    /* ... from a MAC that nobody knows */
	SCRIPT_VERSION,   /* ... version `value` */
	SCRIPT_ADDRESS,   /* ... for address shelf `value` >> 8, slot & 255 */
	SCRIPT_DUP,       /* executed, answered 1 + `value` times */
	SCRIPT_LATE,      /* executed now, answered `value` ns late */
	SCRIPT_PAD,       /* executed, `value` bytes of junk at the end */
	SCRIPT_REGISTERS, /* executed, count, LBA and error are junk */
	SCRIPT_ZERO,      /* IDENTIFY: 512 zero bytes */
	/*
	 * Executed and answered, and behind that comes a config answer that
	 * nobody asked for, with other buffers: 1 to `value` of them.
	 */
	SCRIPT_STRAY,
	/*
	 * Settings: answered with an empty string, as qaoed does it; taken
	 * over, or not if `value` is 1.
	 */
	SCRIPT_EMPTY,
};

struct script_rule {
	unsigned match;
	enum script_act act;
	uint64_t value;
	unsigned skip; /* requests that pass first */
	unsigned left; /* then so many are hit; UINT32_MAX = all */
	unsigned hits;
};

#define SCRIPT_RULES 16
#define SCRIPT_ALWAYS UINT32_MAX

struct script {
	struct script_rule rule[SCRIPT_RULES];
	unsigned rules;
};

/* Adds a rule; the first one that matches is taken. */
struct script_rule *script_add(struct script *s, unsigned match,
    enum script_act act, uint64_t value, unsigned left);
void script_clear(struct script *s);
/* The rule for this request, counted as hit, or NULL. */
const struct script_rule *script_find(struct script *s, const struct msg *m);
bool script_executes(const struct script_rule *rule);
/*
 * Spoils the answer `m` to `request`, before it is encoded: `room` is a buffer
 * for data (MSG_MAX). False: nothing is sent.
 */
bool script_spoil(const struct script_rule *rule, const struct msg *request,
    struct msg *m, uint8_t *room);

#endif
