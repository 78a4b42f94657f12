/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/cli/zero.h"

#include <string.h>
#include "common/compiler.h"

bool zero_is(const void *data, size_t len)
{
	const char *p = data;

	/* All bytes are equal to the one before them, and the first is 0. */
	return !len || (!p[0] && !memcmp(p, p + 1, len - 1));
}

size_t zero_run(const void *data, size_t len, bool *zero)
{
	const char *p = data;
	size_t run = MIN(len, ZERO_BLOCK);

	*zero = zero_is(p, run);
	while (run < len) {
		size_t block = MIN(len - run, ZERO_BLOCK);

		if (zero_is(p + run, block) != *zero)
			break;
		run += block;
	}
	return run;
}
