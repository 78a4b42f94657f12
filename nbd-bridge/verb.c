/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nbd-bridge/verb.h"

#include <stdarg.h>

void verb_complain(const struct verb_args *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vmsg(&a->setup.log, LOG_LEVEL_ERROR, NULL, fmt, ap);
	va_end(ap);
}

bool verb_takes(const struct verb_args *a, int min, int max, const char *form)
{
	if (a->count >= min && a->count <= max)
		return true;
	verb_complain(a, "usage: aoe-nbd %s (-h for help)", form);
	return false;
}
