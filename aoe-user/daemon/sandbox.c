/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/daemon/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include "common/compiler.h"

static int drop_capabilities(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	/* The bounding set takes CAP_SETPCAP, which may be missing already. */
	if (capng_apply(CAPNG_SELECT_ALL) < 0 &&
	    capng_apply(CAPNG_SELECT_CAPS) < 0)
		return -EPERM;
	return 0;
}

static const int plain_calls[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    SCMP_SYS(lseek),
    SCMP_SYS(fcntl),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(close),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(exit_group),
};

static int allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < count; i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	return rc;
}

/* Memory, but none that could be executed. */
static int allow_memory(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp plain =
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	int rc =
	    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, plain);

	return rc ? rc
		  : seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, plain);
}

int sandbox_enter(const int *calls, size_t count)
{
	scmp_filter_ctx filter;
	int rc = drop_capabilities();

	if (rc)
		return rc;
	/* EPERM, not a kill: a disk in use is worth more than a surprise. */
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return -ENOMEM;
	rc = allow(filter, plain_calls, ARRAY_SIZE(plain_calls));
	if (!rc)
		rc = allow(filter, calls, count);
	if (!rc)
		rc = allow_memory(filter);
	/* seccomp_load() sets no_new_privs first. */
	if (!rc)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc;
}
