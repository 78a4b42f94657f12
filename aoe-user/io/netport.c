/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/io/netport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>
#include "aoe-user/io/clock.h"

#define NOBODYS_ETHERTYPE 0xffffu /* reserved */

int netport_socket(const struct filter *f)
{
	int fd, ret;

	/* Protocol 0: nothing is received before the filter is in place. */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ret = filter_attach(f, fd);
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}

static int bind_to(int fd, unsigned ifindex, uint16_t ethertype)
{
	struct sockaddr_ll ll = {
	    .sll_family = AF_PACKET,
	    .sll_protocol = htons(ethertype),
	    .sll_ifindex = (int)ifindex,
	};

	return bind(fd, (struct sockaddr *)&ll, sizeof(ll)) ? -errno : 0;
}

int netport_bind(int fd, unsigned ifindex)
{
	return bind_to(fd, ifindex, WIRE_ETHERTYPE);
}

/*
 * Without a ring, what arrives would be queued at the socket, where nobody
 * reads it and epoll reports it for ever. The kernel knows no way to unbind;
 * but frames of this type are nobody's, and the filter would drop them.
 */
static void netport_deafen(struct netport *p)
{
	bind_to(p->fd, 0, NOBODYS_ETHERTYPE);
	ring_close(&p->ring, p->fd);
}

void netport_init(struct netport *p, int fd, const struct log *log)
{
	*p = (struct netport){
	    .fd = fd,
	    .log = log,
	    .retry_at = NSEC_NEVER,
	    .drop_limit = {.period = 10 * NSEC_SEC, .burst = 1},
	    .error_limit = {.period = 10 * NSEC_SEC, .burst = 1},
	};
	list_init(&p->link);
	list_init(&p->by_index);
	list_init(&p->waiting);
}

void netport_fini(struct netport *p)
{
	ring_close(&p->ring, p->fd);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

int netport_attach(
    struct netport *p, unsigned ifindex, unsigned mtu, size_t ring)
{
	int ret = 0;

	if (!ring_fits(&p->ring, mtu)) {
		netport_deafen(p);
		ret = ring_open(&p->ring, p->fd, mtu, ring);
	}
	if (!ret)
		ret = netport_bind(p->fd, ifindex);
	if (ret)
		netport_deafen(p);
	p->ifindex = ifindex;
	p->deaf = ret;
	return ret;
}

void netport_detach(struct netport *p)
{
	/* What it still holds came from an interface that is gone. */
	netport_deafen(p);
	netport_error(p);
	p->ifindex = 0;
	p->deaf = 0;
	p->ready = p->up = p->told = p->blocked = false;
	p->retry_at = NSEC_NEVER;
}

int netport_error(struct netport *p)
{
	socklen_t len = sizeof(int);
	int error = 0;

	getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error;
}

uint64_t netport_dropped(struct netport *p)
{
	struct tpacket_stats stats = {.tp_drops = 0};
	socklen_t len = sizeof(stats);

	/* Reading takes the kernel's counters back to zero. */
	if (!getsockopt(p->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		p->rx_dropped += stats.tp_drops;
	return p->rx_dropped;
}

static void netport_losing(struct netport *p, nsec_t now)
{
	uint64_t before = p->rx_dropped;
	unsigned skipped;

	if (netport_dropped(p) == before ||
	    !log_allow(&p->drop_limit, now, &skipped))
		return;
	log_msg(p->log, LOG_LEVEL_WARN, p->name,
	    "receive ring full, %llu frames lost so far",
	    (unsigned long long)p->rx_dropped);
}

bool netport_next(
    struct netport *p, struct ring_frame *out, unsigned *budget, nsec_t now)
{
	while (*budget && ring_next(&p->ring, out)) {
		--*budget;
		if (out->losing)
			netport_losing(p, now);
		/*
		 * Frames to others' addresses (macvlan children, promiscuous
		 * mode) and to VLANs that are not ours reach this socket too.
		 */
		if (!out->tagged && !out->cut &&
		    (out->type == PACKET_HOST ||
			out->type == PACKET_BROADCAST)) {
			p->rx_frames++;
			return true;
		}
		p->rx_dropped += out->cut;
		ring_release(&p->ring);
	}
	return false;
}

void netport_release(struct netport *p)
{
	ring_release(&p->ring);
}
