/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * aoe flush: asks targets to put what they hold in caches on the medium.
 */
#include <stdlib.h>
#include "aoe-user/cli/cli.h"

static int flush_one(struct cli *c, struct aoe_addr addr)
{
	char name[ADDR_TEXT];
	struct device *dev;
	int err;

	if (cli_open(c, addr, false, &dev))
		return CLI_FAILED;
	cli_check_flush(c, dev);
	err = loop_flush(&c->loop, dev);
	if (err)
		return cli_error(c, addr_format(addr, name), "not flushed: %s",
		    cli_io_text(err));
	return CLI_OK;
}

static int flush_all(struct cli *c, const struct aoe_addr *list, size_t count)
{
	int code = CLI_OK;
	size_t i;

	if (cli_start(c, list, count))
		return CLI_FAILED;
	for (i = 0; i < count; i++)
		code |= flush_one(c, list[i]);
	return code;
}

static int run(struct cli *c, int argc, char **argv)
{
	static const struct option longs[] = {CLI_LONG, {0}};
	struct aoe_addr *list;
	size_t i, count;
	int code;

	cli_option(c, argc, argv, CLI_SHORT, longs);
	if (optind >= argc)
		cli_usage(c, "flush: give one or more addresses, such as e1.0");
	list = cli_patterns(c, argv + optind, argc - optind, &count);
	for (i = 0; i < count; i++)
		if (!addr_is_device(list[i]))
			cli_usage(c, "%s: give a full address, such as e1.0",
			    argv[optind + (int)i]);
	code = flush_all(c, list, count);
	cli_stop(c);
	free(list);
	return code;
}

const struct command cmd_flush = {
    .name = "flush",
    .args = "ADDRESS...",
    .summary = "Ask targets to put what they cache on the medium.",
    .help = "It has no options of its own.\n",
    .run = run,
};
