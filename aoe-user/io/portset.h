/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ports of a client and what makes them come and go: either the interfaces
 * that were named or handed over, which are waited for when they vanish, or
 * every suitable one, hot-plugged ones too. Keeps the engine informed.
 */
#ifndef IO_PORTSET_H
#define IO_PORTSET_H

#include "aoe-user/io/link.h"
#include "aoe-user/io/netport.h"

#define PORTSET_PLACES 256u

struct portset {
	struct list ports;
	struct list by_index[PORTSET_PLACES];
	struct list waiting; /* ports that are to be looked at later */
	unsigned slots;      /* in all rings together */
	struct engine *engine;
	const struct log *log;
	struct filter filter;
	size_t ring_bytes;
	int epoll;   /* the ports' descriptors are registered here */
	bool all;    /* every suitable interface */
	bool sealed; /* opening one more was refused: privileges are gone */
	char idle[IF_NAMESIZE]; /* a suitable interface that is down, or "" */
};

/*
 * The portset follows every interface until one is added. 0 or -errno.
 * `prefix` is the tag prefix that the sockets let in.
 */
int portset_init(struct portset *s, struct engine *engine, int epoll,
    unsigned prefix, size_t ring_bytes, const struct log *log);
/* Safe after a failed init and when called twice. */
void portset_fini(struct portset *s);
/* One interface by name, there or not. 0 or -errno (-EPERM: CAP_NET_RAW). */
int portset_add_name(struct portset *s, const char *name);
/* One that is open already; takes over `fd`, also on failure. 0 or -errno. */
int portset_add_fd(struct portset *s, int fd, unsigned ifindex);
/*
 * After the first list of links: 0 when there is something to work with, else
 * -errno and one line in `why`. What is missing or down is logged.
 */
int portset_check(struct portset *s, char *why, size_t size);

/* From the link monitor; these are in portset_link.c. */
void portset_link(struct portset *s, const struct link *l);
void portset_gone(struct portset *s, unsigned index);
void portset_dump(struct portset *s, bool complete);

/* For portset_link.c: a port more (`fd` may be an error) and one less ... */
int portset_add(struct portset *s, int fd, struct netport **out);
void portset_drop(struct portset *s, struct netport *p);
/* ... the one that was asked for by this name ... */
struct netport *portset_named(const struct portset *s, const char *name);
/* ... and what follows from any change of a port: for epoll, to find it, ... */
void portset_note(struct portset *s, struct netport *p);

/*
 * Gives the port a ring for its MTU, on that interface; if there is none to be
 * had, portset_retry() tries again, with ever longer pauses.
 */
void portset_listen(
    struct portset *s, struct netport *p, unsigned ifindex, nsec_t now);
/* Tells the engine how it stands with the port, if that is news: true. */
bool portset_judge(struct portset *s, struct netport *p, nsec_t now);

/* Sends what the engine has, and shows it to the capture, if there is one. */
void portset_send(struct portset *s, struct capture *c);
/* The port's socket takes frames again. */
void portset_writable(struct portset *s, struct netport *p);
/* When portset_retry() is due, or NSEC_NEVER. */
nsec_t portset_deadline(const struct portset *s);
void portset_retry(struct portset *s, nsec_t now);
/* The n-th port, or NULL. */
struct netport *portset_nth(const struct portset *s, unsigned n);
/* NULL when there is none on that interface. */
struct netport *portset_find(const struct portset *s, unsigned ifindex);

#endif
