/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rate CAPTURE: bytes per second of the data that the reads in a capture of our
 * own brought, from the first answer to the last one. What came twice counts
 * once.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER 36 /* of an ATA answer */
#define SECTORS (1u << 24)
#define NANO_MAGIC 0xa1b23c4du

struct record {
	uint32_t seconds, fraction, captured, length;
};

struct rate {
	uint64_t second; /* how many fractions are one */
	uint64_t first, last, bytes;
	uint8_t seen[SECTORS / 8];
};

static void take_answer(
    struct rate *r, const uint8_t *b, const struct record *rec)
{
	uint64_t now = rec->seconds * r->second + rec->fraction;
	uint32_t lba = b[28] | b[29] << 8 | b[30] << 16;
	uint8_t bit = (uint8_t)(1 << lba % 8);

	if (r->seen[lba / 8] & bit)
		return;
	r->seen[lba / 8] |= bit;
	if (!r->first)
		r->first = now; /* what it brings took time before that */
	else
		r->bytes += rec->length - HEADER;
	r->last = now;
}

static bool is_read_answer(const uint8_t *b, const struct record *rec)
{
	return rec->captured >= HEADER && rec->length > HEADER + 512 &&
	       b[14] & 0x08 && b[19] == 0 && b[27] == 0x40;
}

static bool take_file(struct rate *r, FILE *f)
{
	uint8_t bytes[HEADER];
	struct record rec;
	uint32_t file[6], some;

	if (fread(file, sizeof(file), 1, f) != 1)
		return false;
	r->second = file[0] == NANO_MAGIC ? 1000000000 : 1000000;
	while (fread(&rec, sizeof(rec), 1, f) == 1) {
		some = rec.captured < HEADER ? rec.captured : HEADER;
		if (fread(bytes, 1, some, f) != some ||
		    fseek(f, (long)(rec.captured - some), SEEK_CUR))
			return false;
		if (is_read_answer(bytes, &rec))
			take_answer(r, bytes, &rec);
	}
	return r->last > r->first;
}

int main(int argc, char **argv)
{
	struct rate *r = calloc(1, sizeof(*r));
	FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;

	if (!r || !f || !take_file(r, f)) {
		fprintf(stderr, "rate: no capture of reads\n");
		return 1;
	}
	printf("%.0f\n", (double)r->bytes * (double)r->second /
			     (double)(r->last - r->first));
	fclose(f);
	free(r);
	return 0;
}
