/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/persona.h"

#include <string.h>

#define JUNK 0x6a
#define AFLAG_EXT 0x40
#define AFLAG_WRITE 0x01

static const struct persona personas[PERSONA_KINDS] = {
    [PERSONA_VBLADE] = {.name = "vblade",
	.serial = "1.0:sim",
	.model = "Coraid EtherDrive vblade",
	.buffers = 16,
	.firmware = 0x4019,
	.version = VERSION_ECHOED,
	.command = PERSONA_AOE(1),
	.cut = PERSONA_SILENCE,
	.many = PERSONA_AOE(2),
	.brief = PERSONA_AOE(2),
	.beyond = 0x4110,
	.flush28 = 0x0000,
	.flush48 = 0x4104,
	.unknown = 0x4104,
	.power = 0x4000,
	.medium = 0x4104,
	.readonly = 0x4104,
	.w83 = 0x5400,
	.order = SERVICE_FIFO},
    [PERSONA_GGAOED] = {.name = "ggaoed",
	.serial = "disk1",
	.model = "ggaoed",
	.buffers = 64,
	.firmware = 0x0100,
	.version = VERSION_SILENT,
	.command = PERSONA_AOE(1),
	.cut = PERSONA_AOE(1),
	.many = 0x4104,
	.brief = 0x4104,
	.beyond = 0x4110,
	.flush28 = 0xe700,
	.flush48 = 0xea00,
	.unknown = 0x4104,
	.power = 0x4000,
	.medium = 0x4140,
	.readonly = 0x4104,
	.w83 = 0x7400,
	.lba_by_flag = true,
	.bare_errors = true,
	.keeps_count = true,
	.merges = true,
	.order = SERVICE_UNIFORM},
    [PERSONA_KVBLADE] = {.name = "kvblade",
	.serial = "SN HERE",
	.model = "EtherDrive(R) kvblade",
	.buffers = 1024,
	.firmware = 0x0002,
	.powers = true,
	.version = VERSION_ONE,
	.min_len = 36,
	.command = PERSONA_SILENCE,
	.cut = PERSONA_SILENCE,
	.many = PERSONA_SERVED,
	.brief = PERSONA_SILENCE,
	.beyond = 0x0110,
	.flush28 = 0x4000,
	.flush48 = 0x0104,
	.unknown = 0x0104,
	.power = 0x0104,
	.medium = 0x2144,
	.readonly = 0x2144,
	.w83 = 0x5400,
	.order = SERVICE_UNIFORM},
    [PERSONA_QAOED] = {.name = "qaoed",
	.serial = "qaoed-1",
	.model = "qaoed target",
	.buffers = 20,
	.firmware = 0x400a,
	.version = VERSION_ECHOED,
	.command = PERSONA_SILENCE,
	.cut = PERSONA_SILENCE,
	.many = PERSONA_SERVED,
	.brief = PERSONA_SILENCE,
	.beyond = PERSONA_SERVED,
	.flush28 = PERSONA_BOTH | 0x4104,
	.flush48 = PERSONA_BOTH | 0x4104,
	.unknown = PERSONA_BOTH | 0x4104,
	.power = PERSONA_BOTH | 0x4104,
	.medium = PERSONA_BOTH | 0x4104,
	.readonly = PERSONA_BOTH | 0x4104,
	.w83 = 0x0400,
	.lba_by_flag = true,
	.unswapped = true,
	.order = SERVICE_FIFO},
    [PERSONA_VSX] = {.name = "vsx",
	.serial = "VSX0001LUN1",
	.model = "Coraid VSX",
	.buffers = 64,
	.firmware = 0x4100,
	.queue = 128,
	.sectors = 16,
	.version = VERSION_ECHOED,
	.command = PERSONA_AOE(1),
	.cut = PERSONA_SILENCE,
	.many = 0x4104,
	.brief = 0x4104,
	.beyond = 0x6104,
	.flush28 = 0x4000,
	.flush48 = 0x4000,
	.unknown = PERSONA_SILENCE,
	.power = PERSONA_SILENCE,
	.medium = 0x4140,
	.readonly = 0x4140,
	.identify_error = 0x40,
	.w83 = 0x7400,
	.lba28_broken = true,
	.wide_errors = true,
	.advances = true,
	.one_per_sector = true,
	.order = SERVICE_FIFO},
    [PERSONA_ETHERDRIVE] = {.name = "etherdrive",
	.serial = "SRX0001LUN0",
	.model = "Coraid EtherDrive SRX",
	.buffers = 32,
	.firmware = 0x4025,
	.sectors = 17,
	.version = VERSION_ECHOED,
	.command = PERSONA_AOE(1),
	.cut = PERSONA_SILENCE,
	.many = PERSONA_AOE(2),
	.brief = PERSONA_AOE(2),
	.beyond = 0x5110,
	.flush28 = 0x5000,
	.flush48 = 0x5000,
	.unknown = 0x5104,
	.power = 0x5000,
	.medium = 0x5140,
	.readonly = 0x5104,
	.w83 = 0x7400,
	.order = SERVICE_FIFO},
};

