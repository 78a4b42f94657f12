/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fake/persona.h"
#include <stddef.h>
#include <string.h>

/* What is in a struct persona_answer. */
#define SILENT PERSONA_SILENT, 0, 0
#define SERVED PERSONA_SERVED, 0, 0
#define AOE(code) PERSONA_AOE, 0, code
#define ATA(status, error) PERSONA_ATA, status, error
#define BOTH(status, error) PERSONA_BOTH, status, error
#define GOOD ATA(0x40, 0)

/* What most of them have in common; later initialisers win. */
#define COMMON                                                                 \
	.revision = "1.0", .features = PERSONA_LBA48 | PERSONA_FLUSH,          \
	.commands = 4, .masks = 255, .least_ata = 36, .least_config = 32,      \
	.command = {AOE(1)}, .runt = {SILENT}, .version = {AOE(5)},            \
	.over_limit = {AOE(2)}, .beyond = {ATA(0x41, 0x10)},                   \
	.short_write = {AOE(2)}, .io_error = {ATA(0x41, 0x40)},                \
	.protected = {ATA(0x41, 0x04)}, .flush = {GOOD}, .flush_ext = {GOOD},  \
	.smart = {ATA(0x41, 0x04)}, .unknown = {ATA(0x41, 0x04)},              \
	.power_count = {GOOD}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct persona personas[] = {
    {
	COMMON,
	.name = "plain",
	.model = "AoE fake target",
	.buffers = 16,
	.firmware = 1,
	.features = PERSONA_LBA48 | PERSONA_FLUSH | PERSONA_FLUSH_EXT,
    },
    {
	COMMON,
	.name = "vblade",
	.model = "Coraid EtherDrive vblade",
	.host_serial = true,
	.revision = "V25",
	.extra_words = true,
	.buffers = 16,
	.firmware = 0x4019,
	.masks = 32,
	.version = {SERVED},
	.echo_version = true,
	.io_error = {ATA(0x41, 0x04)},
	.flush = {ATA(0x00, 0x00)},
	.flush_ext = {ATA(0x41, 0x04)},
	.power_count = {SILENT},
	.length = PERSONA_COUNT,
	.same_config = true,
	.count_zero = true,
    },
    {
	COMMON,
	.name = "ggaoed",
	.model = "ggaoed",
	.buffers = 64,
	.firmware = 0x0100,
	.features = PERSONA_LBA48 | PERSONA_FLUSH | PERSONA_FLUSH_EXT,
	.runt = {AOE(1)},
	.version = {SILENT},
	.over_limit = {ATA(0x41, 0x04)},
	.short_write = {ATA(0x41, 0x04)},
	.flush = {ATA(0xe7, 0x00)},
	.flush_ext = {ATA(0xea, 0x00)},
	.bare_errors = true,
	.lba_by_flag = true,
	.any_order = true,
    },
    {
	COMMON,
	.name = "kvblade",
	.model = "EtherDrive(R) kvblade",
	.serial = "SN HERE",
	.buffers = 1024,
	.firmware = 0x0002,
	.commands = 2,
	.least_config = 36,
	.command = {SILENT},
	.version = {SERVED},
	.over_limit = {SERVED},
	.beyond = {ATA(0x01, 0x10)},
	.io_error = {ATA(0x21, 0x44)},
	.flush_ext = {ATA(0x01, 0x04)},
	.smart = {ATA(0x01, 0x04)},
	.unknown = {ATA(0x01, 0x04)},
	.round_sectors = true,
	.bare_conflict = true,
	.any_order = true,
    },
    {
	COMMON,
	.name = "qaoed",
	.model = "qaoed",
	.buffers = 20,
	.firmware = 0x400a,
	.features = PERSONA_LBA48,
	.commands = 2,
	.command = {SILENT},
	.over_limit = {SERVED},
	.beyond = {SERVED},
	.io_error = {BOTH(0x41, 0x04)},
	.protected = {BOTH(0x41, 0x04)},
	.flush = {BOTH(0x41, 0x04)},
	.flush_ext = {BOTH(0x41, 0x04)},
	.smart = {BOTH(0x41, 0x04)},
	.unknown = {BOTH(0x41, 0x04)},
	.straight_text = true,
	.lba_by_flag = true,
    },
    {
	COMMON,
	.name = "vsx",
	.model = "Coraid VSX",
	.buffers = 64,
	.firmware = 0x0100,
	.most = 16,
	.commands = 5,
	.parallel = 128,
	.over_limit = {ATA(0x61, 0x04)},
	.beyond = {ATA(0x61, 0x04)},
	.protected = {ATA(0x41, 0x40)},
	.smart = {SILENT},
	.unknown = {SILENT},
	.length = PERSONA_FULL,
	.lba28_unmasked = true,
	.lba_advanced = true,
	.owners_io = true,
	.protected_error = true,
	.merges = true,
    },
    {
	COMMON,
	.name = "etherdrive",
	.model = "Coraid EtherDrive",
	.buffers = 3,
	.firmware = 0x4006,
	.most = 2,
	.tells_zero = true,
	.smart = {ATA(0x50, 0x00)},
    },
};
#pragma GCC diagnostic pop

const struct persona *persona_find(const char *name)
{
	for (size_t i = 0; i < sizeof(personas) / sizeof(personas[0]); i++) {
		if (!strcmp(personas[i].name, name))
			return &personas[i];
	}
	return NULL;
}
