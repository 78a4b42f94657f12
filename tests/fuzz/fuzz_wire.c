/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every decoder on arbitrary bytes. What was decoded is encoded again, and must
 * then decode to the same bytes.
 */
#include <stdlib.h>
#include <string.h>
#include "common/ata.h"
#include "common/err.h"
#include "common/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM 4096

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* Reads every byte that the decoder says may be read. */
static void touch(const uint8_t *p, size_t n)
{
	volatile uint8_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + p[i]);
}

static size_t try_ata(
    const uint8_t *frame, size_t len, const struct wire_header *h, uint8_t *out)
{
	struct ata_identity id;
	struct wire_ata a;

	if (wire_get_ata(frame, len, &a))
		return 0;
	must(a.data_len == len - WIRE_ATA_HEADER);
	touch(a.data, a.data_len);
	for (int op = ERR_READ; op <= ERR_IDENTIFY; op++)
		must(err_from_ata(
			 (enum err_op)op, ATA_FLUSH, a.command, a.feature)
			 .error <= 0);
	if (a.data_len >= WIRE_SECTOR && !ata_parse_identity(a.data, &id))
		must(id.sectors && id.sectors <= ATA_LBA48_LIMIT &&
		     strlen(id.model) <= 40 && strlen(id.serial) <= 20);
	return wire_put_ata(out, ROOM, h, &a);
}

static size_t try_config(
    const uint8_t *frame, size_t len, const struct wire_header *h, uint8_t *out)
{
	struct wire_config c;

	if (wire_get_config(frame, len, &c))
		return 0;
	must(c.string_len <= WIRE_CONFIG_MAX && c.string_len <= c.length);
	touch(c.string, c.string_len);
	return wire_put_config(out, ROOM, h, &c);
}

static size_t try_mask(
    const uint8_t *frame, size_t len, const struct wire_header *h, uint8_t *out)
{
	struct wire_mask m;

	if (wire_get_mask(frame, len, &m))
		return 0;
	must(m.present <= m.count);
	m.count = (uint8_t)m.present;
	return wire_put_mask(out, ROOM, h, &m);
}

static size_t try_reserve(
    const uint8_t *frame, size_t len, const struct wire_header *h, uint8_t *out)
{
	struct wire_reserve r;

	if (wire_get_reserve(frame, len, &r))
		return 0;
	must(r.present <= r.count);
	r.count = (uint8_t)r.present;
	return wire_put_reserve(out, ROOM, h, &r);
}

/* The bytes that `frame` means, without what no field holds; 0 if none. */
static size_t again(const uint8_t *frame, size_t len, uint8_t *out)
{
	struct wire_header h;
	enum wire_error e = wire_get_header(frame, len, &h);

	must(wire_error_text(e) != NULL);
	if (e)
		return 0;
	must(err_from_aoe(h.error).error < 0);
	switch (h.command) {
	case WIRE_ATA:
		return try_ata(frame, len, &h, out);
	case WIRE_CONFIG:
		return try_config(frame, len, &h, out);
	case WIRE_MASK:
		return try_mask(frame, len, &h, out);
	case WIRE_RESERVE:
		return try_reserve(frame, len, &h, out);
	default:
		return 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t once[ROOM], twice[ROOM];
	struct wire_ata a;
	struct wire_config c;
	struct wire_mask m;
	struct wire_reserve r;
	size_t n = again(data, size, once);

	if (n) {
		must(again(once, n, twice) == n);
		must(!memcmp(once, twice, n));
	}
	/* Argument decoders promise the same behind a header that is none. */
	if (!wire_get_config(data, size, &c))
		touch(c.string, c.string_len);
	if (!wire_get_ata(data, size, &a))
		touch(a.data, a.data_len);
	wire_get_mask(data, size, &m);
	wire_get_reserve(data, size, &r);
	return 0;
}
