/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include "nbd-bridge/nbd_counters.h"

#define LINE 480 /* a log line takes little more */

static void log_line(const struct log *log, const char *object,
    const char *what, const void *stats, const struct stats_name *name)
{
	char line[LINE];
	size_t len = 0;

	for (; name->name && len < sizeof(line); name++)
		len += (size_t)snprintf(line + len, sizeof(line) - len,
		    " %s=%" PRIu64, name->name, stats_value(stats, name));
	log_msg(log, LOG_LEVEL_INFO, object, "%s:%s", what, line);
}

static void log_device(
    const struct log *log, const struct aoe *aoe, const struct device *dev)
{
	char name[ADDR_TEXT], mac[MAC_TEXT], what[64];
	struct engine_device_info device;
	struct engine_path_info path;
	unsigned n;

	engine_device_info(dev, &device);
	addr_format(device.addr, name);
	log_line(log, name, "disk", device.stats, device_stats_names);
	for (n = 0; engine_path_info(dev, n, &path); n++) {
		snprintf(what, sizeof(what), "path %s %s window %u of %u",
		    aoe_port_name(aoe, path.port), mac_format(path.mac, mac),
		    path.window, path.cap);
		log_line(log, name, what, path.stats, path_stats_names);
	}
}

void nbd_counters_log(const struct log *log, const struct aoe *aoe)
{
	const struct device *dev = NULL;

	if (!aoe)
		return;
	log_line(log, NULL, "counters", aoe_stats(aoe), engine_stats_names);
	while ((dev = aoe_next(aoe, dev)))
		log_device(log, aoe, dev);
}
