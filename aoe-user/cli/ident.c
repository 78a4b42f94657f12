/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/cli/ident.h"

static unsigned word(const uint8_t *block, unsigned n)
{
	return block[2 * n] | (unsigned)block[2 * n + 1] << 8;
}

/* Words 83, 84, 87, 106: bits 15..14 are 01 when the word says anything. */
static bool is_valid(unsigned w)
{
	return (w & 0xc000) == 0x4000;
}

static enum ident_feature feature(const uint8_t *block, unsigned bit)
{
	if (!is_valid(word(block, 83)) || !(word(block, 82) >> bit & 1))
		return IDENT_ABSENT;
	if (!is_valid(word(block, 87)) || !(word(block, 85) >> bit & 1))
		return IDENT_OFF;
	return IDENT_ON;
}

static void parse_sector_size(const uint8_t *block, struct ident *out)
{
	unsigned w = word(block, 106);

	out->logical_bytes = out->physical_bytes = 512;
	if (!is_valid(w))
		return;
	/* In words of two bytes; more than a million would be nonsense. */
	if (w & 1 << 12 && !word(block, 118) && word(block, 117) >= 256)
		out->logical_bytes = 2 * word(block, 117);
	out->physical_bytes = out->logical_bytes;
	if (w & 1 << 13)
		out->physical_bytes <<= w & 0xf;
}

void ident_parse(const uint8_t block[IDENT_BLOCK], struct ident *out)
{
	unsigned i, w = word(block, 217);

	*out = (struct ident){.queue_depth = (word(block, 75) & 0x1f) + 1};
	parse_sector_size(block, out);
	if (w == 1 || (w >= 0x401 && w <= 0xfffe))
		out->rotation = w;
	out->smart = feature(block, 0);
	out->write_cache = feature(block, 5);
	if (is_valid(word(block, 84)) && word(block, 84) & 1 << 8)
		for (i = 108; i < 112; i++)
			out->wwn = out->wwn << 16 | word(block, i);
}

const char *ident_feature_text(enum ident_feature f)
{
	static const char *const text[] = {
	    [IDENT_ABSENT] = "no",
	    [IDENT_OFF] = "off",
	    [IDENT_ON] = "on",
	};

	return text[f];
}
