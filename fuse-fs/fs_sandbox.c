/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include "aoe-user/daemon/protect.h"
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

static void drop_capabilities(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	/* The bounding set takes CAP_SETPCAP, which may be missing. */
	if (capng_apply(CAPNG_SELECT_ALL) < 0)
		capng_apply(CAPNG_SELECT_CAPS);
}

static int allow(scmp_filter_ctx filter)
{
	static const int calls[] = {SCMP_SYS(read), SCMP_SYS(pread64),
	    SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
	    SCMP_SYS(fcntl), SCMP_SYS(fadvise64), SCMP_SYS(sendto),
	    SCMP_SYS(recvfrom), SCMP_SYS(brk), SCMP_SYS(munmap),
	    SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	    SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(write),
	    SCMP_SYS(close), SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigreturn),
	    SCMP_SYS(exit_group)};
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(calls); i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	/* Memory, but none that could be executed. */
	return rc ? rc
		  : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
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
	scmp_filter_ctx filter;
	int rc;

	/* Whoever serves disks must not be killed for want of memory. */
	protect_oom_score("1000");
	close_others(keep, keep_too);
	drop_capabilities();
	rc = set_limits();
	if (rc)
		return rc;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return -ENOMEM;
	rc = allow(filter);
	/* seccomp_load() sets no_new_privs first. */
	if (!rc)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc;
}
