/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Log lines with a level and an object ("e1.0", "eth0"), handed to a sink that
 * the program gives. There is no global log: whoever logs has been given one.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include "common/compiler.h"
#include "common/nsec.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

struct log {
	enum log_level level; /* the least important that is still shown */
	/* Gets one line without newline; `object` may be NULL. */
	void (*sink)(void *ctx, enum log_level level, const char *object,
	    const char *text);
	void *ctx;
};

/*
 * `log` may be NULL: nothing is shown. Lines are cut at 512 bytes, and control
 * characters become '?': much of the text comes from the network.
 */
void log_msg(const struct log *log, enum log_level level, const char *object,
    const char *fmt, ...) FORMAT_PRINTF(4, 5);
void log_vmsg(const struct log *log, enum log_level level, const char *object,
    const char *fmt, va_list ap) FORMAT_PRINTF(4, 0);

/* At most `burst` lines per `period`; the rest is counted. */
struct log_limit {
	nsec_t period, start;
	unsigned burst, shown, dropped;
};

/*
 * True when a line may be shown now. `*dropped` is then the number of lines
 * swallowed since the last one shown (report it), and starts again at zero.
 */
bool log_allow(struct log_limit *limit, nsec_t now, unsigned *dropped);

/* A sink for programs: "aoe: e1.0: text" on standard error; ctx = the name. */
void log_to_stderr(
    void *ctx, enum log_level level, const char *object, const char *text);
/* One for daemons, which have called openlog(3). */
void log_to_syslog(
    void *ctx, enum log_level level, const char *object, const char *text);

#endif
