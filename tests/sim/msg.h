/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AoE messages as the simulator reads and writes them. Deliberately not the
 * product's codec: the two are written apart so that one can catch the other.
 * AoEr11 sections 2 to 4.
 */
#ifndef SIM_MSG_H
#define SIM_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/addr.h"

#define MSG_SECTOR 512u
#define MSG_HEADER 24u
#define MSG_MAX (36u + 255u * MSG_SECTOR)

enum { MSG_ATA = 0, MSG_CONFIG = 1 };
enum { MSG_FORCE = 4 }; /* CCmd: set the config string */

enum {
	MSG_READ28 = 0x20,
	MSG_READ48 = 0x24,
	MSG_WRITE28 = 0x30,
	MSG_WRITE48 = 0x34,
	MSG_POWER = 0xe5,
	MSG_FLUSH28 = 0xe7,
	MSG_FLUSH48 = 0xea,
	MSG_IDENTIFY = 0xec
};

struct msg {
	struct mac dst, src;
	uint8_t version; /* high nibble of byte 14 */
	bool response, error;
	uint8_t code; /* AoE error */
	struct aoe_addr addr;
	uint8_t command;
	uint32_t tag;
	/* MSG_ATA */
	uint8_t aflags, feature, count, ata; /* ata: opcode or status */
	uint64_t lba;                        /* six bytes as they are */
	/* MSG_CONFIG */
	uint16_t buffers, firmware;
	uint8_t sectors, ccmd;
	uint16_t string_len;
	uint64_t order; /* of the frame among all; whoever queues it knows */
	/* What follows the header: sectors or config string. */
	const uint8_t *data;
	size_t data_len;
};

/* False when the frame is no AoE message or too short for its command. */
bool msg_get(struct msg *m, const uint8_t *frame, size_t len);
/*
 * Writes the message with m->data_len bytes of m->data (which may already be
 * in place) and returns its length; `frame` has room for it (MSG_MAX).
 */
size_t msg_put(const struct msg *m, uint8_t *frame);

bool msg_is_read(const struct msg *m);
bool msg_is_write(const struct msg *m);
bool msg_is_flush(const struct msg *m);
bool msg_is_setting(const struct msg *m);
bool msg_is_ext(const struct msg *m);
/* The sector that the registers name, by opcode as vblade does it. */
uint64_t msg_sector(const struct msg *m);
/* "e1.0 read 8+2 tag 91000001", for traces; returns buf. */
#define MSG_TEXT 96
char *msg_text(const struct msg *m, char *buf);

#endif
