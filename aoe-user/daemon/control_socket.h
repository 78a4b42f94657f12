/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where daemons can be asked: a folder with one socket for each, named by its
 * process number. What killed ones left there is removed by the next who looks.
 */
#ifndef DAEMON_CONTROL_SOCKET_H
#define DAEMON_CONTROL_SOCKET_H

#include "aoe-user/daemon/unixsock.h"
#include "common/log.h"

#define CONTROL_DIR "/run/aoe"
#define CONTROL_PATH 108 /* as long as a socket's path can be */

struct control_socket {
	struct unixsock sock;
	char path[CONTROL_PATH];
	int pid; /* in its name */
};

/*
 * Listens there for this process, and makes the folder when it is missing.
 * Without the right to do so, or with `dir` NULL, sock.fd is -1: a daemon works
 * without. The socket can be served by a child.
 */
void control_socket_open(
    struct control_socket *s, const char *dir, const struct log *log);
/* Removes the file. To be called by the process that opened it. */
void control_socket_close(struct control_socket *s);

/* Calls `each` for every daemon's socket, in order of the numbers. 0, -errno.
 */
int control_socket_each(const char *dir,
    void (*each)(void *ctx, const char *path, int pid), void *ctx);
/* Connects to one; -ECONNREFUSED: that one is gone, and now its file is too. */
int control_socket_connect(const char *path, int pid);

#endif
