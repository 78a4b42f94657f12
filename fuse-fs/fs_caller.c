/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_caller.h"

#include <signal.h>
#include <stdio.h>

#define LINE 128

bool fs_caller_dies(pid_t tid)
{
	unsigned long long pending = 0;
	char line[LINE];
	FILE *f;

	if (!tid)
		return false;
	snprintf(line, sizeof(line), "/proc/%ld/status", (long)tid);
	f = fopen(line, "re");
	if (!f)
		return false;
	/* The kernel makes a SIGKILL of every signal that ends a process. */
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "SigPnd: %llx", &pending) == 1)
			break;
	fclose(f);
	return pending >> (SIGKILL - 1) & 1;
}
