/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A machine with the engine in it: drives the engine the way the io layer
 * does, with virtual ports and the virtual clock, counts its memory, and shows
 * every frame to the referee.
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include "aoe-user/core/engine.h"
#include "tests/sim/net.h"
#include "tests/sim/referee.h"
#include "tests/sim/world.h"

#define HOST_PORTS 16
#define HOST_PREFIX 0x11
#define HOST_EVENTS 8 /* bits of enum engine_event */
#define HOST_LOG 64
#define HOST_LINE 200

struct host_port {
	struct host *h;
	struct net_port *net;
	struct net_sink sink;
	unsigned id, mtu;
	bool up;            /* as the engine was told */
	bool gone;          /* removed: nothing arrives */
	bool refused;       /* engine_port_set() gave -ENOMEM */
	bool too_big;       /* the kernel's MTU is smaller than we know */
	unsigned real_mtu;  /* then: the kernel's */
	struct event ready; /* writable again after AGAIN */
	bool full;
};

struct host {
	struct owned owned;
	struct world *w;
	struct engine *e;
	struct engine_config config;
	struct log log;
	struct referee referee;
	struct host_port port[HOST_PORTS];
	unsigned ports, numbers; /* ports that there were, over all */
	struct event tick;
	struct list waiters; /* struct host_waiter: want to know of room */
	bool pumping;
	uint64_t pumps;
	bool paused;        /* the process is stopped (SIGSTOP) */
	struct list parked; /* received meanwhile */
	double again;       /* chance that a send finds the queue full */
	uint64_t agains;
	/* Memory of the engine. */
	size_t bytes, peak;
	uint64_t gets, fail_at; /* the fail_at-th get fails, 0 = none */
	unsigned seen[HOST_EVENTS];
	unsigned warnings, said; /* of these levels, and all but debug */
	char line[HOST_LOG][HOST_LINE];
	unsigned lines;
};

struct host_waiter {
	struct list link;
	void (*room)(struct host_waiter *w);
};

/*
 * Makes an engine from `config` (may be NULL; seed, allocator, log, callbacks
 * and prefix are the host's). Without ports it talks to nobody.
 */
struct host *host_new(struct world *w, const struct engine_config *config);
/* The same, but says so when the engine could not be made: NULL and *error. */
struct host *host_try(struct world *w, const struct engine_config *config,
    uint64_t fail_at, int *error);
/* A new port with MTU `mtu` on a new station of the network. */
struct host_port *host_add_port(struct host *h, struct mac mac, unsigned mtu);
/* The engine is told of it (a cable is cut with net_cut()). */
void host_port_state(struct host_port *p, bool up, unsigned mtu);
void host_port_remove(struct host_port *p);
/* It is made again after that: the same, or (`anew`) with another number. */
void host_port_remake(struct host_port *p, bool anew);

/* Sends, reaps, and sets the timer. Called after anything was put in. */
void host_pump(struct host *h);
/* SIGSTOP and SIGCONT. */
void host_pause(struct host *h, bool paused);

/* Waits until the device is up; NULL (and a failure) after `limit`. */
struct device *host_wait(struct host *h, struct aoe_addr addr, nsec_t limit);
/* host_wait(), then engine_open() until the address is settled. */
struct device *host_open(struct host *h, struct aoe_addr addr);
/* True when a log line that contains `text` has been seen. */
bool host_logged(const struct host *h, const char *text);
/* How often the event was seen. */
unsigned host_seen(const struct host *h, enum engine_event event);
/* Ends the engine now and checks that no memory is left. */
void host_stop(struct host *h);

#endif
