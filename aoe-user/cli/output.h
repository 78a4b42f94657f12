/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where `aoe read` puts its data: a file, a block device or a stream. Never
 * blocks on a stream, so that the client and signals are served meanwhile.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define OUTPUT_WHY 256

enum output_sparse {
	OUTPUT_SPARSE_AUTO, /* where it is possible: regular files */
	OUTPUT_SPARSE,
	OUTPUT_DENSE,
};

struct output {
	int fd;
	const char *name;
	bool opened; /* by us, so it is ours to close */
	bool stream; /* pipe, socket, terminal: may be full */
	bool sparse;
	uint64_t position; /* regular file: where the next byte goes */
	uint64_t end;      /* regular file: its size now */
};

/*
 * `path` NULL or "-" is standard output. Refuses a file that holds data, a
 * block device, and a terminal unless `force`; a block device in use always. 0
 * or -errno with one line in `why` (OUTPUT_WHY bytes).
 */
int output_open(struct output *o, const char *path, bool force,
    enum output_sparse sparse, char *why);
/*
 * Takes up to len bytes: how many, 0 when a stream is full (poll o->fd for
 * writing), or -errno.
 */
ssize_t output_write(struct output *o, const void *data, size_t len);
/* Gives a sparse file its length and closes. 0 or -errno. */
int output_close(struct output *o);

#endif
