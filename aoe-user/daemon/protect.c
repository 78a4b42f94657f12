/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/daemon/protect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static void note(const struct log *log, const char *what)
{
	log_msg(log, LOG_LEVEL_DEBUG, NULL, "%s: %s", what, strerror(errno));
}

int protect_oom_score(const char *score)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	int error = fd < 0 || write(fd, score, strlen(score)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return error;
}

void protect_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

void protect_memory(const struct log *log)
{
	/* Without the limit, mmap would fail once CAP_IPC_LOCK is gone. */
	static const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

	if (prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0) < 0)
		note(log, "PR_SET_IO_FLUSHER");
	if (protect_oom_score("-1000"))
		note(log, "oom_score_adj");
	if (setrlimit(RLIMIT_MEMLOCK, &unlimited) < 0)
		note(log, "RLIMIT_MEMLOCK");
	else if (mlockall(MCL_CURRENT) < 0 ||
		 mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
		note(log, "mlockall");
}
