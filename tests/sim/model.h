/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a disk may hold, known from what was asked of it. Every write has data
 * of its own. For each sector the model keeps the set of contents that are
 * legal, and the writes that failed and may still come into effect; every read
 * must show a legal content, and narrows the set. So lost, stale, torn and
 * resurrected writes are found, and bytes that nobody ever wrote.
 *
 * The order that is demanded is the engine's promise: overlapping requests, one
 * of them writing, take effect in order of arrival.
 */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "aoe-user/core/request.h"
#include "tests/sim/disk.h"
#include "tests/sim/world.h"

/* One request as the model sees it; embedded in whoever submits it. */
struct model_op {
	struct list link; /* model: pending, by arrival */
	bool pending;
	enum aoe_op op;
	uint64_t id; /* names the data of a write */
	uint64_t offset;
	size_t length;
	uint8_t *buf;
};

struct model_sector;

struct model {
	struct owned owned;
	struct world *w;
	uint64_t salt; /* of the disk, for sectors never written */
	uint64_t next_id;
	bool survival; /* frames are forged: data is not judged */
	struct list pending;
	struct model_sector **bucket;
	uint64_t bad;     /* violations found */
	uint64_t checked; /* sectors of reads compared */
	uint64_t unsure;  /* of them with more than one legal content */
	uint64_t blind;   /* of them not comparable any more */
};

struct model *model_new(struct world *w, const struct disk *disk);
/* The request is about to be submitted: fills its buffer. */
void model_submit(struct model *m, struct model_op *op);
/* It was not accepted. */
void model_refused(struct model *m, struct model_op *op);
/* Its `done`: checks order, data, and that it comes once. */
void model_done(struct model *m, struct model_op *op, int error);
/*
 * All is quiet: every sector that the model knows must be legal on the disk.
 * This finds what no read happened to look at.
 */
void model_verify(struct model *m, const struct disk *disk);
/* The disk was exchanged or forgotten: nothing is known any more. */
void model_forget(struct model *m, const struct disk *disk);

#endif
