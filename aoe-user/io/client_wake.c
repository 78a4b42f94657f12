/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What any part of the client, and its user, may ask at any time. */
#include "aoe-user/io/client.h"

#include <errno.h>
#include <unistd.h>

int aoe_get_fd(const struct aoe *a)
{
	return a->epoll;
}

nsec_t aoe_now(void)
{
	return clock_now();
}

void aoe_wake(struct aoe *a)
{
	const uint64_t one = 1;
	int saved = errno;

	/* It can only fail when it is readable already. */
	if (write(a->wake, &one, sizeof(one)) < 0)
		errno = saved;
}
