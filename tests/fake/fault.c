/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fake/fault.h"
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum fault_kind kind;
	uint8_t code;
} kinds[] = {
    {"E1", FAULT_AOE, 1},
    {"E2", FAULT_AOE, 2},
    {"E3", FAULT_AOE, 3},
    {"E4", FAULT_AOE, 4},
    {"E5", FAULT_AOE, 5},
    {"E6", FAULT_AOE, 6},
    {"ICRC", FAULT_ATA, 0x80},
    {"UNC", FAULT_ATA, 0x40},
    {"IDNF", FAULT_ATA, 0x10},
    {"ABRT", FAULT_ATA, 0x04},
    {"SHORT", FAULT_SHORT, 0},
    {"SILENT", FAULT_SILENT, 0},
};

/* xorshift64*: small, and the same everywhere for one seed. */
static uint64_t next(struct fault *f)
{
	f->random ^= f->random >> 12;
	f->random ^= f->random << 25;
	f->random ^= f->random >> 27;
	return f->random * 0x2545f4914f6cdd1dull;
}

bool fault_chance(struct fault *f, double p)
{
	return p > 0 && (double)(next(f) >> 11) < p * 0x1p53;
}

uint64_t fault_below(struct fault *f, uint64_t max)
{
	return max ? next(f) % max : 0;
}

enum fault_loss fault_lose(struct fault *f, enum fault_way way, size_t len)
{
	struct fault_line *l = &f->line[way];

	if (l->hole && len > l->hole)
		return FAULT_IN_HOLE;
	if (!l->burst_left && fault_chance(f, l->burst))
		l->burst_left = l->burst_length;
	if (l->burst_left) {
		l->burst_left--;
		return FAULT_DROPPED;
	}
	return fault_chance(f, l->drop) ? FAULT_DROPPED : FAULT_PASSES;
}

int fault_add(struct fault *f, const char *text)
{
	struct fault_error *e = &f->error[f->errors];
	size_t len;
	char *end;

	if (f->errors == FAULT_ERRORS)
		return -1;
	e->lba = strtoull(text, &end, 10);
	if (end == text || *end != ':')
		return -1;
	text = end + 1;
	len = strcspn(text, ":");
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].name) == len &&
		    !memcmp(kinds[i].name, text, len)) {
			e->kind = kinds[i].kind;
			e->code = kinds[i].code;
		}
	}
	if (e->kind == FAULT_NONE)
		return -1;
	e->times = UINT64_MAX;
	if (text[len]) {
		e->times = strtoull(text + len + 1, &end, 10);
		if (*end || end == text + len + 1)
			return -1;
	}
	f->errors++;
	return 0;
}

const struct fault_error *fault_find(
    struct fault *f, uint64_t lba, unsigned count)
{
	for (unsigned i = 0; i < f->errors; i++) {
		struct fault_error *e = &f->error[i];

		if (e->lba < lba || e->lba - lba >= count || !e->times)
			continue;
		if (e->times != UINT64_MAX)
			e->times--;
		return e;
	}
	return NULL;
}

int fault_order_trouble(struct fault *f, const char *text)
{
	static const char *const names[] = {
	    [TROUBLE_SILENT] = "silent",
	    [TROUBLE_STALL] = "stall",
	    [TROUBLE_SUSPENDED] = "E3",
	    [TROUBLE_RESERVED] = "E6",
	};
	size_t len = strcspn(text, ":");
	unsigned long long ms;
	char *end;

	for (unsigned i = TROUBLE_SILENT; i <= TROUBLE_RESERVED; i++) {
		if (strlen(names[i]) == len && !memcmp(names[i], text, len))
			f->ordered = (enum fault_trouble)i;
	}
	if (f->ordered == TROUBLE_NONE || !text[len])
		return -1;
	ms = strtoull(text + len + 1, &end, 10);
	f->trouble_time = ms * 1000000;
	return *end || end == text + len + 1 ? -1 : 0;
}

void fault_signal(struct fault *f, uint64_t now)
{
	if (f->trouble != TROUBLE_NONE && !f->trouble_time) {
		f->trouble = TROUBLE_NONE;
		return;
	}
	f->trouble = f->ordered;
	f->trouble_end = now + f->trouble_time;
}

void fault_tick(struct fault *f, uint64_t now)
{
	if (f->trouble_time && now >= f->trouble_end)
		f->trouble = TROUBLE_NONE;
}
