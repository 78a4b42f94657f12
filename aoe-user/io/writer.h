/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The disks that this client has open, and for those open for writing the claim
 * that makes it the only writer on the host. The claim is kept until the last
 * close of the disk, whichever open asked for it.
 */
#ifndef IO_WRITER_H
#define IO_WRITER_H

#include <stdbool.h>
#include "common/addr.h"
#include "common/list.h"

struct writer_table {
	struct list writers;
	bool shared; /* go on when another process has the claim */
};

void writer_init(struct writer_table *t, bool shared);
void writer_fini(struct writer_table *t);
/* 0, -EBUSY when another process writes to the disk, or another -errno. */
int writer_open(struct writer_table *t, struct aoe_addr addr, bool writable);
void writer_close(struct writer_table *t, struct aoe_addr addr);

#endif
