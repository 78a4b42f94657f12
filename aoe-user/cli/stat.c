/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * aoe stat: the table that aoe-stat(8) prints, and what lies behind it: of the
 * daemons that run, or of the wire.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "aoe-user/cli/probe.h"
#include "aoe-user/cli/show.h"
#include "aoe-user/daemon/daemon.h"
#include "aoe-user/daemon/report.h"

#define BY_TEXT 256 /* a program, its number and what it serves */

struct survey {
	struct cli *cli;
	const struct probe_args *args;
	struct json *all; /* the answers of the daemons */
	unsigned daemons; /* how many answered */
};

static bool wanted(const struct probe_args *args, const char *name)
{
	struct aoe_addr addr;
	char why[ADDR_WHY];
	size_t i;

	if (addr_parse(name, &addr, why))
		return false;
	for (i = 0; i < args->count; i++)
		if (addr_match(args->wanted[i], addr))
			return true;
	return !args->count;
}

/* The n-th wanted device of a report, and on to the next; NULL at the end. */
static const struct json_value *next_device(
    const struct probe_args *args, const struct json_value *report, size_t *n)
{
	const struct json_value *devices = json_get(report, "devices"), *dev;

	while ((dev = json_nth(devices, (*n)++)))
		if (wanted(args, json_get_text(dev, "device")))
			return dev;
	return NULL;
}

static void print_report(const struct cli *c, const struct probe_args *args,
    const struct json_value *report, const char *by)
{
	bool details = c->setup.verbose > 0;
	const struct json_value *dev, *rival;
	size_t n = 0, k;

	while ((dev = next_device(args, report, &n))) {
		show_device(dev, by, stdout);
		if (details)
			show_details(dev, stdout);
		for (k = 0; (rival = json_nth(json_get(dev, "rivals"), k)); k++)
			show_rival(dev, rival, details, stdout);
	}
	if (!details)
		return;
	if (by)
		printf("%s, ", by);
	show_counters("engine: ", report, stdout);
}

/* ---- daemons ---- */

static void answered(void *ctx, int pid, const struct json_value *answer)
{
	struct survey *s = ctx;
	size_t n = 0;

	(void)pid;
	s->daemons++;
	if (next_device(s->args, answer, &n))
		json_put_value(s->all, NULL, answer);
}

static void failed(void *ctx, int pid, int error)
{
	const struct survey *s = ctx;

	if (pid)
		cli_warn(s->cli, NULL, "process %d gives no answer: %s", pid,
		    strerror(-error));
	else
		cli_warn(s->cli, NULL, "%s: %s", s->cli->setup.control,
		    strerror(-error));
}

static const struct json_value *daemon_nth(const struct survey *s, size_t n)
{
	return json_nth(json_get(json_value(s->all), "daemons"), n);
}

static void print_daemon(
    const struct survey *s, const struct json_value *answer)
{
	char by[BY_TEXT];
	const char *serves = json_get_text(answer, "serves");

	snprintf(by, sizeof(by), "%s %llu%s%s",
	    json_get_text(answer, "program"),
	    (unsigned long long)json_get_u64(answer, "pid"), *serves ? " " : "",
	    serves);
	print_report(s->cli, s->args, answer, by);
}

static bool has(const struct survey *s, struct aoe_addr addr)
{
	struct probe_args one = {.wanted = &addr, .count = 1};
	const struct json_value *answer;
	size_t i, n;

	for (i = 0; (answer = daemon_nth(s, i)); i++) {
		n = 0;
		if (next_device(&one, answer, &n))
			return true;
	}
	return false;
}

static int report_missing(const struct survey *s)
{
	const struct probe_args *args = s->args;
	char name[ADDR_TEXT];
	int code = CLI_OK;
	size_t i;

	for (i = 0; i < args->count; i++)
		if (addr_is_device(args->wanted[i]) && !has(s, args->wanted[i]))
			code = cli_error(s->cli,
			    addr_format(args->wanted[i], name),
			    "no daemon has it (--no-control asks the wire)");
	return code;
}

static int print_daemons(const struct survey *s)
{
	const struct json_value *answer;
	size_t n;
	int code;

	for (n = 0; !s->args->json && (answer = daemon_nth(s, n)); n++)
		print_daemon(s, answer);
	if (s->args->json)
		puts(json_text(s->all));
	code = cli_flush_stdout(s->cli, CLI_OK);
	return code ? code : report_missing(s);
}

static void ask(struct survey *s)
{
	const struct daemon_asker asker = {
	    .dir = s->cli->setup.control,
	    .request = "{\"cmd\":\"stats\"}",
	    .answered = answered,
	    .failed = failed,
	    .ctx = s,
	};

	json_begin_array(s->all, "daemons");
	if (asker.dir)
		daemon_ask(&asker);
	json_end(s->all);
	json_end(s->all);
}

/* ---- the wire ---- */

static void print(const struct cli *c, bool json)
{
	const struct probe_args all = {.count = 0};
	char ports[SHOW_LIST];
	struct json *j;

	fprintf(stderr,
	    "aoe: probed the wire on %s; the counters are its own\n",
	    setup_port_list(c->aoe, ports, sizeof(ports)));
	if (json)
		return;
	j = report_new(c->aoe);
	if (json_text(j))
		print_report(c, &all, json_value(j), NULL);
	else
		cli_error(c, NULL, "out of memory");
	json_free(j);
}

static int probe(const struct survey *s, struct probe_args *args)
{
	if (s->cli->setup.control)
		fprintf(stderr, "aoe: %s\n",
		    s->daemons ? "no daemon knows what is asked for"
			       : "no daemon runs");
	return probe_list(s->cli, args, print);
}

static int run(struct cli *c, int argc, char **argv)
{
	struct survey s = {.cli = c, .all = json_new()};
	struct probe_args args;
	int code;

	probe_parse(c, argc, argv, &args);
	s.args = &args;
	/* The first -v asks for more columns, not for more messages. */
	if (c->setup.verbose == 1)
		c->setup.log.level = LOG_LEVEL_WARN;
	ask(&s);
	if (!daemon_nth(&s, 0)) {
		json_free(s.all);
		return probe(&s, &args);
	}
	code = print_daemons(&s);
	json_free(s.all);
	free(args.wanted);
	return code;
}

const struct command cmd_stat = {
    .name = "stat",
    .args = "[-v] [--json] [-t SECS] [ADDRESS|PATTERN...]",
    .summary = "Show disks as aoe-stat does, with -v their paths.",
    .help = "Asks the daemons that run; without any, or with --no-control,\n"
	    "the wire.\n\n"
	    "Columns: device, size in 10^9 bytes, interfaces, bytes of\n"
	    "data per frame, state, and the program that serves it. -v\n"
	    "adds identity, paths, round trip times and the counters that\n"
	    "are not 0.\n\n"
	    "      --json             all that is known, as JSON\n",
    .run = run,
};
