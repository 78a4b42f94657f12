/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fake/count.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define VIOLATIONS_SHOWN 20

void count_print(const struct count *c)
{
	const char *sep = "{";

#define COUNT_PRINT(name)                                                      \
	printf("%s\"%s\":%" PRIu64, sep, #name, c->name);                      \
	sep = ",";
	COUNTS(COUNT_PRINT)
#undef COUNT_PRINT
	printf("}\n");
	fflush(stdout);
}

void count_violation(struct count *c, const char *fmt, ...)
{
	va_list ap;

	if (++c->violations > VIOLATIONS_SHOWN)
		return;
	fprintf(stderr, "fake-target: violation: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
}
