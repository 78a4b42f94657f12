/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks every running daemon of this machine one question.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "common/json.h"

struct daemon_asker {
	const char *dir;     /* where their sockets are (control_socket.h) */
	const char *request; /* a line without newline */
	/* One has answered; the value is gone after the call. */
	void (*answered)(void *ctx, int pid, const struct json_value *answer);
	/* One did not, and why; or the folder, with pid 0. */
	void (*failed)(void *ctx, int pid, int error);
	void *ctx;
};

/* In order of the process numbers, at most 1 s for each. */
void daemon_ask(const struct daemon_asker *asker);

#endif
