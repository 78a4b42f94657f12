/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "nbd-bridge/nbd_genl.h"
#include "nbd-bridge/nbd_helper.h"
#include "nbd-bridge/nbd_sysfs.h"

#define EXIT_UNKNOWN 255 /* for an errno that is no exit status */

/* 0 in the child, where leave() has the last word; its pid, or -errno. */
static pid_t begin(void)
{
	pid_t child = fork();
	sigset_t none;

	if (child)
		return child < 0 ? -errno : child;
	/* The controller reads its signals from a descriptor; we do not. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return 0;
}

static void __attribute__((noreturn)) leave(int rc)
{
	_exit(-rc < EXIT_UNKNOWN ? -rc : EXIT_UNKNOWN);
}

pid_t nbd_helper_start(int (*call)(unsigned index), unsigned index)
{
	pid_t child = begin();

	if (!child)
		leave(call(index));
	return child;
}

pid_t nbd_helper_resize(unsigned index, uint64_t size, const char *backend)
{
	pid_t child = begin();
	struct nbd_genl *g;
	int rc;

	if (child)
		return child;
	rc = nbd_genl_open(&g);
	if (rc == 0)
		rc = nbd_genl_resize(g, index, size, backend);
	leave(rc);
}

int nbd_helper_wait(pid_t child, nsec_t limit)
{
	int fd, rc, status;
	struct pollfd p;

	if (child < 0)
		return child;
	fd = pidfd_open(child, 0);
	if (fd < 0)
		return -errno;
	p = (struct pollfd){.fd = fd, .events = POLLIN};
	do {
		rc = poll(&p, 1, (int)(limit / NSEC_MS));
	} while (rc < 0 && errno == EINTR);
	close(fd);
	if (rc == 0)
		return -ETIMEDOUT;
	if (waitpid(child, &status, 0) != child)
		return -errno;
	if (!WIFEXITED(status))
		return -EINTR;
	return WEXITSTATUS(status) == EXIT_UNKNOWN ? -EIO
						   : -WEXITSTATUS(status);
}

int nbd_helper_run(int (*call)(unsigned index), unsigned index, nsec_t limit)
{
	return nbd_helper_wait(nbd_helper_start(call, index), limit);
}

int nbd_helper_disconnect(unsigned index)
{
	struct nbd_genl *g;
	int rc = nbd_genl_open(&g);

	if (rc < 0)
		return rc;
	rc = nbd_genl_disconnect(g, index);
	nbd_genl_close(g);
	return rc;
}

static int open_node(unsigned index, int flags)
{
	char node[NBD_SYSFS_NODE];
	int fd = open(nbd_sysfs_node(index, node), flags | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int nbd_helper_scan(unsigned index)
{
	return open_node(index, O_RDONLY);
}

int nbd_helper_claim(unsigned index)
{
	return open_node(index, O_RDONLY | O_EXCL);
}

int nbd_helper_modprobe(unsigned unused)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)unused;
	/* What it says goes nowhere: the caller has a better message. */
	if (null >= 0) {
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	execlp("modprobe", "modprobe", "nbd", (char *)NULL);
	return -errno;
}
