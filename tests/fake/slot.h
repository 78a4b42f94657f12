/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One exported disk: its address, its file, and what AoEr11 lets an initiator
 * set on it. slot_answer() turns a request into the answer.
 */
#ifndef FAKE_SLOT_H
#define FAKE_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tests/fake/count.h"
#include "tests/fake/fault.h"
#include "tests/fake/frame.h"
#include "tests/fake/persona.h"

#define SLOT_CONFIG_MAX 1024
#define SLOT_MACS 255

/* Config answers that nobody has asked for. */
enum slot_stray {
	STRAY_NONE,
	STRAY_SAME,  /* as the right ones, and tag 0: announcements */
	STRAY_OTHER, /* with another Buffer Count */
};

/* How every slot behaves. */
struct slot_options {
	const struct persona *persona;
	unsigned buffers; /* Buffer Count told to initiators */
	unsigned sectors; /* most per frame, 0 = what the MTU takes */
	unsigned firmware;
	const char *mask, *owner; /* MAC of the first in that list, or NULL */
	const char *serial, *model;
	enum slot_stray stray; /* before each answer to a read */
	bool lba28, readonly, no_flush, version0;
	bool fast; /* memory is read and written where it is */
};

struct slot_macs {
	unsigned count;
	uint8_t mac[SLOT_MACS][6];
};

struct slot {
	const struct slot_options *options;
	struct count *count;
	struct fault *fault;
	uint16_t shelf;
	uint8_t slot;
	int fd;
	uint8_t *mem; /* in place of the file, or NULL */
	uint64_t sectors;
	uint8_t config[SLOT_CONFIG_MAX];
	unsigned config_len;
	struct slot_macs masks, owners;
};

/* The sectors that a request wants. */
struct slot_range {
	uint8_t opcode;
	unsigned count;
	uint64_t lba;
};

/*
 * Opens "SHELF.SLOT=FILE" or "SHELF.SLOT=memory:BYTES". Memory is filled with a
 * pattern: the eight bytes at offset n (a multiple of 8) hold n, big-endian.
 * 0, or -1 after a message.
 */
int slot_open(struct slot *s, const char *text);
/* Does the frame, whose header is whole, ask this slot (or all)? */
bool slot_is_asked(const struct slot *s, const uint8_t *frame);
/*
 * Does what the request says and builds the answer in `out` (FRAME_ROOM
 * bytes), from `mac`, on a port with this MTU. False: silence.
 */
bool slot_answer(struct slot *s, const struct frame *in, const uint8_t mac[6],
    unsigned mtu, struct frame *out);
/* Is it a read or a write, and of what? */
bool slot_transfer(
    const struct slot *s, const struct frame *in, struct slot_range *r);
/* Builds the broadcast announcement of a target that has just started. */
void slot_announce(
    struct slot *s, const uint8_t mac[6], unsigned mtu, struct frame *out);
/* The stray that is ordered to go before the answer; false: none. */
bool slot_stray(struct slot *s, const struct frame *in, const uint8_t mac[6],
    unsigned mtu, struct frame *out);

/* ---- between the files of this folder ---- */

/* The commands other than ATA; `out` has the header. False: silence. */
bool slot_config(
    struct slot *s, const struct frame *in, unsigned mtu, struct frame *out);
bool slot_mask(struct slot *s, const struct frame *in, struct frame *out);
bool slot_reserve(struct slot *s, const struct frame *in, struct frame *out);
/* Keyed reservation, of which only "who?" is known. */
bool slot_keyed(const struct frame *in, struct frame *out);
/* ATA commands, in ata.c. */
bool slot_ata(
    struct slot *s, const struct frame *in, unsigned mtu, struct frame *out);

void slot_identify(struct slot *s, struct frame *out);

bool slot_has_mac(const struct slot_macs *list, const uint8_t mac[6]);
/* Most sectors in a frame on a port with this MTU, and what it says of it. */
unsigned slot_limit(const struct slot *s, unsigned mtu);
unsigned slot_told_limit(const struct slot *s, unsigned mtu);

#endif
