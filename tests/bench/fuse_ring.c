/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuse_ring INTERFACE ADDRESS BYTES DEPTH SECONDS: what the packet socket and
 * its ring give without an engine: a loop that keeps read frames under way and
 * counts the answers. Nothing may get lost. Prints reads a second, and
 * nanoseconds of CPU time for each.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "aoe-user/io/aoe.h"
#include "aoe-user/io/netport.h"
#include "common/wire.h"
#include "tests/bench/bench.h"

#define WINDOW 64u /* frames: the target's buffers */
#define RING (4u << 20)
#define PREFIX 0x7f
#define TAG (0x80000000u | PREFIX << 24)

struct bench {
	int fd;
	struct ring ring;
	struct wire_header h;
	uint8_t frame[WIRE_MIN_FRAME];
	struct wire_ata ata;
	uint64_t received;
};

static void fail(const char *why)
{
	fprintf(stderr, "fuse_ring: %s\n", why);
	exit(1);
}

static unsigned open_port(struct bench *b, const char *name)
{
	struct filter f;
	struct ifreq r = {0};

	if (filter_compile(&f, PREFIX))
		fail("filter");
	b->fd = netport_socket(&f);
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (b->fd < 0 || ioctl(b->fd, SIOCGIFHWADDR, &r))
		fail(name);
	memcpy(b->h.src.b, r.ifr_hwaddr.sa_data, 6);
	if (ioctl(b->fd, SIOCGIFMTU, &r))
		fail("MTU");
	if (netport_bind(b->fd, if_nametoindex(name)) ||
	    ring_open(&b->ring, b->fd, (unsigned)r.ifr_mtu, RING))
		fail("ring");
	return (unsigned)r.ifr_mtu;
}

/* Sends the frame that was made last; a full socket is waited for. */
static void send_frame(struct bench *b)
{
	while (send(b->fd, b->frame, sizeof(b->frame), 0) < 0)
		if (errno != ENOBUFS && errno != EAGAIN)
			fail(strerror(errno));
}

static void await(struct bench *b, struct ring_frame *f)
{
	struct pollfd p = {.fd = b->fd, .events = POLLIN};

	while (!ring_next(&b->ring, f))
		if (!poll(&p, 1, 2000))
			fail("no answer");
}

/* Asks for the target's MAC, and lifts its first limit. */
static void find(struct bench *b)
{
	struct wire_config query = {.ccmd = WIRE_CONFIG_READ};
	struct wire_header answer;
	struct ring_frame f;

	b->h.dst = mac_broadcast;
	b->h.command = WIRE_CONFIG;
	b->h.tag = TAG;
	wire_pad(b->frame,
	    wire_put_config(b->frame, sizeof(b->frame), &b->h, &query));
	send_frame(b);
	do {
		await(b, &f);
		if (wire_get_header(f.data, f.len, &answer) != WIRE_OK)
			fail("an odd answer");
		ring_release(&b->ring);
	} while (!addr_equal(answer.addr, b->h.addr));
	b->h.dst = answer.src;
	b->h.command = WIRE_ATA;
}

static void send_read(struct bench *b)
{
	b->h.tag = TAG | ((b->h.tag + 1) & 0xffffff);
	b->ata.lba += b->ata.count;
	b->ata.lba %= 1u << 20;
	wire_pad(
	    b->frame, wire_put_ata(b->frame, sizeof(b->frame), &b->h, &b->ata));
	send_frame(b);
}

/* As the engine does it: the next one as soon as an answer has come. */
static void run(struct bench *b, unsigned window, nsec_t end)
{
	struct ring_frame f;

	while (window--)
		send_read(b);
	while (aoe_now() < end) {
		await(b, &f);
		b->received++;
		ring_release(&b->ring);
		send_read(b);
	}
}

int main(int argc, char **argv)
{
	struct bench b = {.h = {.version = WIRE_VERSION}};
	unsigned most, sectors, frames;
	double seconds, used, reads;
	char why[ADDR_WHY];

	if (argc != 6 || addr_parse(argv[2], &b.h.addr, why))
		fail("INTERFACE ADDRESS BYTES DEPTH SECONDS");
	most = wire_sectors_for_mtu(open_port(&b, argv[1]));
	sectors = (unsigned)strtoul(argv[3], NULL, 0) / WIRE_SECTOR;
	frames = (sectors + most - 1) / most;
	seconds = atof(argv[5]);
	find(&b);
	ata_put_transfer(&b.ata, false, true, 0, MIN(sectors, most));
	used = bench_cpu();
	run(&b, MIN(WINDOW, (unsigned)atoi(argv[4]) * frames),
	    aoe_now() + (nsec_t)(seconds * 1e9));
	reads = (double)b.received / frames;
	printf("%.0f %.0f\n", reads / seconds, (bench_cpu() - used) / reads);
	return 0;
}
