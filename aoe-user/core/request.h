/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a front end asks of one device: read, write or flush of a byte range, or
 * another config string.
 *
 * The caller owns the request and its buffer. From submit until `done` both
 * belong to the engine and must not be touched. `done` is called exactly once
 * for every submit that returned 0, never from inside submit or cancel, and may
 * itself submit. Any byte range is allowed; ranges that do not begin or end at
 * a sector cost a read of the edge sectors first, under the same fence.
 */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "aoe-user/core/heap.h"
#include "aoe-user/core/range.h"
#include "common/list.h"
#include "common/nsec.h"
#include "common/wire.h"

enum aoe_op {
	AOE_READ,
	AOE_WRITE,
	AOE_FLUSH, /* offset and length are ignored, buf is unused */
	/*
	 * The config string becomes the `length` bytes of buf, none or up to
	 * WIRE_CONFIG_MAX, whatever it was (AoEr11 3.2, forced). At each MAC of
	 * the device that answers; offset is ignored.
	 */
	AOE_SET_CONFIG,
};

struct device;

/* A run of sectors and the memory it is moved from or to. */
struct span_part {
	uint64_t lba;
	uint64_t count; /* sectors */
	uint8_t *mem;
};

/* The engine's own part of a request. Front ends leave it alone. */
struct request_state {
	struct device *dev;
	struct list link;    /* device: every unfinished request, by arrival */
	struct list ready;   /* device: ready to be cut, or engine: finished */
	struct range range;  /* its sectors, in the fence */
	struct range *hides; /* in the fence: what it covers and waits for */
	struct list wait;    /* whose end it waits for: range, engine, device */
	struct heap_node turn; /* engine: it may go on, by arrival */
	struct list slices;    /* cut and not yet done, by sector */
	struct list copies; /* unanswered transmissions of any of its slices */
	nsec_t deadline;
	uint64_t lba, count; /* the whole sector interval that is fenced */
	struct span_part part[3];
	unsigned parts;
	unsigned cut_part; /* where the next slice is cut: part ... */
	uint64_t cut_done; /* ... and sectors of it already cut */
	uint64_t left;     /* sectors of this phase not yet answered */
	unsigned phase;    /* enum request_phase */
	nsec_t since;      /* a flush or setting: when it was begun */
	int error;         /* the first one, negative errno */
	uint8_t edge[2][WIRE_SECTOR];
};

struct aoe_request {
	enum aoe_op op;
	bool fua;        /* write: done only after a flush that covers it */
	uint64_t offset; /* bytes from the start of the disk */
	size_t length;   /* bytes, at least 1 for a transfer */
	void *buf;       /* `length` bytes */
	/*
	 * error is 0 or a negative errno: -EIO dead target or bad medium,
	 * -ENOSPC beyond the end, -EROFS write protected, -EBUSY reserved by
	 * another initiator, -EINVAL the target refuses the config string,
	 * -EMSGSIZE it is too long for the port's MTU,
	 * -ESTALE another disk now has this address,
	 * -ECANCELED after a cancel, -ESHUTDOWN the engine stopped.
	 */
	void (*done)(struct aoe_request *rq, int error);
	struct request_state s;
};

#endif
