/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * aoe discover: asks who is there and prints a line for each disk.
 */
#include "aoe-user/cli/probe.h"
#include "aoe-user/cli/show.h"
#include "aoe-user/daemon/report.h"
#include "aoe-user/io/pathlist.h"
#include "aoe-user/io/rivals.h"

static void print_device(const struct aoe *a, const struct device *dev)
{
	char name[ADDR_TEXT], size[SHOW_SIZE] = "(NA)";
	char ports[SHOW_LIST], macs[SHOW_LIST];
	struct engine_device_info info;

	engine_device_info(dev, &info);
	if (info.sectors)
		show_size(info.sectors * WIRE_SECTOR, size, sizeof(size));
	printf("%-8s %12s  %s  %s  %s", addr_format(info.addr, name), size,
	    pathlist_ports(a, dev, ports, sizeof(ports)),
	    pathlist_macs(a, dev, macs, sizeof(macs)),
	    engine_device_state_text(info.state));
	if (info.state != ENGINE_DEVICE_NEW)
		printf("  %s, serial %s", info.identity.model,
		    info.identity.serial);
	putchar('\n');
}

/* Other disks that answer for the same address. */
static void print_rival(const struct aoe *a, const struct device *dev,
    unsigned n, const struct rival *r)
{
	char name[ADDR_TEXT], size[SHOW_SIZE];
	char ports[SHOW_LIST], macs[SHOW_LIST];
	struct engine_device_info info;

	engine_device_info(dev, &info);
	printf("%-8s %12s  %s  %s  %s  %s, serial %s\n",
	    addr_format(info.addr, name),
	    show_size(r->id->sectors * WIRE_SECTOR, size, sizeof(size)),
	    pathlist_ports_of(a, dev, (int)n, ports, sizeof(ports)),
	    pathlist_macs_of(a, dev, (int)n, macs, sizeof(macs)), r->state,
	    r->id->model, r->id->serial);
}

static void print_rivals(const struct aoe *a, const struct device *dev)
{
	struct rival r;
	unsigned n;

	for (n = 0; rivals_nth(dev, n, &r); n++)
		if (!r.own)
			print_rival(a, dev, n, &r);
}

static void print(const struct cli *c, bool json)
{
	const struct device *dev;

	for (dev = aoe_next(c->aoe, NULL); dev && !json;
	     dev = aoe_next(c->aoe, dev))
		if (report_is_there(dev)) {
			print_device(c->aoe, dev);
			print_rivals(c->aoe, dev);
		}
}

static int run(struct cli *c, int argc, char **argv)
{
	struct probe_args args;

	probe_parse(c, argc, argv, &args);
	return probe_list(c, &args, print);
}

const struct command cmd_discover = {
    .name = "discover",
    .args = "[-t SECS] [--json] [ADDRESS|PATTERN...]",
    .summary = "Ask which disks there are and list them.",
    .help = "One line per disk: address, size, interfaces, MAC addresses,\n"
	    "state, model and serial number. Ends early when all named\n"
	    "addresses (e1.0, not e1.*) are found.\n\n"
	    "      --json             all that is known, as JSON\n",
    .run = run,
};
