/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client of one device: random requests, or one at a time, every one of them
 * checked by the model.
 */
#ifndef SIM_LOAD_H
#define SIM_LOAD_H

#include "tests/sim/host.h"
#include "tests/sim/model.h"

#define LOAD_ERRORS 6
#define LOAD_BUFFER (256u << 10)
#define LOAD_LONG (600 * NSEC_SEC) /* virtual: longer is a hang */

struct load_options {
	unsigned ops, depth;             /* depth 0 = 1 */
	unsigned reads, writes, flushes; /* weights; all 0 = 1, 1, 0 */
	uint64_t from, to;               /* bytes; to 0 = the end of the disk */
	size_t min, max;                 /* bytes; 0 = 1 and LOAD_BUFFER */
	size_t align;                    /* 0 = 1 */
	double cancel, fua;              /* chances */
	nsec_t patience;                 /* until cancelled; 0 = 20 ms */
	nsec_t pause;                    /* 0..pause between requests */
	bool sequential;                 /* one behind the other, then again */
	int allow[LOAD_ERRORS];          /* errors that are no failure */
	bool any_error;                  /* none is */
};

struct load_slot;

struct load {
	struct owned owned;
	struct host *h;
	struct device *dev;
	struct model *model;
	struct load_options opt;
	struct rng rng;
	struct host_waiter waiter;
	struct load_slot *slot;
	struct event next; /* after a pause */
	uint64_t size;
	bool stopped, blocked, filling;
	unsigned submitted, finished, running, failed, cancelled, blocks;
	int last_error, first_error;
	uint64_t bytes;
	nsec_t started, ended, slowest;
	uint64_t at;   /* sequential: where the next one begins */
	nsec_t *times; /* that requests took, in order of ending */
	unsigned timed;
};

/* Without a model (NULL) nothing is checked: for runs that only measure. */
struct load *load_new(struct host *h, struct device *dev, struct model *model,
    const struct load_options *opt);
/* Starts `opt.ops` random requests. */
void load_start(struct load *l);
/* No new ones. */
void load_stop(struct load *l);
/* Waits until all have ended; a failure when that takes longer. */
bool load_wait(struct load *l, nsec_t limit);
/* Both: opt.ops requests, all ended. */
bool load_run(struct load *l);
/* Cancels every request that is running. */
void load_cancel(struct load *l);
/* What this share of the requests did not take longer than. */
nsec_t load_quantile(struct load *l, double share);
/* Changes the number of requests and what may fail; for another round. */
void load_again(struct load *l, unsigned ops);

/*
 * One request from submit to done, with everything else going on meanwhile.
 * Its error, or that of submit; -ETIMEDOUT (and a failure) after LOAD_LONG.
 */
int load_one(struct load *l, enum aoe_op op, uint64_t offset, size_t length);
/* The same without waiting; the result is in last_error when running is 0. */
int load_post(struct load *l, enum aoe_op op, uint64_t offset, size_t length);

#endif
