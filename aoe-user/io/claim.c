/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/io/claim.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int claim_name(const char *name)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	size_t len = strlen(name);
	int fd, ret;

	/* The first byte stays NUL: abstract, and its length counts. */
	if (len > sizeof(sun.sun_path) - 1)
		return -ENAMETOOLONG;
	memcpy(sun.sun_path + 1, name, len);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	len += offsetof(struct sockaddr_un, sun_path) + 1;
	if (bind(fd, (struct sockaddr *)&sun, (socklen_t)len)) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

int claim_tag_prefix(unsigned start, unsigned *prefix)
{
	char name[32];
	int fd = -EADDRINUSE;

	for (unsigned i = 0; i < CLAIM_PREFIX_MAX; i++) {
		*prefix = 1 + (start % CLAIM_PREFIX_MAX + i) % CLAIM_PREFIX_MAX;
		snprintf(name, sizeof(name), "aoe-tag-%u", *prefix);
		fd = claim_name(name);
		if (fd != -EADDRINUSE)
			break;
	}
	return fd;
}

int claim_writer(struct aoe_addr addr)
{
	char text[ADDR_TEXT], name[ADDR_TEXT + 16];

	snprintf(name, sizeof(name), "aoe-writer-%s", addr_format(addr, text));
	return claim_name(name);
}
