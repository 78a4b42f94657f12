/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/io/pathlist.h"

#include <stdio.h>
#include <string.h>

/* Adds `item` to a list separated by commas unless it is there already. */
static void add_once(char *list, size_t size, const char *item)
{
	size_t used = strlen(list), len = strlen(item);
	const char *at = list;

	while ((at = strstr(at, item))) {
		if ((at == list || at[-1] == ',') &&
		    (at[len] == ',' || !at[len]))
			return;
		at += len;
	}
	if (used + len + 2 <= size)
		snprintf(
		    list + used, size - used, "%s%s", used ? "," : "", item);
}

#define ALL (-1) /* whatever disk they show */

struct wanted {
	int identity;
	bool macs; /* or else ports */
};

/* Paths in the order of the ports, for they come in the order of answers. */
static bool path_on(const struct device *dev, const struct wanted *w,
    unsigned port, unsigned *n, struct engine_path_info *path)
{
	while (engine_path_info(dev, (*n)++, path)) {
		if (path->port != port)
			continue;
		if (w->identity == ALL ? path->state != ENGINE_PATH_REFUSED
				       : path->identity == w->identity)
			return true;
	}
	return false;
}

static char *list_paths(const struct aoe *a, const struct device *dev,
    struct wanted w, char *buf, size_t size)
{
	struct engine_path_info path;
	struct aoe_port_info port;
	char mac[MAC_TEXT];
	unsigned i, n;

	buf[0] = '\0';
	for (i = 0; aoe_port(a, i, &port); i++)
		for (n = 0; path_on(dev, &w, port.ifindex, &n, &path);)
			add_once(buf, size,
			    w.macs ? mac_format(path.mac, mac) : port.name);
	return buf;
}

char *pathlist_ports(
    const struct aoe *a, const struct device *dev, char *buf, size_t size)
{
	return pathlist_ports_of(a, dev, ALL, buf, size);
}

char *pathlist_macs(
    const struct aoe *a, const struct device *dev, char *buf, size_t size)
{
	return pathlist_macs_of(a, dev, ALL, buf, size);
}

char *pathlist_ports_of(const struct aoe *a, const struct device *dev, int n,
    char *buf, size_t size)
{
	return list_paths(a, dev, (struct wanted){n, false}, buf, size);
}

char *pathlist_macs_of(const struct aoe *a, const struct device *dev, int n,
    char *buf, size_t size)
{
	return list_paths(a, dev, (struct wanted){n, true}, buf, size);
}
