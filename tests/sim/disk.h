/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A disk's medium: sectors that were never written show a pattern made from
 * the disk's salt and the sector number, so that two disks never look alike
 * and huge ones cost nothing. Several targets may share one medium.
 */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include <stdbool.h>
#include <stdint.h>
#include "tests/sim/world.h"

struct disk_sector;

struct disk {
	struct owned owned;
	uint64_t sectors, salt;
	struct disk_sector **bucket;
	uint64_t writes; /* sectors written */
	bool unjudged;   /* frames are forged: the order says nothing */
};

struct disk *disk_new(struct world *w, uint64_t sectors);
/* What a never written sector holds. */
void disk_pattern(uint64_t salt, uint64_t lba, uint8_t out[512]);
void disk_read(const struct disk *d, uint64_t lba, uint8_t out[512]);
/*
 * `order` says when the frame was sent, and several copies of a write are one.
 * False: what was here came from a later frame, and is undone by this one, as
 * no initiator may let happen that waits for its old copies.
 */
bool disk_write(
    struct disk *d, uint64_t lba, const uint8_t in[512], uint64_t order);

#endif
