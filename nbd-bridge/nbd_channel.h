/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What controller and worker of an attached device tell each other, over a
 * socketpair that keeps message boundaries. The worker never waits for room:
 * log lines that do not fit are dropped, so that a slow log cannot hold up I/O.
 */
#ifndef NBD_CHANNEL_H
#define NBD_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>
#include "common/log.h"

enum nbd_channel_kind {
	NBD_CHANNEL_LOG = 1,  /* level, object, text */
	NBD_CHANNEL_RESIZED,  /* size is another one now */
	NBD_CHANNEL_READY,    /* it serves; size and flush are valid */
	NBD_CHANNEL_FAILED,   /* it could not start; text says why */
	NBD_CHANNEL_ATTACHED, /* to the worker: text names the device */
	NBD_CHANNEL_STOP,     /* to the worker: say IDLE when nothing is left */
	NBD_CHANNEL_IDLE,     /* no request is in flight, or none will end */
	NBD_CHANNEL_ENDED, /* the kernel let go; text says why, "" = orderly */
};

#define NBD_CHANNEL_TEXT 512

struct nbd_channel_message {
	uint32_t kind;
	uint32_t level;
	uint64_t size; /* bytes */
	uint32_t flush;
	char object[32];
	char text[NBD_CHANNEL_TEXT];
};

/* Both ends, close-on-exec. 0 or -errno. */
int nbd_channel_new(int ends[2]);
/* 0 or -errno; -EAGAIN when the other side does not read. */
int nbd_channel_send(int fd, const struct nbd_channel_message *m);
/*
 * 1 and a message whose texts are terminated; 0 when the other side is gone;
 * -EAGAIN when there is none now; -EPROTO for anything malformed.
 */
int nbd_channel_receive(int fd, struct nbd_channel_message *m);
/* A log sink that sends; ctx points at the descriptor. */
void nbd_channel_log(
    void *ctx, enum log_level level, const char *object, const char *text);

#endif
