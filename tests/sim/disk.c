/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/disk.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 16384u

struct disk_sector {
	struct disk_sector *next;
	uint64_t lba;
	uint64_t order; /* of the last frame that wrote it */
	uint8_t data[512];
};

static void disk_destroy(struct owned *o)
{
	struct disk *d = container_of(o, struct disk, owned);

	for (unsigned i = 0; i < BUCKETS; i++)
		while (d->bucket[i]) {
			struct disk_sector *s = d->bucket[i];

			d->bucket[i] = s->next;
			free(s);
		}
	free(d->bucket);
	free(d);
}

struct disk *disk_new(struct world *w, uint64_t sectors)
{
	struct disk *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	d->bucket = calloc(BUCKETS, sizeof(struct disk_sector *));
	if (!d->bucket)
		abort();
	d->sectors = sectors;
	d->salt = rng_u64(&w->rng);
	world_own(w, &d->owned, disk_destroy);
	return d;
}

void disk_pattern(uint64_t salt, uint64_t lba, uint8_t out[512])
{
	uint64_t key = rng_mix(salt ^ lba);

	for (unsigned i = 0; i < 64; i++) {
		uint64_t v = rng_mix(key + i);

		memcpy(out + 8 * i, &v, sizeof(v));
	}
}

static struct disk_sector **find(const struct disk *d, uint64_t lba)
{
	struct disk_sector **s = &d->bucket[rng_mix(lba) % BUCKETS];

	while (*s && (*s)->lba != lba)
		s = &(*s)->next;
	return s;
}

void disk_read(const struct disk *d, uint64_t lba, uint8_t out[512])
{
	const struct disk_sector *s = *find(d, lba);

	if (s)
		memcpy(out, s->data, sizeof(s->data));
	else
		disk_pattern(d->salt, lba, out);
}

bool disk_write(
    struct disk *d, uint64_t lba, const uint8_t in[512], uint64_t order)
{
	struct disk_sector **at = find(d, lba), *s = *at;
	bool undone;

	if (!s) {
		s = *at = calloc(1, sizeof(*s));
		if (!s)
			abort();
		s->lba = lba;
	}
	undone = order < s->order && memcmp(s->data, in, sizeof(s->data)) != 0;
	memcpy(s->data, in, sizeof(s->data));
	s->order = MAX(s->order, order);
	d->writes++;
	return !undone || d->unjudged;
}
