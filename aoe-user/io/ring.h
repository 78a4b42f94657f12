/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A TPACKET_V2 receive ring: memory shared with the kernel, which puts one
 * frame in each slot. Slots are read and given back in order. V3 would be a
 * little faster with deep queues, but waits for a timer with shallow ones.
 */
#ifndef IO_RING_H
#define IO_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct ring {
	uint8_t *map; /* NULL: no ring */
	size_t map_size;
	unsigned slot, block; /* bytes of one */
	unsigned per_block, blocks;
	unsigned at_block, at_slot; /* the next to read */
};

struct ring_frame {
	const uint8_t *data; /* Ethernet header first; until ring_release() */
	size_t len;
	struct timespec when; /* CLOCK_REALTIME */
	uint8_t type;         /* PACKET_HOST, PACKET_BROADCAST, ... */
	bool cut;             /* longer than the slot */
	bool tagged;          /* for a VLAN of its own */
	bool losing;          /* frames were dropped for want of slots */
};

/*
 * Gives the packet socket `fd` a ring of about `size` bytes whose slots hold
 * frames of `mtu`. 0 or -errno; on failure there is no ring.
 */
int ring_open(struct ring *r, int fd, unsigned mtu, size_t size);
/*
 * Drops what the socket has received, too. Safe when there is no ring; with -1
 * for a socket that is closed.
 */
void ring_close(struct ring *r, int fd);
bool ring_fits(const struct ring *r, unsigned mtu);
unsigned ring_slots(const struct ring *r);

/* The next frame, which stays in its slot; false when there is none yet. */
bool ring_next(const struct ring *r, struct ring_frame *out);
/* Gives the slot of the last ring_next() back. */
void ring_release(struct ring *r);

#endif
