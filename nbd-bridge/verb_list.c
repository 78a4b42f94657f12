/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include "aoe-user/io/pathlist.h"
#include "aoe-user/io/rivals.h"
#include "common/opts.h"
#include "nbd-bridge/verb.h"

#define WAIT_DEFAULT NSEC_SEC
#define LINE_PORTS 256

/* Other disks that answer for the same address. */
static void print_rivals(
    const struct aoe *aoe, const struct device *dev, const char *name)
{
	char size[32], ports[LINE_PORTS];
	struct rival r;
	unsigned n;

	for (n = 0; rivals_nth(dev, n, &r); n++)
		if (!r.own)
			printf("%-12s %10s %-5s %s  %s %s\n", name,
			    opts_format_size(r.id->sectors * WIRE_SECTOR, size,
				sizeof(size)),
			    r.state,
			    pathlist_ports_of(
				aoe, dev, (int)n, ports, sizeof(ports)),
			    r.id->model, r.id->serial);
}

static void print_device(struct aoe *aoe, const struct device *dev)
{
	char name[ADDR_TEXT], size[32], ports[LINE_PORTS];
	struct engine_device_info info;

	engine_device_info(dev, &info);
	addr_format(info.addr, name);
	if (info.sectors)
		opts_format_size(
		    info.sectors * WIRE_SECTOR, size, sizeof(size));
	else
		snprintf(size, sizeof(size), "?");
	printf("%-12s %10s %-5s %s  %s %s\n", name, size,
	    engine_device_state_text(info.state),
	    pathlist_ports(aoe, dev, ports, sizeof(ports)), info.identity.model,
	    info.identity.serial);
	print_rivals(aoe, dev, name);
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
	rc = setup_listen(aoe, a->wait ? a->wait : WAIT_DEFAULT);
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
