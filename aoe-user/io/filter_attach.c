/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Apart from filter.c, since linux/filter.h and pcap/bpf.h do not mix. */
#include "aoe-user/io/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>

int filter_attach(const struct filter *f, int fd)
{
	struct sock_filter op[FILTER_OPS];
	struct sock_fprog program = {(unsigned short)f->count, op};
	const int on = 1;

	_Static_assert(
	    sizeof(op) == sizeof(f->op), "one layout for BPF instructions");
	memcpy(op, f->op, sizeof(op));
	if (setsockopt(
		fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ||
	    setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)))
		return -errno;
	return 0;
}
