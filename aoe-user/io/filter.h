/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The receive filter of our sockets: AoE responses that carry our tag prefix,
 * and config answers from anybody. What other initiators ask and are answered
 * is dropped in the kernel before it wakes us.
 */
#ifndef IO_FILTER_H
#define IO_FILTER_H

#include <stdint.h>

#define FILTER_OPS 32

/* One classic BPF instruction, as the kernel and libpcap both lay it out. */
struct filter_op {
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
};

struct filter {
	unsigned count;
	struct filter_op op[FILTER_OPS];
};

/* `prefix` is the 7-bit tag prefix. 0, -EINVAL or -ENOMEM. */
int filter_compile(struct filter *f, unsigned prefix);
/* Attaches the filter to a socket and locks it there. 0 or -errno. */
int filter_attach(const struct filter *f, int fd);

#endif
