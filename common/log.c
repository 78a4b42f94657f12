/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>
#include <stdio.h>
#include <syslog.h>
#include "common/log.h"

#define LOG_LINE 512

void log_vmsg(const struct log *log, enum log_level level, const char *object,
    const char *fmt, va_list ap)
{
	char text[LOG_LINE];

	if (!log || !log->sink || level > log->level)
		return;
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		return;
	/* Names and strings from the network must not forge lines or colours.
	 */
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	log->sink(log->ctx, level, object, text);
}

void log_msg(const struct log *log, enum log_level level, const char *object,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vmsg(log, level, object, fmt, ap);
	va_end(ap);
}

bool log_allow(struct log_limit *limit, nsec_t now, unsigned *dropped)
{
	if (nsec_since(limit->start, now) >= limit->period) {
		limit->start = now;
		limit->shown = 0;
	}
	*dropped = 0;
	if (limit->shown >= limit->burst) {
		if (limit->dropped < UINT_MAX)
			limit->dropped++;
		return false;
	}
	limit->shown++;
	*dropped = limit->dropped;
	limit->dropped = 0;
	return true;
}

void log_to_stderr(
    void *ctx, enum log_level level, const char *object, const char *text)
{
	(void)level;
	if (object)
		fprintf(
		    stderr, "%s: %s: %s\n", (const char *)ctx, object, text);
	else
		fprintf(stderr, "%s: %s\n", (const char *)ctx, text);
}

void log_to_syslog(
    void *ctx, enum log_level level, const char *object, const char *text)
{
	static const int priority[] = {
	    [LOG_LEVEL_ERROR] = LOG_ERR,
	    [LOG_LEVEL_WARN] = LOG_WARNING,
	    [LOG_LEVEL_INFO] = LOG_INFO,
	    [LOG_LEVEL_DEBUG] = LOG_DEBUG,
	};

	(void)ctx;
	syslog(priority[level], "%s%s%s", object ? object : "",
	    object ? ": " : "", text);
}
