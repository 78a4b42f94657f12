/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An engine and what it talks to, in memory and under a virtual clock: ports,
 * and targets behind each of them that answer everything after the same time.
 * What it costs beside the engine is one copy of a header for each frame.
 */
#ifndef BENCH_LOOP_H
#define BENCH_LOOP_H

#include "aoe-user/core/engine.h"

#define LOOP_SECTORS (1ull << 31) /* of every disk */
#define LOOP_BUFFERS 256u         /* frames out at a MAC, at most */
#define LOOP_LENGTH 4096u         /* bytes of one request, one frame */

struct loop_config {
	unsigned ports;   /* 1, 2, ...: their numbers for the engine */
	unsigned macs;    /* of each target, all reached through every port */
	bool narrow;      /* ... only the first, but for the first port */
	unsigned devices; /* LOOP_SHELF of them are one target */
	unsigned copies, requests; /* of the engine, 0: its defaults */
};

#define LOOP_SHELF 250u

/* An answer under way. */
struct loop_answer {
	nsec_t due;
	unsigned port;
	size_t data;      /* bytes that follow the header */
	bool identify;    /* ... and they are an IDENTIFY block */
	uint8_t head[36]; /* as on the wire */
	size_t head_len;
};

struct loop {
	struct engine *e;
	struct loop_config config;
	nsec_t now;
	bool *up;       /* by port */
	uint64_t sent;  /* frames */
	unsigned found; /* devices */
	struct loop_answer *ring;
	size_t first, count;
	uint8_t frame[36 + LOOP_LENGTH];
	uint8_t block[512]; /* IDENTIFY, but for the serial number */
};

/* Ends the program when there is no memory. */
void loop_start(struct loop *l, const struct loop_config *config);
void loop_stop(struct loop *l);
void loop_port(struct loop *l, unsigned port, bool up);
/* The n-th device's address. */
struct aoe_addr loop_addr(unsigned n);
/* Hands all frames on offer to the network. */
void loop_send(struct loop *l);
/* Answers under way to that port. */
unsigned loop_out(const struct loop *l, unsigned port);
/*
 * One turn: sends, calls back, or else goes to the next moment at which
 * something comes in or the engine wants to be called.
 */
void loop_turn(struct loop *l);

#endif
