/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>
#include "aoe-user/daemon/protect.h"
#include "aoe-user/daemon/sandbox.h"
#include "common/compiler.h"

#define CPU_SECONDS 10
#define MEMORY_MORE (256u << 20)

static void close_others(int keep, int keep_too)
{
	unsigned low = (unsigned)MIN(keep, keep_too);
	unsigned high = (unsigned)MAX(keep, keep_too);

	close_range(3, low - 1, 0);
	if (high > low + 1)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0u, 0);
}

/* A little more memory than it was born with; no byte of any file. */
static int set_limits(void)
{
	static const struct rlimit cpu = {CPU_SECONDS, CPU_SECONDS};
	static const struct rlimit none = {0, 0};
	unsigned long pages = 0;
	struct rlimit memory;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f && fscanf(f, "%lu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	memory.rlim_cur = memory.rlim_max =
	    (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + MEMORY_MORE;
	if (setrlimit(RLIMIT_CPU, &cpu) || setrlimit(RLIMIT_FSIZE, &none) ||
	    (pages && setrlimit(RLIMIT_AS, &memory)))
		return -errno;
	return 0;
}

int fs_sandbox_enter(int keep, int keep_too)
{
	static const int calls[] = {
	    SCMP_SYS(pread64), SCMP_SYS(fadvise64), SCMP_SYS(sigaltstack)};
	int rc;

	/* Whoever serves disks must not be killed for want of memory. */
	protect_oom_score("1000");
	close_others(keep, keep_too);
	rc = set_limits();
	return rc ? rc : sandbox_enter(calls, ARRAY_SIZE(calls));
}
