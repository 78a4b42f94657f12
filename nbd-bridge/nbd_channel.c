/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include "nbd-bridge/nbd_channel.h"

int nbd_channel_new(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	return 0;
}

int nbd_channel_send(int fd, const struct nbd_channel_message *m)
{
	if (send(fd, m, sizeof(*m), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

int nbd_channel_receive(int fd, struct nbd_channel_message *m)
{
	ssize_t n = recv(fd, m, sizeof(*m), MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	if (n == 0)
		return 0;
	if (n != sizeof(*m))
		return -EPROTO;
	m->object[sizeof(m->object) - 1] = '\0';
	m->text[sizeof(m->text) - 1] = '\0';
	if (m->level > LOG_LEVEL_DEBUG)
		m->level = LOG_LEVEL_DEBUG;
	return 1;
}

void nbd_channel_log(
    void *ctx, enum log_level level, const char *object, const char *text)
{
	const int *fd = ctx;
	struct nbd_channel_message m = {
	    .kind = NBD_CHANNEL_LOG,
	    .level = level,
	};

	snprintf(m.object, sizeof(m.object), "%s", object ? object : "");
	snprintf(m.text, sizeof(m.text), "%s", text);
	nbd_channel_send(*fd, &m);
}