const struct persona *persona_get(enum persona_kind kind)
{
	return &personas[kind];
}

unsigned persona_sectors(const struct persona *p, unsigned fits)
{
	if (p->sectors && p->sectors < fits)
		fits = p->sectors;
	if (!p->powers || fits <= 7)
		return fits;
	if (fits > 64)
		return 64;
	while (fits & (fits - 1))
		fits &= fits - 1;
	return fits;
}

bool persona_takes(const struct persona *p, const struct msg *q, size_t len)
{
	if (len < p->min_len)
		return false;
	return q->version == 1 || p->version != VERSION_SILENT;
}

uint64_t persona_lba(const struct persona *p, const struct msg *q)
{
	if (p->lba28_broken && !msg_is_ext(q) && q->lba >> 28 & 0xe)
		return UINT64_MAX;
	if (!p->lba_by_flag)
		return msg_sector(q);
	return q->aflags & AFLAG_EXT ? q->lba : q->lba & 0x0fffffff;
}

void persona_text(
    const struct persona *p, uint8_t *at, const char *text, size_t len)
{
	/* Those that do not swap do not pad with blanks either. */
	uint8_t pad = p->unswapped ? 0 : ' ';

	for (size_t i = 0; i < len; i++) {
		at[p->unswapped ? i : i ^ 1] = *text ? (uint8_t)*text : pad;
		text += *text != 0;
	}
}

bool persona_outcome(const struct persona *p, uint32_t outcome,
    const struct msg *q, struct msg *m, uint8_t *junk)
{
	if (outcome == PERSONA_SILENCE)
		return false;
	if (outcome & PERSONA_AOE(0)) {
		m->error = true;
		m->code = (uint8_t)outcome;
		return true;
	}
	if (outcome & PERSONA_BOTH) {
		m->error = true;
		m->code |= 2;
	}
	m->ata = (uint8_t)(outcome >> 8);
	m->feature = (uint8_t)outcome;
	if (p->wide_errors && msg_is_read(q)) {
		memset(junk, JUNK, q->count * MSG_SECTOR);
		m->data = junk;
		m->data_len = q->count * MSG_SECTOR;
	}
	return true;
}

void persona_finish(const struct persona *p, const struct msg *q, struct msg *m)
{
	if (p->version == VERSION_ONE)
		m->version = 1;
	if (m->command != MSG_ATA || m->error)
		return;
	if (p->keeps_count && (msg_is_read(q) || msg_is_write(q)))
		m->count = q->count;
	if (p->advances)
		m->lba += q->count;
}

size_t persona_padding(
    const struct persona *p, const struct msg *q, const struct msg *m)
{
	/* vblade's answers are as long as the request's count asks for. */
	if (p == &personas[PERSONA_VBLADE] && m->command == MSG_ATA &&
	    (!q->count || q->aflags & AFLAG_WRITE))
		return 60;
	return 0;
}
