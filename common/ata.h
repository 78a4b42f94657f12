/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The part of ATA that AoE carries: opcodes, status bits, how a sector address
 * goes into the registers, and what IDENTIFY DEVICE says. ATA8-ACS.
 */
#ifndef COMMON_ATA_H
#define COMMON_ATA_H

#include <stdbool.h>
#include <stdint.h>
#include "common/wire.h"

enum ata_opcode {
	ATA_READ = 0x20,
	ATA_READ_EXT = 0x24,
	ATA_WRITE = 0x30,
	ATA_WRITE_EXT = 0x34,
	ATA_CHECK_POWER = 0xe5,
	ATA_FLUSH = 0xe7,
	ATA_FLUSH_EXT = 0xea,
	ATA_IDENTIFY = 0xec,
};

#define ATA_STATUS_BSY 0x80u
#define ATA_STATUS_DRDY 0x40u
#define ATA_STATUS_DF 0x20u
#define ATA_STATUS_DRQ 0x08u
#define ATA_STATUS_ERR 0x01u
/* Any of these means that the command did not do its work. */
#define ATA_STATUS_FAILED 0xa9u

#define ATA_ERROR_ICRC 0x80u
#define ATA_ERROR_UNC 0x40u /* on a write: write protected */
#define ATA_ERROR_IDNF 0x10u
#define ATA_ERROR_ABRT 0x04u

#define ATA_LBA28_LIMIT 0x0fffffffull /* sectors an LBA28 drive can have */
#define ATA_LBA28_END (1ull << 28)    /* sectors that LBA28 opcodes can reach */
#define ATA_LBA48_LIMIT (1ull << 48)

/* What IDENTIFY DEVICE says, as far as it matters here. */
struct ata_identity {
	uint64_t sectors; /* of 512 bytes */
	bool lba48;
	bool flush;     /* FLUSH CACHE */
	bool flush_ext; /* FLUSH CACHE EXT */
	/* Text, trimmed, NUL terminated, printable ASCII ('?' for the rest). */
	char model[41], serial[21], firmware[9];
};

/*
 * Parses the 512 bytes of IDENTIFY. Returns 0; -ENODATA when the block is all
 * zero; -EMEDIUMTYPE when sectors are not 512 bytes; -EINVAL when it gives no
 * LBA capacity, or one beyond ATA_LBA48_LIMIT. Capacity: words 100-103 when
 * LBA48 is set and they are not zero, else words 60-61. A disk whose words say
 * nothing of flushes counts as one with FLUSH CACHE. Strings of targets that do
 * not swap bytes (qaoed) come out readable too. `out` is only written on
 * success.
 */
int ata_parse_identity(const uint8_t block[512], struct ata_identity *out);
/* Bytes in a logical sector; words 106, 117 and 118. */
uint64_t ata_sector_size(const uint8_t block[512]);

/*
 * The serial number says nothing: there is none, or it is kvblade's, which is
 * the same for all disks.
 */
bool ata_serial_is_constant(const struct ata_identity *id);
/* Same disk: model and serial equal, and the size too when `with_size`. */
bool ata_same_identity(
    const struct ata_identity *a, const struct ata_identity *b, bool with_size);

/*
 * Fills the registers for moving `count` sectors at `lba`. LBA48 devices get
 * the EXT opcode and WIRE_AFLAG_EXT, others the LBA28 form (lba3 = 0xe0 | bits
 * 27..24). The caller has checked the range against the device: one that the
 * opcode cannot carry is a fault of the program, and ends it.
 */
void ata_put_transfer(
    struct wire_ata *a, bool write, bool lba48, uint64_t lba, unsigned count);
void ata_put_identify(struct wire_ata *a);
/*
 * FLUSH CACHE EXT when `ext`, else FLUSH CACHE. The count says nothing: 0 for
 * vblade, 1 for targets that refuse every command without sectors.
 */
void ata_put_flush(struct wire_ata *a, bool ext, unsigned count);

#endif
