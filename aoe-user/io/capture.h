/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pcap file of the frames that were sent and received. It needs no more
 * privilege than writing a file, and stops at a size limit or at an error with
 * one log line; the disks go on.
 */
#ifndef IO_CAPTURE_H
#define IO_CAPTURE_H

#include <stdint.h>
#include <sys/uio.h>
#include <time.h>
#include "common/log.h"
#include "common/nsec.h"

#define CAPTURE_LIMIT ((uint64_t)1 << 30) /* when the user gives none */

struct capture;

/* Creates (0600) or truncates the file. 0 or -errno. `limit` 0: the default. */
int capture_open(struct capture **out, const char *path, uint64_t limit,
    const struct log *log);
/* NULL is fine. Writes out what is buffered. */
void capture_close(struct capture *c);
/* Adds a frame made of `count` pieces. NULL is fine and cheap. */
void capture_frame(struct capture *c, struct timespec when,
    const struct iovec *iov, unsigned count, nsec_t now);
/* When capture_flush() is due, or NSEC_NEVER. NULL is fine. */
nsec_t capture_deadline(const struct capture *c);
/* Writes the buffer to the file if that is due. NULL is fine. */
void capture_flush(struct capture *c, nsec_t now);

#endif
