/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine's inside, shared by the files of this folder only.
 */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "aoe-user/core/copy.h"
#include "aoe-user/core/device.h"
#include "aoe-user/core/discover.h"
#include "aoe-user/core/engine.h"
#include "aoe-user/core/path.h"
#include "aoe-user/core/port.h"
#include "aoe-user/core/rng.h"
#include "aoe-user/core/roster.h"
#include "aoe-user/core/slice.h"
#include "aoe-user/core/timer.h"

struct engine {
	struct engine_config cfg;
	struct rng rng;
	struct tree devices; /* by address */
	unsigned device_count;
	struct tree ports;     /* by number */
	struct list port_work; /* those with queries or control frames */
	struct list active;    /* devices that may be able to send something */
	struct list hungry;    /* ... that wait for a place among the copies */
	struct list roomy;     /* peers with room for paths that wait for it */
	struct list early;     /* paths to be asked behind the data (ask.h) */
	struct list finished;  /* requests for the next reap */
	struct list starved;   /* requests that found no free slices */
	struct heap woken;     /* requests to look at again, by arrival */
	uint64_t arrivals;     /* of requests and late copies */
	struct list events;    /* devices with events for the next reap */
	struct timers timers;
	struct copy_table copies;
	struct slice_pool slices;
	struct discover discover;
	struct roster roster;
	unsigned pending; /* requests submitted and not handed to done */
	nsec_t called_at; /* when it last heard the time */
	struct share_pool requests; /* unfinished */
	bool room; /* some of a device that was refused: for on_room */
	bool stopped;
	struct engine_stats stats;
};

static inline void *engine_get(struct engine *e, size_t size)
{
	return e->cfg.alloc.get(e->cfg.alloc.ctx, size);
}

static inline void engine_put(struct engine *e, void *p, size_t size)
{
	e->cfg.alloc.put(e->cfg.alloc.ctx, p, size);
}

#endif
