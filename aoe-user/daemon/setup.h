/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Command line options that every program of the project has, so that they are
 * spelled, checked and explained the same everywhere.
 */
#ifndef DAEMON_SETUP_H
#define DAEMON_SETUP_H

#include <getopt.h>
#include <stdbool.h>
#include "aoe-user/io/aoe.h"

#define SETUP_INTERFACES 64
#define SETUP_SERIALS 64

/* Values for getopt_long that cannot be letters; programs start at SETUP_LAST.
 */
enum {
	SETUP_CAPTURE = 256,
	SETUP_CAPTURE_LIMIT,
	SETUP_DEAD_SECS,
	SETUP_QUEUE,
	SETUP_LATE_COPY,
	SETUP_MAX_WINDOW,
	SETUP_ALLOW_4095,
	SETUP_IGNORE_SERIAL,
	SETUP_SERIAL,
	SETUP_SHARED,
	SETUP_STRICT_FLUSH,
	SETUP_CONTROL,
	SETUP_NO_CONTROL,
	SETUP_LAST = 512,
};

/* For the program's short option string and its struct option array. */
#define SETUP_SHORT "i:vhV"
#define SETUP_LONG                                                             \
	{"interface", required_argument, NULL, 'i'},                           \
	    {"verbose", no_argument, NULL, 'v'},                               \
	    {"help", no_argument, NULL, 'h'},                                  \
	    {"version", no_argument, NULL, 'V'},                               \
	    {"capture", required_argument, NULL, SETUP_CAPTURE},               \
	    {"capture-limit", required_argument, NULL, SETUP_CAPTURE_LIMIT},   \
	    {"dead-secs", required_argument, NULL, SETUP_DEAD_SECS},           \
	    {"queue", no_argument, NULL, SETUP_QUEUE},                         \
	    {"late-copy-ms", required_argument, NULL, SETUP_LATE_COPY},        \
	    {"max-window", required_argument, NULL, SETUP_MAX_WINDOW},         \
	    {"allow-4095", no_argument, NULL, SETUP_ALLOW_4095},               \
	    {"ignore-serial", no_argument, NULL, SETUP_IGNORE_SERIAL},         \
	    {"serial", required_argument, NULL, SETUP_SERIAL},                 \
	    {"shared", no_argument, NULL, SETUP_SHARED},                       \
	    {"control", required_argument, NULL, SETUP_CONTROL},               \
	    {"no-control", no_argument, NULL, SETUP_NO_CONTROL},               \
	{                                                                      \
		"strict-flush", no_argument, NULL, SETUP_STRICT_FLUSH          \
	}

struct setup {
	struct aoe_options
	    options; /* log, interfaces, serials point into this struct */
	const char *interfaces[SETUP_INTERFACES];
	const char *serials[SETUP_SERIALS];
	const char *control; /* folder of the daemons' sockets; NULL: none */
	struct log log;
	unsigned verbose; /* how often -v was given */
	bool help, version;
};

/* `program` is the name for log lines; it must outlive the setup. */
void setup_init(struct setup *s, const char *program);
/*
 * Takes one option as getopt_long() returned it. 1: it was a common one. 0: not
 * ours. -EINVAL: a bad value, with one line in `why` (AOE_WHY bytes).
 * `arg` must stay valid (argv does).
 */
int setup_option(struct setup *s, int c, const char *arg, char *why);
/* The help text of the common options, one per line, newline at the end. */
extern const char setup_help[];

/*
 * Waits until `addr` is identified and up, dispatching `a` meanwhile, for at
 * most `limit`. Returns 0 and the device; -ETIMEDOUT with one line in `why`
 * that says what was tried on which interfaces; or -ENOTUNIQ, when several
 * disks answer, with one that names them. When that takes long it logs for
 * whom it waits.
 */
int setup_wait_device(struct aoe *a, struct aoe_addr addr, nsec_t limit,
    struct device **out, char *why);
/* Dispatches `a` for that long. 0 or -errno. */
int setup_listen(struct aoe *a, nsec_t time);
/* "eth0, eth1 (down)": what the client listens on, for messages. */
char *setup_port_list(const struct aoe *a, char *buf, size_t size);

#endif
