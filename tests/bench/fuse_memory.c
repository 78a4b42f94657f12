/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * aoe-fuse whose disks answer from memory: the linker puts these in the place
 * of the client's functions (--wrap). What it finds of disks is real, what it
 * reads is whatever is in the buffer, and no frame is sent for it.
 */
#include <stdlib.h>
#include "aoe-user/io/aoe.h"

#define MOST 8192

int __wrap_aoe_submit(
    struct aoe *a, struct device *dev, struct aoe_request *rq);
void __wrap_aoe_flush_tx(struct aoe *a);
void __real_aoe_flush_tx(struct aoe *a);

static struct aoe_request **queue(unsigned **count)
{
	static struct aoe_request *requests[MOST];
	static unsigned n;

	*count = &n;
	return requests;
}

int __wrap_aoe_submit(struct aoe *a, struct device *dev, struct aoe_request *rq)
{
	unsigned *count;
	struct aoe_request **requests = queue(&count);

	(void)a;
	(void)dev;
	if (*count == MOST)
		abort();
	requests[(*count)++] = rq;
	return 0;
}

/* Once in each turn of the loop, as the client hands in what has come. */
void __wrap_aoe_flush_tx(struct aoe *a)
{
	unsigned *count;
	struct aoe_request **requests = queue(&count);

	for (unsigned i = 0; i < *count; i++)
		requests[i]->done(requests[i], 0);
	*count = 0;
	__real_aoe_flush_tx(a);
}
