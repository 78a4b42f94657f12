/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fake/port.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_BUFFER (16 << 20)

static int request(const struct port *p, unsigned long what, struct ifreq *ifr)
{
	memset(ifr, 0, sizeof(*ifr));
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", p->name);
	return ioctl(p->fd, what, ifr);
}

int port_open(struct port *p, const char *name)
{
	struct sockaddr_ll at = {
	    .sll_family = AF_PACKET,
	    .sll_protocol = htons(FRAME_ETHERTYPE),
	};
	int bytes = RECEIVE_BUFFER;
	struct ifreq ifr;

	p->name = name;
	p->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0 || request(p, SIOCGIFINDEX, &ifr))
		goto out;
	p->ifindex = at.sll_ifindex = ifr.ifr_ifindex;
	if (request(p, SIOCGIFHWADDR, &ifr))
		goto out;
	memcpy(p->mac, ifr.ifr_hwaddr.sa_data, 6);
	/* A smaller buffer does; it only drops sooner. */
	if (setsockopt(
		p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (bind(p->fd, (struct sockaddr *)&at, sizeof(at)))
		goto out;
	return 0;
out:
	fprintf(stderr, "fake-target: %s: %s\n", name, strerror(errno));
	if (p->fd >= 0)
		close(p->fd);
	return -1;
}

unsigned port_mtu(const struct port *p)
{
	struct ifreq ifr;

	return request(p, SIOCGIFMTU, &ifr) ? 0 : (unsigned)ifr.ifr_mtu;
}

unsigned port_receive(struct port *p, struct frame *frames)
{
	struct mmsghdr msg[PORT_BATCH];
	struct iovec iov[PORT_BATCH];
	int n;

	memset(msg, 0, sizeof(msg));
	for (unsigned i = 0; i < PORT_BATCH; i++) {
		iov[i].iov_base = frames[i].b;
		iov[i].iov_len = FRAME_ROOM;
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(p->fd, msg, PORT_BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		frames[i].len = msg[i].msg_len;
	return n < 0 ? 0 : (unsigned)n;
}

unsigned port_send(struct port *p, const struct frame *frames, unsigned n)
{
	struct pollfd writable = {.fd = p->fd, .events = POLLOUT};
	struct mmsghdr msg[PORT_BATCH];
	struct iovec iov[PORT_BATCH];
	unsigned sent = 0, done = 0;
	int rc;

	memset(msg, 0, sizeof(msg));
	for (unsigned i = 0; i < n; i++) {
		iov[i].iov_base = frames[i].b;
		iov[i].iov_len = frames[i].len;
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	while (done < n) {
		rc = sendmmsg(p->fd, msg + done, n - done, 0);
		if (rc > 0) {
			done += (unsigned)rc;
			sent += (unsigned)rc;
		} else if (errno == EAGAIN) {
			poll(&writable, 1, 100);
		} else if (errno != EINTR) {
			done++; /* this one is lost; the next may pass */
		}
	}
	return sent;
}
