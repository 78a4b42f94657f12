/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/msg.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static unsigned be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static bool get_ata(struct msg *m, const uint8_t *f, size_t len)
{
	if (len < 36)
		return false;
	m->aflags = f[24];
	m->feature = f[25];
	m->count = f[26];
	m->ata = f[27];
	for (int i = 0; i < 6; i++)
		m->lba |= (uint64_t)f[28 + i] << (8 * i);
	m->data = f + 36;
	m->data_len = len - 36;
	return true;
}

static bool get_config(struct msg *m, const uint8_t *f, size_t len)
{
	if (len < 32)
		return false;
	m->buffers = (uint16_t)be16(f + 24);
	m->firmware = (uint16_t)be16(f + 26);
	m->sectors = f[28];
	m->ccmd = f[29] & 0xf;
	m->string_len = (uint16_t)be16(f + 30);
	m->data = f + 32;
	m->data_len = len - 32;
	return true;
}

bool msg_get(struct msg *m, const uint8_t *f, size_t len)
{
	memset(m, 0, sizeof(*m));
	if (len < 24 || be16(f + 12) != 0x88a2)
		return false;
	memcpy(m->dst.b, f, 6);
	memcpy(m->src.b, f + 6, 6);
	m->version = f[14] >> 4;
	m->response = f[14] & 8;
	m->error = f[14] & 4;
	m->code = f[15];
	m->addr.shelf = (uint16_t)be16(f + 16);
	m->addr.slot = f[18];
	m->command = f[19];
	m->tag = (uint32_t)be16(f + 20) << 16 | be16(f + 22);
	if (m->command == MSG_ATA)
		return get_ata(m, f, len);
	if (m->command == MSG_CONFIG)
		return get_config(m, f, len);
	return true;
}

static size_t put_ata(const struct msg *m, uint8_t *f)
{
	f[24] = m->aflags;
	f[25] = m->feature;
	f[26] = m->count;
	f[27] = m->ata;
	for (int i = 0; i < 6; i++)
		f[28 + i] = (uint8_t)(m->lba >> (8 * i));
	f[34] = f[35] = 0;
	return 36;
}

static size_t put_config(const struct msg *m, uint8_t *f)
{
	put16(f + 24, m->buffers);
	put16(f + 26, m->firmware);
	f[28] = m->sectors;
	f[29] = (uint8_t)(0x10 | m->ccmd);
	put16(f + 30, m->string_len);
	return 32;
}

size_t msg_put(const struct msg *m, uint8_t *f)
{
	size_t len = 24;

	memcpy(f, m->dst.b, 6);
	memcpy(f + 6, m->src.b, 6);
	put16(f + 12, 0x88a2);
	f[14] = (uint8_t)(m->version << 4 | (m->response ? 8 : 0) |
			  (m->error ? 4 : 0));
	f[15] = m->code;
	put16(f + 16, m->addr.shelf);
	f[18] = m->addr.slot;
	f[19] = m->command;
	put16(f + 20, m->tag >> 16);
	put16(f + 22, m->tag & 0xffff);
	if (m->command == MSG_ATA)
		len = put_ata(m, f);
	else if (m->command == MSG_CONFIG)
		len = put_config(m, f);
	if (m->data_len && m->data != f + len)
		memcpy(f + len, m->data, m->data_len);
	return len + m->data_len;
}

bool msg_is_read(const struct msg *m)
{
	return m->command == MSG_ATA &&
	       (m->ata == MSG_READ28 || m->ata == MSG_READ48);
}

bool msg_is_write(const struct msg *m)
{
	return m->command == MSG_ATA &&
	       (m->ata == MSG_WRITE28 || m->ata == MSG_WRITE48);
}

bool msg_is_flush(const struct msg *m)
{
	return m->command == MSG_ATA &&
	       (m->ata == MSG_FLUSH28 || m->ata == MSG_FLUSH48);
}

bool msg_is_setting(const struct msg *m)
{
	return m->command == MSG_CONFIG && m->ccmd == MSG_FORCE;
}

bool msg_is_ext(const struct msg *m)
{
	return m->ata == MSG_READ48 || m->ata == MSG_WRITE48 ||
	       m->ata == MSG_FLUSH48;
}

uint64_t msg_sector(const struct msg *m)
{
	return msg_is_ext(m) ? m->lba : m->lba & 0x0fffffff;
}

char *msg_text(const struct msg *m, char *buf)
{
	const char *what = "?";

	if (msg_is_setting(m))
		what = "setting";
	else if (m->command == MSG_CONFIG)
		what = "config";
	else if (msg_is_read(m))
		what = "read";
	else if (msg_is_write(m))
		what = "write";
	else if (msg_is_flush(m))
		what = "flush";
	else if (m->command == MSG_ATA && m->ata == MSG_IDENTIFY)
		what = "identify";
	snprintf(buf, MSG_TEXT, "e%u.%u %s %" PRIu64 "+%u tag %08" PRIx32,
	    m->addr.shelf, m->addr.slot, what, msg_sector(m), m->count, m->tag);
	return buf;
}
