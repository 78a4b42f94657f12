/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * aoe: looks at, reads and writes the ATA-over-Ethernet disks of a segment.
 */
#include <stdio.h>
#include <string.h>
#include "aoe-user/cli/cli.h"
#include "aoe-user/daemon/protect.h"

static const struct command *const commands[] = {
    &cmd_discover,
    &cmd_stat,
    &cmd_identify,
    &cmd_read,
    &cmd_write,
    &cmd_flush,
};

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static void help(void)
{
	size_t i;

	puts("usage: aoe [options] COMMAND [options] [arguments]\n"
	     "ATA-over-Ethernet disks without a kernel driver.\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
	printf("  %-9s %s\n", "help", "What a command takes: aoe help read");
	printf("\nOptions of all commands:\n"
	       "  -t, --timeout SECS     how long to wait for disks\n%s",
	    setup_help);
}

static int cmd_help(struct cli *c, const char *name)
{
	if (!name) {
		help();
		return cli_flush_stdout(c, CLI_OK);
	}
	c->command = find_command(name);
	if (!c->command)
		cli_usage(c, "%s: no such command", name);
	cli_help(c->command);
	return cli_flush_stdout(c, CLI_OK);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {CLI_LONG, {0}};
	const char *name;
	struct cli c;

	protect_descriptors();
	cli_init(&c);
	if (argc > 0)
		argv[0] = (char *)"aoe";
	/* Up to the command; what follows it is parsed by the command. */
	if (cli_option(&c, argc, argv, "+" CLI_SHORT, longs) != -1)
		cli_usage(&c, "an option is not for all commands");
	if (c.setup.help)
		return cmd_help(&c, NULL);
	name = argv[optind];
	if (!name)
		cli_usage(&c, "no command given");
	argc -= optind;
	argv += optind;
	optind = 0; /* glibc: start anew */
	if (!strcmp(name, "help"))
		return cmd_help(&c, argc > 1 ? argv[1] : NULL);
	c.command = find_command(name);
	if (!c.command)
		cli_usage(&c, "%s: no such command", name);
	argv[0] = (char *)"aoe";
	return c.command->run(&c, argc, argv);
}
