/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_probe.h"

#include <blkid.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/compiler.h"

#define SECTOR 512u
#define TABLE_ENTRY 446u /* in a DOS partition table: four of 16 bytes */

struct probe {
	int channel, memory;
	uint64_t size;
	unsigned count; /* partitions told */
};

/* What the readers of all file systems look at, from the start and the end. */
static const struct {
	uint64_t offset, length;
} heads[] = {{0, 32u << 10}, {32u << 10, 480u << 10}, {1u << 20, 4096},
    {2u << 20, 4096}, {4u << 20, 4096}};
#define TAIL (1664u << 10)

/* ---- the disk's bytes ---- */

/* What cannot be read stays zero; false when nobody answers. */
static bool ask(const struct probe *p, uint64_t offset, uint64_t length)
{
	struct fs_probe_message m = {
	    .kind = FS_PROBE_FETCH, .offset = offset, .length = length};

	return send(p->channel, &m, sizeof(m), MSG_NOSIGNAL) == sizeof(m) &&
	       recv(p->channel, &m, sizeof(m), 0) == sizeof(m) &&
	       (m.kind == FS_PROBE_FETCHED || m.kind == FS_PROBE_FAILED);
}

/* As much of it as lies in the disk. */
static bool fetch(const struct probe *p, uint64_t offset, uint64_t length)
{
	if (offset >= p->size)
		return true;
	return ask(p, offset, MIN(length, p->size - offset));
}

static bool fetch_volume(const struct probe *p, uint64_t start, uint64_t length)
{
	uint64_t tail = MIN(length, TAIL);
	bool ok = true;

	for (size_t i = 0; ok && i < ARRAY_SIZE(heads); i++)
		if (heads[i].offset < length)
			ok = fetch(p, start + heads[i].offset,
			    MIN(heads[i].length, length - heads[i].offset));
	return ok && fetch(p, start + length - tail, tail);
}

static uint32_t little_endian(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* The first entry of an extended partition: its first sector, or 0. */
static uint64_t extended(const uint8_t *sector)
{
	if (sector[510] != 0x55 || sector[511] != 0xaa)
		return 0;
	for (unsigned i = 0; i < 4; i++) {
		const uint8_t *e = sector + TABLE_ENTRY + 16 * i;
		uint8_t type = e[4];

		if (type == 0x05 || type == 0x0f || type == 0x85)
			return little_endian(e + 8);
	}
	return 0;
}

/* Logical partitions are a chain of sectors all over the disk. */
static bool fetch_chain(const struct probe *p)
{
	uint64_t first = 0, at = 0;

	for (unsigned i = 0; i < FS_PARTS; i++) {
		uint8_t sector[SECTOR];
		uint64_t next;

		if (!fetch(p, at * SECTOR, SECTOR))
			return false;
		if (pread(p->memory, sector, SECTOR, (off_t)(at * SECTOR)) !=
		    SECTOR)
			return true;
		next = extended(sector);
		if (!next)
			return true;
		if (!first)
			first = next;
		at = i ? first + next : first;
	}
	return true;
}

/* ---- what they say ---- */

static void take(blkid_probe pr, const char *name, char *buf, size_t size)
{
	const char *value;

	if (!blkid_probe_lookup_value(pr, name, &value, NULL))
		snprintf(buf, size, "%s", value);
}

static void read_names(const struct probe *p, struct fs_part *part)
{
	blkid_probe pr = blkid_new_probe();

	if (!pr)
		return;
	if (!blkid_probe_set_device(pr, p->memory, (blkid_loff_t)part->start,
		(blkid_loff_t)part->length) &&
	    !blkid_probe_set_superblocks_flags(
		pr, BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID) &&
	    !blkid_do_safeprobe(pr)) {
		take(pr, "LABEL", part->label, sizeof(part->label));
		take(pr, "UUID", part->uuid, sizeof(part->uuid));
	}
	blkid_free_probe(pr);
}

static bool tell(struct probe *p, struct fs_part *part)
{
	struct fs_probe_message m = {.kind = FS_PROBE_PART};

	if (!fetch_volume(p, part->start, part->length))
		return false;
	read_names(p, part);
	m.part = *part;
	return send(p->channel, &m, sizeof(m), MSG_NOSIGNAL) == sizeof(m);
}

/* One of the table, unless it cannot be shown. */
static bool tell_partition(struct probe *p, blkid_partition in)
{
	int number = blkid_partition_get_partno(in);
	uint64_t start = (uint64_t)blkid_partition_get_start(in);
	uint64_t length = (uint64_t)blkid_partition_get_size(in);
	uint64_t sectors = p->size / SECTOR;
	struct fs_part part = {.number = (unsigned)number};

	if (blkid_partition_is_extended(in) || number < 1 ||
	    number >= (int)FS_PARTS || start >= sectors || !length ||
	    length > sectors - start || p->count == FS_PARTS)
		return true;
	p->count++;
	part.start = start * SECTOR;
	part.length = length * SECTOR;
	return tell(p, &part);
}

static bool tell_table(struct probe *p)
{
	blkid_probe pr = blkid_new_probe();
	blkid_partlist list = NULL;
	bool ok = pr != NULL;

	if (ok && !blkid_probe_set_device(pr, p->memory, 0, 0) &&
	    !blkid_probe_enable_partitions(pr, 1))
		list = blkid_probe_get_partitions(pr);
	for (int i = 0; ok && list && i < blkid_partlist_numof_partitions(list);
	     i++)
		ok = tell_partition(p, blkid_partlist_get_partition(list, i));
	blkid_free_probe(pr);
	return ok;
}

void fs_probe_run(int channel, int memory, uint64_t size)
{
	struct probe p = {
	    .channel = channel, .memory = memory, .size = size, .count = 1};
	struct fs_part whole = {.length = size};
	struct fs_probe_message m = {.kind = FS_PROBE_DONE};

	if (tell(&p, &whole) && fetch_chain(&p) && tell_table(&p))
		send(channel, &m, sizeof(m), MSG_NOSIGNAL);
}
