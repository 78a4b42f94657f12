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
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_BUFFER (16 << 20)
#define RING_BLOCK (256u << 10)
#define SLOT_HEADER 128 /* what the kernel puts before a frame, and more */

static int request(const struct port *p, unsigned long what, struct ifreq *ifr)
{
	memset(ifr, 0, sizeof(*ifr));
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", p->name);
	return ioctl(p->fd, what, ifr);
}

unsigned port_mtu(const struct port *p)
{
	struct ifreq ifr;

	return request(p, SIOCGIFMTU, &ifr) ? 0 : (unsigned)ifr.ifr_mtu;
}

/* A ring of slots that take a frame of the MTU; 0 or -1. */
static int open_ring(struct port *p)
{
	int version = TPACKET_V2;
	struct tpacket_req req = {.tp_block_size = RING_BLOCK};

	req.tp_frame_size = 2048;
	while (req.tp_frame_size < port_mtu(p) + SLOT_HEADER)
		req.tp_frame_size *= 2;
	req.tp_block_nr = RECEIVE_BUFFER / RING_BLOCK;
	req.tp_frame_nr = RECEIVE_BUFFER / req.tp_frame_size;
	if (setsockopt(
		p->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(p->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)))
		return -1;
	p->ring = mmap(
	    NULL, RECEIVE_BUFFER, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd, 0);
	if (p->ring == MAP_FAILED) {
		p->ring = NULL;
		return -1;
	}
	p->slot_size = req.tp_frame_size;
	p->slots = req.tp_frame_nr;
	return 0;
}

int port_open(struct port *p, const char *name, bool fast)
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
	if (fast && open_ring(p))
		goto out;
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

void port_close(struct port *p)
{
	if (p->ring)
		munmap(p->ring, RECEIVE_BUFFER);
	close(p->fd);
}

static struct tpacket2_hdr *slot_at(const struct port *p, unsigned i)
{
	/* Slots are aligned: their size is a power of two. */
	return (void *)(p->ring + (size_t)(i % p->slots) * p->slot_size);
}

static unsigned take_slots(struct port *p, struct frame *frames)
{
	struct tpacket2_hdr *h;
	socklen_t size = sizeof(int);
	unsigned n = 0;
	int error;

	while (p->taken < PORT_BATCH && p->taken < p->slots) {
		h = slot_at(p, p->next + p->taken);
		if (!(__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) &
			TP_STATUS_USER))
			break;
		p->taken++;
		if (h->tp_snaplen < h->tp_len)
			continue; /* the MTU has grown since */
		frames[n].b = (uint8_t *)h + h->tp_mac;
		frames[n].len = h->tp_snaplen;
		n++;
	}
	if (!n && p->taken)
		port_release(p);
	else if (!n) /* an interface that went down would wake us for ever */
		getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return n;
}

void port_release(struct port *p)
{
	for (; p->taken; p->taken--) {
		__atomic_store_n(&slot_at(p, p->next)->tp_status,
		    TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		p->next = (p->next + 1) % p->slots;
	}
}

unsigned port_receive(struct port *p, struct frame *frames)
{
	struct mmsghdr msg[PORT_BATCH];
	struct iovec iov[PORT_BATCH];
	int n;

	if (p->ring)
		return take_slots(p, frames);
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
	struct iovec iov[PORT_BATCH][2];
	unsigned sent = 0, done = 0;
	int rc;

	memset(msg, 0, n * sizeof(msg[0]));
	for (unsigned i = 0; i < n; i++) {
		iov[i][0] = (struct iovec){frames[i].b, frames[i].len};
		iov[i][1] = (struct iovec){
		    (void *)(uintptr_t)frames[i].data, frames[i].data_len};
		msg[i].msg_hdr.msg_iov = iov[i];
		msg[i].msg_hdr.msg_iovlen = frames[i].data_len ? 2 : 1;
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
