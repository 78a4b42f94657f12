/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a daemon can be asked: one JSON object on one line, such as
 *
 *	{"cmd":"forget","device":"e1.0"}
 */
#ifndef DAEMON_CONTROL_LINE_H
#define DAEMON_CONTROL_LINE_H

#include <stddef.h>
#include "common/addr.h"

#define CONTROL_LINE_MAX 1024 /* bytes of a request, newline included */
#define CONTROL_LINE_WHY 160

enum control_command {
	CONTROL_STATS,      /* all that is known */
	CONTROL_PATHS,      /* the disks and their paths */
	CONTROL_REDISCOVER, /* ask the wire who is there */
	CONTROL_FORGET,     /* drop a disk that nobody uses */
};

struct control_line {
	enum control_command command;
	struct aoe_addr device; /* of CONTROL_FORGET */
};

/*
 * Parses a line without its newline. 0, or -EINVAL with one line in
 * why[CONTROL_LINE_WHY]. Any bytes are safe.
 */
int control_line_parse(
    const char *text, size_t len, struct control_line *out, char *why);

#endif
