/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/io/ring.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/compiler.h"

#define BLOCK 65536u
#define VLAN_ID 0x0fffu

/* Where the kernel puts what follows the Ethernet header, from packet(7). */
#define SLOT_PAYLOAD (TPACKET_ALIGN(TPACKET2_HDRLEN + 16u))

static unsigned ring_slot_size(unsigned mtu)
{
	return TPACKET_ALIGN(SLOT_PAYLOAD + mtu);
}

static unsigned ring_block_size(unsigned slot)
{
	unsigned page = (unsigned)sysconf(_SC_PAGESIZE);

	return slot <= BLOCK ? MAX(BLOCK, page)
			     : (slot + page - 1) / page * page;
}

/* No block for any frame takes the ring away, and drops what is queued. */
static void ring_unset(int fd)
{
	struct tpacket_req none = {.tp_block_nr = 0};

	setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &none, sizeof(none));
}

int ring_open(struct ring *r, int fd, unsigned mtu, size_t size)
{
	const int version = TPACKET_V2;
	struct tpacket_req req;
	void *map;

	*r = (struct ring){.slot = ring_slot_size(mtu)};
	r->block = ring_block_size(r->slot);
	r->per_block = r->block / r->slot;
	r->blocks = (unsigned)MAX(size / r->block, 2u);
	r->map_size = (size_t)r->block * r->blocks;
	req = (struct tpacket_req){
	    .tp_block_size = r->block,
	    .tp_block_nr = r->blocks,
	    .tp_frame_size = r->slot,
	    .tp_frame_nr = r->blocks * r->per_block,
	};
	if (setsockopt(
		fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)))
		return -errno;
	map =
	    mmap(NULL, r->map_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		int ret = -errno;

		ring_unset(fd);
		return ret;
	}
	r->map = map;
	return 0;
}

void ring_close(struct ring *r, int fd)
{
	if (r->map)
		munmap(r->map, r->map_size);
	ring_unset(fd);
	*r = (struct ring){.map = NULL};
}

bool ring_fits(const struct ring *r, unsigned mtu)
{
	return r->map && ring_slot_size(mtu) <= r->slot;
}

unsigned ring_slots(const struct ring *r)
{
	return r->map ? r->blocks * r->per_block : 0;
}

static struct tpacket2_hdr *ring_slot(const struct ring *r)
{
	return (void *)(r->map + (size_t)r->at_block * r->block +
			(size_t)r->at_slot * r->slot);
}

bool ring_next(const struct ring *r, struct ring_frame *out)
{
	const struct sockaddr_ll *from;
	const struct tpacket2_hdr *h;
	uint32_t status;

	if (!r->map)
		return false;
	h = ring_slot(r);
	status = __atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE);
	if (!(status & TP_STATUS_USER))
		return false;
	from = (const void *)((const uint8_t *)h + TPACKET_ALIGN(sizeof(*h)));
	*out = (struct ring_frame){
	    .data = (const uint8_t *)h + h->tp_mac,
	    .len = h->tp_snaplen,
	    .when = {(time_t)h->tp_sec, (long)h->tp_nsec},
	    .type = from->sll_pkttype,
	    .cut = h->tp_snaplen < h->tp_len,
	    .tagged =
		(status & TP_STATUS_VLAN_VALID) && (h->tp_vlan_tci & VLAN_ID),
	    .losing = status & TP_STATUS_LOSING,
	};
	return true;
}

void ring_release(struct ring *r)
{
	struct tpacket2_hdr *h = ring_slot(r);

	__atomic_store_n(&h->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	if (++r->at_slot < r->per_block)
		return;
	r->at_slot = 0;
	if (++r->at_block == r->blocks)
		r->at_block = 0;
}
