/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * aoe stat: the table that aoe-stat(8) prints, and what lies behind it.
 */
#include "aoe-user/cli/probe.h"
#include "aoe-user/cli/show.h"
#include "aoe-user/io/pathlist.h"

#define ROW 1280 /* a full list of ports and the other columns */

static void print_device(
    const struct aoe *a, const struct device *dev, bool details)
{
	char name[ADDR_TEXT], ports[SHOW_LIST], line[ROW];
	struct engine_device_info info;
	struct show_row row;

	engine_device_info(dev, &info);
	row = (struct show_row){
	    .name = addr_format(info.addr, name),
	    .size = info.sectors * WIRE_SECTOR,
	    .ports = pathlist_ports(a, dev, ports, sizeof(ports)),
	    .payload = info.payload,
	    .state = engine_device_state_text(info.state),
	};
	puts(show_row(&row, line, sizeof(line)));
	if (details)
		show_details(a, dev, stdout);
}

static void print(const struct cli *c, bool json)
{
	bool details = c->setup.verbose > 0;
	const struct device *dev;
	char ports[SHOW_LIST];

	fprintf(stderr,
	    "aoe: probed the wire on %s; the counters are its own\n",
	    setup_port_list(c->aoe, ports, sizeof(ports)));
	if (json)
		return;
	for (dev = aoe_next(c->aoe, NULL); dev; dev = aoe_next(c->aoe, dev))
		if (show_is_there(dev))
			print_device(c->aoe, dev, details);
	if (details)
		show_counters(
		    "engine: ", aoe_stats(c->aoe), engine_stats_names, stdout);
}

static int run(struct cli *c, int argc, char **argv)
{
	struct probe_args args;

	probe_parse(c, argc, argv, &args);
	/* The first -v asks for more columns, not for more messages. */
	if (c->setup.verbose == 1)
		c->setup.log.level = LOG_LEVEL_WARN;
	return probe_list(c, &args, print);
}

const struct command cmd_stat = {
    .name = "stat",
    .args = "[-v] [--json] [-t SECS] [ADDRESS|PATTERN...]",
    .summary = "Show disks as aoe-stat does, with -v their paths.",
    .help = "Columns: device, size in 10^9 bytes, interfaces, bytes of\n"
	    "data per frame, state. -v adds identity, paths, round trip\n"
	    "times and the counters that are not 0.\n\n"
	    "      --json             all that is known, as JSON\n",
    .run = run,
};
