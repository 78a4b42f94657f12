/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

/* Leaves, when the daemon is ready or has ended. */
static void wait_for(pid_t pid, int fd)
{
	int status;
	char byte;

	if (read(fd, &byte, 1) == 1)
		_exit(0);
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status))
		_exit(WEXITSTATUS(status));
	_exit(1);
}

int fs_daemon_fork(void)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return -errno;
	}
	if (pid) {
		close(ends[1]);
		wait_for(pid, ends[0]);
	}
	close(ends[0]);
	return ends[1];
}

int fs_daemon_ready(int fd, struct log *log)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return -errno;
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	if (null > 2)
		close(null);
	setsid();
	openlog("aoe-fuse", LOG_PID, LOG_DAEMON);
	log->sink = log_to_syslog;
	/* When nobody waits any more, nobody wants the mount either. */
	if (write(fd, "", 1) != 1)
		return -EPIPE;
	close(fd);
	return 0;
}
