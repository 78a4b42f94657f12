/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The worker as the controller sees it: a process, its channel, and the socket
 * it serves. Waiting for it also notices the signals that end the controller.
 */
#ifndef NBD_CHILD_H
#define NBD_CHILD_H

#include <stdbool.h>
#include <sys/types.h>
#include "common/log.h"
#include "nbd-bridge/nbd_channel.h"
#include "nbd-bridge/nbd_worker.h"

struct nbd_child {
	const struct log *log; /* the worker's lines end here */
	pid_t pid;             /* 0 once it was reaped */
	int process;           /* pidfd */
	int channel;
	int server;  /* a copy of the worker's end: it can be shut down here */
	int kernel;  /* the other end, until the kernel has it */
	int signals; /* SIGTERM, SIGINT, SIGHUP */
	int status;  /* how it ended, as waitpid() gives it */
};

enum nbd_child_event {
	NBD_CHILD_NOTHING, /* the time has come */
	NBD_CHILD_SIGNAL,  /* we are asked to stop */
	NBD_CHILD_MESSAGE,
	NBD_CHILD_DEATH,
};

/*
 * Starts a worker; channel and socket of the options are set here. 0 or -errno;
 * nbd_child_end() in any case.
 */
int nbd_child_start(struct nbd_child *c, const struct log *log,
    const struct nbd_worker_options *options);
/* What happens next, at the latest at `until`. */
enum nbd_child_event nbd_child_wait(
    struct nbd_child *c, nsec_t until, struct nbd_channel_message *m);
void nbd_child_send(
    struct nbd_child *c, enum nbd_channel_kind kind, const char *text);
/* Kills it if it still runs, and closes what is open. */
void nbd_child_end(struct nbd_child *c);

/* Standard input, output and error become /dev/null. 0 or -errno. */
int nbd_child_leave_stdio(void);

#endif
