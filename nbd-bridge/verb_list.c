/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include "common/opts.h"
#include "nbd-bridge/verb.h"

#define WAIT_DEFAULT NSEC_SEC

static int collect(struct aoe *aoe, nsec_t wait)
{
	nsec_t until = nsec_add(aoe_now(), wait), left;
	struct pollfd p = {.fd = aoe_get_fd(aoe), .events = POLLIN};
	int rc = 0;

	while (rc == 0 && (left = nsec_since(aoe_now(), until))) {
		left = left / NSEC_MS + 1;
		if (poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left) < 0 &&
		    errno != EINTR)
			return -errno;
		rc = aoe_dispatch(aoe);
	}
	return rc;
}

/* The interfaces that lead to it, each once. */
static void print_interfaces(struct aoe *aoe, const struct device *dev)
{
	struct engine_path_info path, earlier;
	const char *separator = "";
	unsigned n, i;

	for (n = 0; engine_path_info(dev, n, &path); n++) {
		for (i = 0; i < n; i++) {
			engine_path_info(dev, i, &earlier);
			if (earlier.port == path.port)
				break;
		}
		if (i < n)
			continue;
		printf("%s%s", separator, aoe_port_name(aoe, path.port));
		separator = ",";
	}
}

static void print_device(struct aoe *aoe, const struct device *dev)
{
	char name[ADDR_TEXT], size[32];
	struct engine_device_info info;

	engine_device_info(dev, &info);
	addr_format(info.addr, name);
	if (info.sectors)
		opts_format_size(
		    info.sectors * WIRE_SECTOR, size, sizeof(size));
	else
		snprintf(size, sizeof(size), "?");
	printf("%-12s %10s %-5s ", name, size,
	    engine_device_state_text(info.state));
	print_interfaces(aoe, dev);
	printf("  %s %s\n", info.identity.model, info.identity.serial);
}

int verb_list(struct verb_args *a)
{
	const struct device *dev = NULL;
	char why[AOE_WHY], ports[AOE_WHY];
	struct aoe *aoe;
	bool any = false;
	int rc;

	if (!verb_takes(a, 0, 0, "-l"))
		return VERB_USAGE;
	if (aoe_new(&aoe, &a->setup.options, why)) {
		verb_complain(a, "%s", why);
		return VERB_FAILED;
	}
	aoe_discover(aoe);
	rc = collect(aoe, a->wait ? a->wait : WAIT_DEFAULT);
	while ((dev = aoe_next(aoe, dev))) {
		print_device(aoe, dev);
		any = true;
	}
	if (rc < 0)
		verb_complain(a, "cannot listen: %s", strerror(-rc));
	else if (!any)
		verb_complain(a, "no target answered on %s",
		    setup_port_list(aoe, ports, sizeof(ports)));
	aoe_free(aoe);
	return rc < 0 ? VERB_FAILED : VERB_OK;
}
