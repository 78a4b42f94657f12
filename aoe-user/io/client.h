/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is behind the opaque client of aoe.h: the engine, and the descriptors
 * that feed it. client.c makes and asks it, dispatch.c makes it work.
 */
#ifndef IO_CLIENT_H
#define IO_CLIENT_H

#include "aoe-user/io/aoe.h"
#include "aoe-user/io/capture.h"
#include "aoe-user/io/clock.h"
#include "aoe-user/io/linkmon.h"
#include "aoe-user/io/portset.h"
#include "aoe-user/io/writer.h"

struct aoe {
	struct engine *engine;
	const struct log *log;
	int epoll; /* holds all of the descriptors below and the ports' */
	int wake;  /* eventfd */
	struct clock_timer timer;
	struct linkmon links;
	struct portset ports;
	struct capture *capture; /* or NULL */
	struct writer_table writers;
	int prefix_claim;      /* holds our tag prefix, or -1 */
	unsigned tag_prefix;   /* 7 bits */
	unsigned unticked;     /* frames received since the last tick */
	struct aoe_addr *only; /* patterns, or NULL: every address */
	size_t only_count;
	const char *const *serials; /* the user's */
	size_t serial_count;
	void *ctx; /* the user's, for the callbacks */
	void (*on_device)(void *ctx, struct device *dev, unsigned events);
	void (*on_room)(void *ctx);
};

#endif
