/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copies: one record for each transmission, found by its tag. A record outlives
 * its answer until its place in the table is wanted again, so that second and
 * late answers are known for what they are.
 */
#ifndef CORE_COPY_H
#define CORE_COPY_H

#include "aoe-user/core/engine.h"
#include "aoe-user/core/range.h"
#include "aoe-user/core/share.h"
#include "aoe-user/core/tag.h"
#include "common/wire.h"

struct path;
struct remote;

enum copy_kind {
	COPY_READ,
	COPY_WRITE,
	COPY_TOUCH, /* a read of one sector for nobody: is the disk at work? */
	COPY_FLUSH,
	COPY_SETTING,
	COPY_IDENTIFY,
	COPY_CONFIG
};

enum copy_state {
	COPY_UNUSED,
	COPY_OFFERED,  /* with the caller, no clock yet */
	COPY_OUT,      /* on the wire */
	COPY_LOST,     /* given up, but its answer may still come */
	COPY_ANSWERED, /* kept to recognise second answers */
	COPY_GONE,     /* kept to recognise late answers */
};

struct copy {
	struct engine_frame frame;
	uint8_t header[WIRE_MIN_FRAME];
	uint32_t tag;
	uint8_t kind;   /* enum copy_kind */
	uint8_t state;  /* enum copy_state */
	uint8_t opcode; /* ATA */
	bool resend;    /* its range was sent before */
	bool probe;     /* sent because the path was silent */
	bool counted;   /* a flush with a count of 1 */
	struct device *dev;
	struct path *path;
	struct aoe_request *rq; /* NULL when nobody waits for it any more */
	struct remote *remote;  /* an errand: to whom; else NULL */
	uint64_t lba;
	unsigned count;     /* sectors */
	uint64_t seq;       /* of its path, in order of sending */
	uint64_t flush_seq; /* a flush: writes answered before it was sent */
	nsec_t sent_at;
	nsec_t lost_at;        /* when it was given up */
	nsec_t overtaken_at;   /* when one sent later was answered, */
	nsec_t overtaken_flow; /* ... and its path's flow by then */
	nsec_t alone_at;     /* since when only other paths answer, or never */
	nsec_t alone_flow;   /* how long the disk had been at work by then */
	struct remote *held; /* who gave the answer that is held, or NULL */
	struct list held_link;  /* device: held */
	struct list path_link;  /* path: out, slow or lost */
	struct list ahead_link; /* path: those not overtaken */
	struct list owner_link; /* request: copies, or device: late */
	struct range range;     /* of a late one, in the fence */
};

struct copy_table {
	struct copy *slots;
	unsigned size;    /* a power of two */
	unsigned used;    /* unanswered, but for control frames */
	unsigned control; /* unanswered control frames and touches */
	struct share_pool pool;
	uint32_t counter;
	struct tag_key key;
};

/* 0 or -ENOMEM. */
int copy_table_init(
    struct copy_table *t, const struct engine_config *config, uint64_t seed);
void copy_table_fini(struct copy_table *t, const struct engine_alloc *alloc);

/* There is one for a data frame or flush of the device. */
bool copy_has_room(const struct copy_table *t, const struct device *dev);
/*
 * There are `n` for control frames, which have an eighth of the slots, two at
 * least: silent targets may hold all the rest until they are asked again. What
 * can wait has half of that.
 */
bool copy_control_room(const struct copy_table *t, unsigned n, bool can_wait);
/* A copy with a fresh tag, or NULL without room. */
struct copy *copy_get(
    struct copy_table *t, struct device *dev, enum copy_kind kind);
/* Ends a copy as ANSWERED or GONE, or UNUSED when it was never sent. */
void copy_put(struct copy_table *t, struct copy *c, enum copy_state state);
/* A fresh tag for a frame that no copy stands for (broadcast queries). */
uint32_t copy_tag(struct copy_table *t);
/* The copy that this tag was given to last, whatever its state; or NULL. */
struct copy *copy_find(const struct copy_table *t, uint32_t tag);

/* Its answer may still come: it holds its tag. */
static inline bool copy_is_live(const struct copy *c)
{
	return c->state == COPY_OFFERED || c->state == COPY_OUT ||
	       c->state == COPY_LOST;
}

static inline bool copy_is_data(const struct copy *c)
{
	return c->kind == COPY_READ || c->kind == COPY_WRITE ||
	       c->kind == COPY_TOUCH;
}

/* It may take long, and says nothing of the path. */
static inline bool copy_is_errand(const struct copy *c)
{
	return c->kind == COPY_FLUSH || c->kind == COPY_SETTING;
}

static inline bool copy_is_control(const struct copy *c)
{
	return c->kind == COPY_IDENTIFY || c->kind == COPY_CONFIG;
}

/* The engine's own: it comes from the part of the table that data leaves free.
 */
static inline bool copy_is_own(const struct copy *c)
{
	return copy_is_control(c) || c->kind == COPY_TOUCH;
}

static inline bool copy_overlaps(
    const struct copy *c, uint64_t lba, uint64_t count)
{
	return lba < c->lba + c->count && c->lba < lba + count;
}

#endif
