/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>
#include "nbd-bridge/nbd_child.h"
#include "nbd-bridge/nbd_controller.h"
#include "nbd-bridge/nbd_sysfs.h"
#include "nbd-bridge/verb.h"

#define WAIT_DEFAULT (10 * NSEC_SEC)

/* ---- in front ---- */

static int print_node(void *ctx, unsigned index)
{
	char node[NBD_SYSFS_NODE];

	(void)ctx;
	printf("%s\n", nbd_sysfs_node(index, node));
	return fflush(stdout) ? -errno : 0;
}

static int run(const struct nbd_controller_options *options)
{
	return nbd_controller_run(options) < 0 ? VERB_FAILED : VERB_OK;
}

/* ---- in the background ---- */

struct background {
	struct log *log;
	int ready; /* where the one who started us waits for the number */
};

/*
 * Until here the terminal could interrupt us and saw our messages; from now on
 * we are a daemon.
 */
static int leave_terminal(void *ctx, unsigned index)
{
	struct background *b = ctx;
	int rc = nbd_child_leave_stdio();

	if (rc < 0)
		return rc;
	if (chdir("/") < 0)
		return -errno;
	setsid();
	openlog("aoe-nbd", LOG_PID, LOG_DAEMON);
	b->log->sink = log_to_syslog;
	/* When nobody waits any more, nobody wants the device either. */
	if (write(b->ready, &index, sizeof(index)) != sizeof(index))
		return -EPIPE;
	close(b->ready);
	return 0;
}

static int run_in_background(struct nbd_controller_options *options)
{
	struct background b = {.log = &options->setup->log};
	int ends[2], status;
	unsigned index;
	pid_t child;

	child = pipe2(ends, O_CLOEXEC) < 0 ? -1 : fork();
	if (child < 0) {
		log_msg(b.log, LOG_LEVEL_ERROR, NULL,
		    "cannot start a daemon: %s", strerror(errno));
		return VERB_FAILED;
	}
	if (child == 0) {
		close(ends[0]);
		b.ready = ends[1];
		options->on_ready = leave_terminal;
		options->ctx = &b;
		return run(options);
	}
	close(ends[1]);
	if (read(ends[0], &index, sizeof(index)) == sizeof(index))
		return print_node(NULL, index) < 0 ? VERB_FAILED : VERB_OK;
	if (waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	    WEXITSTATUS(status))
		return WEXITSTATUS(status);
	return VERB_FAILED;
}

/* ---- what is wanted ---- */

static int parse(struct verb_args *a, struct nbd_controller_options *o)
{
	char why[NBD_SYSFS_USER];
	unsigned index;

	if (!verb_takes(a, 1, 2, "[options] ADDR [DEVICE]"))
		return -EINVAL;
	if (addr_parse(a->args[0], &o->addr, why)) {
		verb_complain(a, "%s", why);
		return -EINVAL;
	}
	if (addr_is_unset(o->addr) && !a->setup.options.allow_unset) {
		verb_complain(a,
		    "%s: shelf 4095 means a shelf without number: "
		    "--allow-4095 to use it",
		    a->args[0]);
		return -EINVAL;
	}
	if (a->count == 1 || !strcmp(a->args[1], "-"))
		return 0;
	if (nbd_sysfs_parse(a->args[1], &index, why)) {
		verb_complain(a, "%s", why);
		return -EINVAL;
	}
	o->index = (int)index;
	return 0;
}

int verb_attach(struct verb_args *a)
{
	struct nbd_controller_options options = {
	    .setup = &a->setup,
	    .index = -1,
	    .read_only = a->read_only,
	    .wait = a->wait ? a->wait : WAIT_DEFAULT,
	    .on_ready = print_node,
	};

	if (parse(a, &options))
		return VERB_USAGE;
	return a->foreground ? run(&options) : run_in_background(&options);
}
