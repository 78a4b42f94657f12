/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life that every process which serves disks has: a client in an event
 * loop, a control socket, and an end that loses nothing. What is under way may
 * finish, for a moment; then it fails; and nobody leaves while a copy of a
 * write that was sent may still be executed, unless that takes longer than it
 * can.
 *
 *	service_init()	service_open() ... service_run()	service_end()
 *... service_close()
 */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include "aoe-user/daemon/control.h"
#include "aoe-user/daemon/control_socket.h"
#include "aoe-user/io/aoe_ev.h"

/* After a signal, for what is in flight; with the rest it is over in 2 s. */
#define SERVICE_GRACE (900 * NSEC_MS)
#define SERVICE_SIGNALS 3

struct service_config {
	const char *program; /* as those who ask hear it */
	const struct log *log;
	nsec_t late;  /* how long a late copy may still arrive */
	nsec_t grace; /* how long what is in flight may take at the end */
	void *ctx;
	/* Adds what the program knows to the answer to "stats". */
	void (*describe)(void *ctx, struct json *j);
	/* The end has begun: nothing new is to be taken. May be NULL. */
	void (*stop)(void *ctx);
	/* Whether nobody waits for an answer any more. */
	bool (*idle)(void *ctx);
};

struct service {
	struct service_config config;
	struct ev_loop *loop; /* NULL until service_open() */
	struct aoe *aoe;      /* NULL before, and after service_end() */
	int status;           /* of the process, at its exit */

	struct aoe_ev aoe_ev;
	struct control_socket socket;
	struct control *control;
	ev_signal signals[SERVICE_SIGNALS];
	unsigned signal_count;
	ev_timer leave; /* looks whether it is over */
	nsec_t since;   /* when the end began, or 0 */
	bool quiesced;
};

void service_init(struct service *s, const struct service_config *config);
/*
 * Makes the loop and the client. 0, or -errno with one line in why[AOE_WHY].
 * Whatever comes of it, service_end() and service_close() follow.
 */
int service_open(
    struct service *s, const struct aoe_options *options, char *why);
/* Logs what went wrong; the process will exit with 1. */
void service_fail(struct service *s, const char *text);
/*
 * Answers questions on a socket in that folder, if one can be made (NULL: on
 * none). 0, or -errno after service_fail().
 */
int service_listen(struct service *s, const char *dir);
/* The same on a socket that process `pid` has opened. 0 or -errno. */
int service_answer(struct service *s, int fd, int pid);
/* From now on this signal begins the end, and a second one ends at once. */
void service_catch(struct service *s, int number);

/* Until the end. */
void service_run(struct service *s);
/* Begins the end, once. */
void service_leave(struct service *s);
/* Looks whether it has come, for those who know that something has changed. */
void service_look(struct service *s);

/*
 * Ends the client, which gives back what is under way, and the control socket.
 * The loop is there until service_close(). Both are safe at any time.
 */
void service_end(struct service *s);
void service_close(struct service *s);

#endif
