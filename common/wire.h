/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The AoE wire format, commands 0 to 3, requests and responses, both ways.
 * Pure: bytes to a struct and back. Decoding accepts every byte string, never
 * reads beyond it, and does not require Ethernet padding (veth adds none).
 * AoEr11 sections 2 to 6.
 */
#ifndef COMMON_WIRE_H
#define COMMON_WIRE_H

#include "common/addr.h"

#define WIRE_ETHERTYPE 0x88a2u
#define WIRE_VERSION 1u
#define WIRE_FLAG_RESPONSE 0x08u
#define WIRE_FLAG_ERROR 0x04u

#define WIRE_ETHERNET 14u      /* what an MTU does not count, bytes */
#define WIRE_HEADER 24u        /* Ethernet + common AoE header, bytes */
#define WIRE_ATA_HEADER 36u    /* ... + ATA argument */
#define WIRE_CONFIG_HEADER 32u /* ... + config argument */
#define WIRE_MIN_FRAME 60u     /* requests are padded to this with zeros */
#define WIRE_CONFIG_MAX 1024u  /* longest config string */
#define WIRE_SECTOR 512u
#define WIRE_MASK_MAX 255u
#define WIRE_RESERVE_MAX 255u

enum wire_command {
	WIRE_ATA = 0,
	WIRE_CONFIG = 1,
	WIRE_MASK = 2,
	WIRE_RESERVE = 3,
	WIRE_VENDOR = 0xf0, /* this and above */
};

/* The AoE error codes of AoEr11 section 2.4. */
enum wire_aoe_error {
	WIRE_ERR_NONE = 0,
	WIRE_ERR_COMMAND = 1,
	WIRE_ERR_ARGUMENT = 2,
	WIRE_ERR_UNAVAILABLE = 3,
	WIRE_ERR_CONFIG_SET = 4,
	WIRE_ERR_VERSION = 5,
	WIRE_ERR_RESERVED = 6,
};

#define WIRE_AFLAG_EXT 0x40u
#define WIRE_AFLAG_DEVICE 0x10u
#define WIRE_AFLAG_ASYNC 0x02u
#define WIRE_AFLAG_WRITE 0x01u

enum wire_ccmd {
	WIRE_CONFIG_READ = 0,
	WIRE_CONFIG_TEST = 1,
	WIRE_CONFIG_PREFIX = 2,
	WIRE_CONFIG_SET_EMPTY = 3,
	WIRE_CONFIG_FORCE = 4,
};

struct wire_header {
	struct mac dst, src;
	uint8_t version; /* 1; announcements of vblade carry 0 */
	uint8_t flags;   /* WIRE_FLAG_* */
	uint8_t error;   /* meaningful only with WIRE_FLAG_ERROR */
	struct aoe_addr addr;
	uint8_t command;
	uint32_t tag;
};

struct wire_ata {
	uint8_t aflags;
	uint8_t feature; /* request: feature; response: ATA error register */
	uint8_t count;   /* sectors */
	uint8_t command; /* request: opcode; response: ATA status register */
	uint64_t lba;    /* the six bytes as they are (LBA28: 0xe0 in byte 3) */
	const uint8_t *data; /* decode only: what follows, or NULL */
	size_t data_len;     /* with Ethernet padding, if there was any */
};

struct wire_config {
	uint16_t buffers;  /* Buffer Count: messages the target can queue */
	uint16_t firmware; /* free form */
	uint8_t sectors;   /* most sectors in one ATA message, 0 on old ones */
	uint8_t version;   /* high nibble of byte 29 */
	uint8_t ccmd;      /* low nibble of byte 29 */
	uint16_t length;   /* of the string as it stands in the frame */
	const uint8_t *string; /* not NUL terminated */
	size_t string_len;     /* clipped to the frame and to WIRE_CONFIG_MAX */
};

struct wire_mask {
	uint8_t mcmd, merror, count;
	struct {
		uint8_t dcmd;
		struct mac mac;
	} directive[WIRE_MASK_MAX]; /* decoded: `present` of them are valid */
	unsigned present;           /* directives that the frame really holds */
};

struct wire_reserve {
	uint8_t rcmd, count;
	struct mac mac[WIRE_RESERVE_MAX];
	unsigned present; /* MACs that the frame really holds */
};

enum wire_error {
	WIRE_OK,
	WIRE_SHORT,   /* shorter than its command's header */
	WIRE_NOT_AOE, /* another ethertype */
	WIRE_BAD_VERSION,
	WIRE_UNKNOWN_COMMAND, /* the header is valid, the argument unread */
};

/*
 * Reads the common header. Returns WIRE_OK, WIRE_SHORT, WIRE_NOT_AOE or
 * WIRE_BAD_VERSION (version 0 passes for command 1 only: vblade's boot
 * announcement). On WIRE_SHORT and WIRE_NOT_AOE nothing is stored.
 */
enum wire_error wire_get_header(
    const uint8_t *frame, size_t len, struct wire_header *out);
/*
 * Read the argument behind a header that was WIRE_OK. WIRE_OK, or WIRE_SHORT
 * and nothing is stored. Pointers in `out` point into `frame`.
 */
enum wire_error wire_get_ata(
    const uint8_t *frame, size_t len, struct wire_ata *out);
enum wire_error wire_get_config(
    const uint8_t *frame, size_t len, struct wire_config *out);
enum wire_error wire_get_mask(
    const uint8_t *frame, size_t len, struct wire_mask *out);
enum wire_error wire_get_reserve(
    const uint8_t *frame, size_t len, struct wire_reserve *out);

/*
 * Write header and argument at `buf`; return the length without padding and
 * without data, or 0 when `size` is too small. The caller pads requests to
 * WIRE_MIN_FRAME with wire_pad(). For config, `string_len` bytes of `string`
 * follow the header, and that is what its length field says (at most
 * WIRE_CONFIG_MAX, else 0), unless `string` is NULL: then they are sent from
 * elsewhere; for mask and reserve the first `count` entries.
 */
size_t wire_put_ata(void *buf, size_t size, const struct wire_header *h,
    const struct wire_ata *a);
size_t wire_put_config(void *buf, size_t size, const struct wire_header *h,
    const struct wire_config *c);
size_t wire_put_mask(void *buf, size_t size, const struct wire_header *h,
    const struct wire_mask *m);
size_t wire_put_reserve(void *buf, size_t size, const struct wire_header *h,
    const struct wire_reserve *r);
/* Zero-fills [len, WIRE_MIN_FRAME) of buf (that large); the padded length. */
size_t wire_pad(void *buf, size_t len);

/* Most sectors that a frame on this MTU carries, 0..255 (AoEr11 2.6). */
unsigned wire_sectors_for_mtu(unsigned mtu);

const char *wire_error_text(enum wire_error e);

#endif
