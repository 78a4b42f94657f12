/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>
#include "nbd-bridge/nbd_controller.h"
#include "nbd-bridge/nbd_genl.h"
#include "nbd-bridge/nbd_helper.h"
#include "nbd-bridge/nbd_sysfs.h"
#include "nbd-bridge/nbd_users.h"
#include "nbd-bridge/verb.h"

#define CLAIM_LIMIT (2 * NSEC_SEC)
#define DAEMON_LIMIT_MS 10000 /* it drains, disconnects, settles, leaves */
#define DISCONNECT_LIMIT (3 * NSEC_SEC)

/* Which device, and whether anything is attached there. 0, or exit status. */
static int find(
    struct verb_args *a, const char *name, unsigned *index, bool *idle)
{
	char why[NBD_SYSFS_USER], mark[NBD_CONTROLLER_MARK];
	struct aoe_addr addr;
	struct nbd_sysfs s;

	*idle = false;
	if (strchr(name, '.')) {
		if (addr_parse(name, &addr, why)) {
			verb_complain(a, "%s", why);
			return VERB_USAGE;
		}
		*idle = nbd_sysfs_find(nbd_controller_mark(addr, mark), index);
		return VERB_OK;
	}
	if (nbd_sysfs_parse(name, index, why)) {
		verb_complain(a, "%s", why);
		return VERB_USAGE;
	}
	if (nbd_sysfs_read(*index, &s)) {
		verb_complain(a, "/dev/nbd%u does not exist", *index);
		return VERB_FAILED;
	}
	*idle = !s.connected;
	return VERB_OK;
}

/* Says why the device must be left alone; true when it must. */
static bool refuse(struct verb_args *a, unsigned index)
{
	char text[NBD_USERS_TEXT];
	struct aoe_addr addr;
	struct nbd_sysfs s;

	if (a->force || nbd_sysfs_read(index, &s))
		return false;
	if (nbd_controller_parse_mark(s.backend, &addr)) {
		verb_complain(a,
		    "/dev/nbd%u was not attached by aoe-nbd: detach it with "
		    "its own tool, or with --force",
		    index);
		return true;
	}
	if (nbd_users_find(index, text) == 1) {
		verb_complain(a,
		    "%s: unmount or stop that first, or lose data with "
		    "--force",
		    text);
		return true;
	}
	if (nbd_helper_run(nbd_helper_claim, index, CLAIM_LIMIT) == -EBUSY) {
		verb_complain(a,
		    "/dev/nbd%u is in use (by another mount namespace?): stop "
		    "that first, or lose data with --force",
		    index);
		return true;
	}
	return false;
}

/* The number may have gone to another process since: only a name we know. */
static bool is_daemon(int pid)
{
	char path[64], name[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(name, sizeof(name), f))
		name[0] = '\0';
	fclose(f);
	return !strcmp(name, "aoe-nbd\n");
}

/* Asks the daemon to detach in order, and waits until it has left. */
static void stop_daemon(int pid)
{
	int fd = pid > 0 ? pidfd_open(pid, 0) : -1;
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (fd < 0)
		return;
	if (is_daemon(pid) && pidfd_send_signal(fd, SIGTERM, NULL, 0) == 0)
		poll(&p, 1, DAEMON_LIMIT_MS);
	close(fd);
}

/* Without its daemon, or when that does not react. */
static int disconnect(struct verb_args *a, unsigned index)
{
	int rc = nbd_helper_run(nbd_helper_disconnect, index, DISCONNECT_LIMIT);

	if (rc == -ETIMEDOUT)
		verb_complain(a,
		    "/dev/nbd%u: its daemon does not react; kill that and try "
		    "again",
		    index);
	else if (rc < 0)
		verb_complain(a, "/dev/nbd%u: cannot detach: %s", index,
		    nbd_genl_text(rc));
	else
		nbd_helper_run(nbd_helper_scan, index, CLAIM_LIMIT);
	return rc < 0 ? VERB_FAILED : VERB_OK;
}

/* Connected still, and by the same process as before. */
static bool still(unsigned index, const struct nbd_sysfs *before)
{
	struct nbd_sysfs s;

	return !nbd_sysfs_read(index, &s) && s.connected &&
	       s.pid == before->pid && !strcmp(s.backend, before->backend);
}

int verb_detach(struct verb_args *a)
{
	struct nbd_sysfs before;
	unsigned index;
	bool idle;
	int rc;

	if (!verb_takes(a, 1, 1, "-d [--force] DEVICE|ADDR"))
		return VERB_USAGE;
	rc = find(a, a->args[0], &index, &idle);
	if (rc)
		return rc;
	if (idle || nbd_sysfs_read(index, &before)) {
		verb_complain(a, "%s is not attached", a->args[0]);
		return VERB_OK;
	}
	if (refuse(a, index))
		return VERB_FAILED;
	stop_daemon(before.pid);
	if (still(index, &before))
		rc = disconnect(a, index);
	if (rc == VERB_OK && still(index, &before))
		verb_complain(a,
		    "/dev/nbd%u is detached, but still open somewhere: it is "
		    "free again when that is closed",
		    index);
	return rc;
}
