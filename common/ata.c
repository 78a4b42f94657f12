/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include "common/ata.h"

/* Word numbers and bits of IDENTIFY DEVICE, ATA8-ACS 7.16. */
enum {
	WORD_SERIAL = 10,
	SERIAL_LEN = 20,
	WORD_FIRMWARE = 23,
	FIRMWARE_LEN = 8,
	WORD_MODEL = 27,
	MODEL_LEN = 40,
	WORD_LBA28_SECTORS = 60,
	WORD_SUPPORTED = 83,
	WORD_ENABLED = 86,
	WORD_ENABLED_VALID = 87,
	WORD_LBA48_SECTORS = 100,
	WORD_SECTOR_FORM = 106,
	WORD_SECTOR_WORDS = 117,
	BIT_LBA48 = 0x0400,
	BIT_FLUSH = 0x1000,
	BIT_FLUSH_EXT = 0x2000,
	BIT_LONG_SECTOR = 0x1000,
	VALID_MASK = 0xc000,
	VALID = 0x4000,
};

static uint16_t get_word(const uint8_t *block, unsigned word)
{
	return (uint16_t)(block[2 * word] | block[2 * word + 1] << 8);
}

static uint64_t get_words(const uint8_t *block, unsigned word, unsigned n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 16 | get_word(block, word + n);
	return v;
}

/* Bits 15:14 say whether a word says anything at all. */
static bool is_valid(const uint8_t *block, unsigned word)
{
	return (get_word(block, word) & VALID_MASK) == VALID;
}

/* True when only zeros follow the first zero; `flip` 1 swaps byte pairs. */
static bool is_c_string(const uint8_t *field, unsigned len, unsigned flip)
{
	bool ended = false;

	for (unsigned i = 0; i < len; i++) {
		if (ended && field[i ^ flip])
			return false;
		ended |= !field[i ^ flip];
	}
	return true;
}

/*
 * ATA keeps the first character of a pair in the high byte. qaoed does not, and
 * pads with zeros: its strings end properly only as they stand.
 */
static unsigned byte_order(const uint8_t *block)
{
	const uint8_t *model = block + 2 * WORD_MODEL;
	const uint8_t *serial = block + 2 * WORD_SERIAL;
	bool unswapped = is_c_string(model, MODEL_LEN, 0) &&
			 is_c_string(serial, SERIAL_LEN, 0);
	bool swapped = is_c_string(model, MODEL_LEN, 1) &&
		       is_c_string(serial, SERIAL_LEN, 1);

	return unswapped && !swapped ? 0 : 1;
}

/* Copies a field without the blanks around it; `out` has room for len + 1. */
static void get_text(
    char *out, const uint8_t *field, unsigned len, unsigned flip)
{
	unsigned n = 0;

	for (unsigned i = 0; i < len && field[i ^ flip]; i++) {
		uint8_t c = field[i ^ flip];

		if (c == ' ' && n == 0)
			continue;
		out[n++] = c >= ' ' && c <= '~' ? (char)c : '?';
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = 0;
}

/* ATA uses both all zeros and all ones for a word that says nothing. */
static bool has_lba48(uint16_t word)
{
	return word != 0xffff && word & BIT_LBA48;
}

static uint64_t capacity(const uint8_t *block, bool lba48)
{
	uint64_t n = get_words(block, WORD_LBA48_SECTORS, 4);

	if (lba48 && n)
		return n <= ATA_LBA48_LIMIT ? n : 0;
	n = get_words(block, WORD_LBA28_SECTORS, 2);
	return n < ATA_LBA28_LIMIT ? n : ATA_LBA28_LIMIT;
}

/*
 * What is supported, or else what is enabled. When neither word is valid the
 * disk may flush all the same: FLUSH CACHE is the older command, and a disk
 * without it will say so when it is asked.
 */
static uint16_t flush_bits(const uint8_t *block)
{
	if (is_valid(block, WORD_SUPPORTED))
		return get_word(block, WORD_SUPPORTED);
	if (is_valid(block, WORD_ENABLED_VALID))
		return get_word(block, WORD_ENABLED);
	return BIT_FLUSH;
}

uint64_t ata_sector_size(const uint8_t block[512])
{
	if (!is_valid(block, WORD_SECTOR_FORM) ||
	    !(get_word(block, WORD_SECTOR_FORM) & BIT_LONG_SECTOR))
		return WIRE_SECTOR;
	return 2 * get_words(block, WORD_SECTOR_WORDS, 2);
}

int ata_parse_identity(const uint8_t block[512], struct ata_identity *out)
{
	uint16_t supported = get_word(block, WORD_SUPPORTED);
	struct ata_identity id = {0};
	unsigned flip;

	if (!block[0] && !memcmp(block, block + 1, 511))
		return -ENODATA;
	if (ata_sector_size(block) != WIRE_SECTOR)
		return -EMEDIUMTYPE;
	/* qaoed leaves the validity bits clear, yet it has LBA48. */
	id.lba48 =
	    has_lba48(supported) || has_lba48(get_word(block, WORD_ENABLED));
	id.sectors = capacity(block, id.lba48);
	if (!id.sectors)
		return -EINVAL;
	id.flush = flush_bits(block) & BIT_FLUSH;
	id.flush_ext = flush_bits(block) & BIT_FLUSH_EXT;

	flip = byte_order(block);
	get_text(id.model, block + 2 * WORD_MODEL, MODEL_LEN, flip);
	get_text(id.serial, block + 2 * WORD_SERIAL, SERIAL_LEN, flip);
	get_text(id.firmware, block + 2 * WORD_FIRMWARE, FIRMWARE_LEN, flip);
	*out = id;
	return 0;
}

bool ata_serial_is_constant(const struct ata_identity *id)
{
	return !*id->serial || strcmp(id->serial, "SN HERE") == 0;
}

bool ata_same_identity(
    const struct ata_identity *a, const struct ata_identity *b, bool with_size)
{
	return !strcmp(a->model, b->model) && !strcmp(a->serial, b->serial) &&
	       (!with_size || a->sectors == b->sectors);
}

void ata_put_transfer(
    struct wire_ata *a, bool write, bool lba48, uint64_t lba, unsigned count)
{
	/* Cut to its last bits an address is that of another sector. */
	assert(lba + count <= (lba48 ? ATA_LBA48_LIMIT : ATA_LBA28_END));
	*a = (struct wire_ata){
	    .aflags = write ? WIRE_AFLAG_WRITE : 0,
	    .count = (uint8_t)count,
	};
	if (lba48) {
		/* Targets go by the opcode or by the flag: never one alone. */
		a->aflags |= WIRE_AFLAG_EXT;
		a->command = write ? ATA_WRITE_EXT : ATA_READ_EXT;
		a->lba = lba;
	} else {
		a->command = write ? ATA_WRITE : ATA_READ;
		a->lba = lba | 0xe0000000;
	}
}

void ata_put_identify(struct wire_ata *a)
{
	*a = (struct wire_ata){
	    .count = 1,
	    .command = ATA_IDENTIFY,
	    .lba = 0xa0000000,
	};
}

void ata_put_flush(struct wire_ata *a, bool ext, unsigned count)
{
	*a = (struct wire_ata){
	    .aflags = ext ? WIRE_AFLAG_EXT : 0,
	    .count = (uint8_t)count,
	    .command = ext ? ATA_FLUSH_EXT : ATA_FLUSH,
	};
}
