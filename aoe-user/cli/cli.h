/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the subcommands of `aoe` share: the table entry, option parsing, the
 * client, messages. Nothing here outlives one run of the program.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "aoe-user/cli/loop.h"
#include "aoe-user/cli/progress.h"
#include "aoe-user/cli/tally.h"
#include "aoe-user/daemon/setup.h"

struct cli;

struct command {
	const char *name;
	const char *args;    /* "[-v] [--json] [PATTERN...]" */
	const char *summary; /* one line for `aoe help` */
	const char *help;    /* its own options, newline at the end */
	/* argv[0] is "aoe"; the exit code is returned. */
	int (*run)(struct cli *c, int argc, char **argv);
};

extern const struct command cmd_discover;
extern const struct command cmd_stat;
extern const struct command cmd_identify;
extern const struct command cmd_read;
extern const struct command cmd_write;
extern const struct command cmd_flush;

enum {
	CLI_OK,
	CLI_FAILED,
	CLI_USAGE,
	CLI_SIGNAL = 128, /* plus the number of the signal that ended it */
};

struct cli {
	const struct command *command; /* NULL before it is known */
	struct setup setup;
	nsec_t limit; /* -t, or 0 when it was not given */
	struct aoe *aoe;
	struct loop loop;         /* lives as long as the client */
	struct progress progress; /* taken off the screen before a message */
	struct tally tally;       /* of a copy */
};

/* For the option strings and arrays of every command. */
#define CLI_SHORT SETUP_SHORT "t:"
#define CLI_LONG                                                               \
	SETUP_LONG,                                                            \
	{                                                                      \
		"timeout", required_argument, NULL, 't'                        \
	}

void cli_init(struct cli *c);
/*
 * The next option that is not common to all commands, or -1 at the end. Does
 * not return after a wrong option, --help or --version: nothing is open yet,
 * so the process ends there.
 */
int cli_option(struct cli *c, int argc, char **argv, const char *shorts,
    const struct option *longs);
/* One line on standard error and the way to the help; exits with 2. */
void cli_usage(const struct cli *c, const char *fmt, ...)
    __attribute__((noreturn)) FORMAT_PRINTF(2, 3);
/* "aoe: e1.0: ..." on standard error; returns CLI_FAILED. */
int cli_error(const struct cli *c, const char *object, const char *fmt, ...)
    FORMAT_PRINTF(3, 4);
void cli_warn(const struct cli *c, const char *object, const char *fmt, ...)
    FORMAT_PRINTF(3, 4);
void cli_help(const struct command *command);

/* Parse or cli_usage(). */
uint64_t cli_size(const struct cli *c, const char *what, const char *text);
struct aoe_addr cli_address(const struct cli *c, const char *text);
/* A pattern per argument, in memory from malloc; *count may come out as 0. */
struct aoe_addr *cli_patterns(
    const struct cli *c, char **args, int arg_count, size_t *count);

/*
 * Starts the client for these addresses (which must stay valid; none = all).
 * 0, or -errno and the message has been shown.
 */
int cli_start(struct cli *c, const struct aoe_addr *only, size_t count);
/* Ends the client; unfinished requests get their `done` inside. */
void cli_stop(struct cli *c);
/* Waits for the disk and opens it. 0, or -errno and the message is shown. */
int cli_open(
    struct cli *c, struct aoe_addr addr, bool writable, struct device **out);
/* Warns when the disk has no flush command: then a flush does nothing. */
void cli_check_flush(const struct cli *c, const struct device *dev);
/* With -v: what the copy of so many bytes came to, and the counters. */
void cli_show_tally(
    const struct cli *c, const struct device *dev, uint64_t bytes, nsec_t now);
/* What an errno of a request means for the user; never NULL. */
const char *cli_io_text(int error);
/* Reports errors of standard output, which otherwise come too late. */
int cli_flush_stdout(const struct cli *c, int code);

#endif
