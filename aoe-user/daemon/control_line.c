/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/daemon/control_line.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "common/compiler.h"
#include "common/json.h"

static const char *const names[] = {
    [CONTROL_STATS] = "stats",
    [CONTROL_PATHS] = "paths",
    [CONTROL_REDISCOVER] = "rediscover",
    [CONTROL_FORGET] = "forget",
};

static int find_command(const char *name, struct control_line *out, char *why)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(names[i], name)) {
			out->command = (enum control_command)i;
			return 0;
		}
	}
	snprintf(why, CONTROL_LINE_WHY,
	    *name ? "no such command: %.32s (stats, paths, rediscover, forget)"
		  : "\"cmd\" is missing (stats, paths, rediscover, forget)",
	    name);
	return -EINVAL;
}

static int find_device(
    const struct json_value *v, struct control_line *out, char *why)
{
	_Static_assert(ADDR_WHY <= CONTROL_LINE_WHY, "why has room for both");
	if (out->command != CONTROL_FORGET)
		return 0;
	return addr_parse(json_get_text(v, "device"), &out->device, why)
		   ? -EINVAL
		   : 0;
}

int control_line_parse(
    const char *text, size_t len, struct control_line *out, char *why)
{
	struct json_value *v = json_parse(text, len);
	int error;

	*out = (struct control_line){.command = CONTROL_STATS};
	if (!v) {
		snprintf(why, CONTROL_LINE_WHY,
		    "a request is a JSON object on one line");
		return -EINVAL;
	}
	error = find_command(json_get_text(v, "cmd"), out, why);
	if (!error)
		error = find_device(v, out, why);
	json_value_free(v);
	return error;
}
