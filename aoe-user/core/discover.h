/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Discovery: when to query (at start, when a port comes up, from time to time,
 * when somebody waits for an address) and what a config answer means.
 */
#ifndef CORE_DISCOVER_H
#define CORE_DISCOVER_H

#include "aoe-user/core/timer.h"
#include "common/log.h"
#include "common/wire.h"

struct engine;
struct device;
struct port;
struct remote;

struct discover {
	struct timer timer;
	unsigned round; /* of the quick repeats */
	struct log_limit unset_limit;
};

void discover_init(struct engine *e);
/* Queries on every port now, then the quick repeats. */
void discover_start(struct engine *e, nsec_t now);
void discover_tick(struct engine *e, nsec_t now);
/* Directed queries for a device somebody waits for; when to come again. */
nsec_t discover_expected(struct device *dev, nsec_t now);
/*
 * A config answer or announcement arrived. Once a target is known, only what it
 * says when we asked it itself is adopted, in the order of asking: `asked_at`
 * is when that was, or NSEC_NEVER.
 */
void discover_answer(struct engine *e, struct port *port,
    const struct wire_header *h, const struct wire_config *c, nsec_t asked_at,
    nsec_t now);
/*
 * The remote has the config string that we gave it: that it is another one now
 * is no reason to doubt what it is.
 */
void discover_set(
    struct device *dev, struct remote *r, const struct wire_config *c);

#endif
