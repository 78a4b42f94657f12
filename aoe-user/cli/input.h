/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where `aoe write` takes its data from: a file, a block device or a stream.
 * Never blocks on a stream.
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define INPUT_WHY 256
#define INPUT_UNKNOWN UINT64_MAX

struct input {
	int fd;
	const char *name;
	bool opened;
	bool stream;
	uint64_t length; /* bytes from here to its end, or INPUT_UNKNOWN */
};

/* `path` NULL or "-" is standard input. 0 or -errno with a line in `why`. */
int input_open(struct input *in, const char *path, char *why);
/* Bytes read, 0 at the end, -EAGAIN when a stream has none yet, -errno. */
ssize_t input_read(const struct input *in, void *data, size_t len);
void input_close(struct input *in);

#endif
