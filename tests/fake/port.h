/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An interface on which the target listens: an AF_PACKET socket that moves
 * frames by the batch, out of a ring when it has to be fast.
 */
#ifndef FAKE_PORT_H
#define FAKE_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include "tests/fake/frame.h"

#define PORT_BATCH 64

struct port {
	const char *name;
	int fd, ifindex;
	uint8_t mac[6];
	unsigned mtu;  /* when frames last came in */
	uint8_t *ring; /* NULL: none */
	unsigned slot_size, slots, next, taken;
};

/* 0, or -1 after a message. */
int port_open(struct port *p, const char *name, bool fast);
void port_close(struct port *p);
/* The MTU as it is now; 0 when the interface is gone. */
unsigned port_mtu(const struct port *p);
/*
 * Fills up to PORT_BATCH frames, of FRAME_ROOM bytes where there is no ring,
 * that last until port_release(); how many came.
 */
unsigned port_receive(struct port *p, struct frame *frames);
void port_release(struct port *p);
/* Sends them all; how many the kernel took. */
unsigned port_send(struct port *p, const struct frame *frames, unsigned n);

#endif
