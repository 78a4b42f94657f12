/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "aoe-user/cli/show.h"
#include "aoe-user/daemon/report.h"
#include "aoe-user/io/rivals.h"
#include "common/opts.h"

#define PROGRAM "aoe"
#define OPEN_LIMIT (5 * NSEC_SEC)

static void sink(
    void *ctx, enum log_level level, const char *object, const char *text)
{
	struct cli *c = ctx;

	progress_clear(&c->progress);
	log_to_stderr((char *)PROGRAM, level, object, text);
}

void cli_init(struct cli *c)
{
	memset(c, 0, sizeof(*c));
	setup_init(&c->setup, PROGRAM);
	c->setup.log.sink = sink;
	c->setup.log.ctx = c;
}

static void __attribute__((noreturn)) usage_exit(const struct cli *c)
{
	fprintf(stderr, "try: " PROGRAM " help%s%s\n", c->command ? " " : "",
	    c->command ? c->command->name : "");
	exit(CLI_USAGE);
}

void cli_usage(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vmsg(&c->setup.log, LOG_LEVEL_ERROR, NULL, fmt, ap);
	va_end(ap);
	usage_exit(c);
}

int cli_error(const struct cli *c, const char *object, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vmsg(&c->setup.log, LOG_LEVEL_ERROR, object, fmt, ap);
	va_end(ap);
	return CLI_FAILED;
}

void cli_warn(const struct cli *c, const char *object, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vmsg(&c->setup.log, LOG_LEVEL_WARN, object, fmt, ap);
	va_end(ap);
}

void cli_help(const struct command *command)
{
	printf("usage: " PROGRAM " %s %s\n%s\n\n%s\n"
	       "Options of all commands:\n"
	       "  -t, --timeout SECS     how long to wait for disks\n%s",
	    command->name, command->args, command->summary, command->help,
	    setup_help);
}

int cli_flush_stdout(const struct cli *c, int code)
{
	if (fflush(stdout) || ferror(stdout))
		return cli_error(
		    c, NULL, "standard output: %s", strerror(errno));
	return code;
}

static void common_option(struct cli *c, int opt)
{
	char why[OPTS_WHY];

	if (opt == 't') {
		if (opts_duration("--timeout", optarg, &c->limit, why))
			cli_usage(c, "%s", why);
		if (!c->limit)
			cli_usage(c, "--timeout: must be more than 0");
	}
	if (c->setup.version) {
		puts(PROGRAM " " AOE_VERSION);
		exit(cli_flush_stdout(c, CLI_OK));
	}
	if (c->setup.help && c->command) {
		cli_help(c->command);
		exit(cli_flush_stdout(c, CLI_OK));
	}
}

int cli_option(struct cli *c, int argc, char **argv, const char *shorts,
    const struct option *longs)
{
	char why[AOE_WHY];
	int opt, taken;

	while ((opt = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (opt == '?') /* getopt has said what is wrong */
			usage_exit(c);
		taken = setup_option(&c->setup, opt, optarg, why);
		if (taken < 0)
			cli_usage(c, "%s", why);
		if (!taken && opt != 't')
			return opt;
		common_option(c, opt);
	}
	return -1;
}

uint64_t cli_size(const struct cli *c, const char *what, const char *text)
{
	char why[OPTS_WHY];
	uint64_t size = 0;

	if (opts_size(what, text, &size, why))
		cli_usage(c, "%s", why);
	return size;
}

struct aoe_addr cli_address(const struct cli *c, const char *text)
{
	struct aoe_addr addr = {0};
	char why[ADDR_WHY];

	if (addr_parse(text, &addr, why))
		cli_usage(c, "%s", why);
	return addr;
}

struct aoe_addr *cli_patterns(
    const struct cli *c, char **args, int arg_count, size_t *count)
{
	struct aoe_addr *list = calloc((size_t)arg_count + 1, sizeof(*list));
	char why[ADDR_WHY];
	int i;

	if (!list)
		exit(cli_error(c, NULL, "out of memory"));
	for (i = 0; i < arg_count; i++)
		if (addr_parse_pattern(args[i], &list[i], why))
			cli_usage(c, "%s", why);
	*count = (size_t)arg_count;
	return list;
}

int cli_start(struct cli *c, const struct aoe_addr *only, size_t count)
{
	char why[AOE_WHY];
	int err;

	c->setup.options.only = count ? only : NULL;
	c->setup.options.only_count = count;
	err = aoe_new(&c->aoe, &c->setup.options, why);
	if (err) {
		cli_error(c, NULL, "%s", why);
		return err;
	}
	err = loop_init(&c->loop, c->aoe);
	if (err)
		cli_error(
		    c, NULL, "cannot make an event loop: %s", strerror(-err));
	return err;
}

void cli_stop(struct cli *c)
{
	loop_fini(&c->loop);
	aoe_free(c->aoe);
	c->aoe = NULL;
}

static const char *open_text(int error)
{
	switch (error) {
	case -EBUSY:
		return "another process of this host has it open for writing "
		       "(--shared allows both)";
	case -EAGAIN:
		return "it has not been identified";
	case -ENOMEM:
		return "out of memory";
	default:
		return strerror(-error);
	}
}

int cli_open(
    struct cli *c, struct aoe_addr addr, bool writable, struct device **out)
{
	char name[ADDR_TEXT], why[AOE_WHY];
	int err;

	addr_format(addr, name);
	if (addr_is_unset(addr) && !c->setup.options.allow_unset) {
		cli_error(c, name,
		    "shelf 4095 means that its address was never set; "
		    "--allow-4095 uses it all the same");
		return -EINVAL;
	}
	err = setup_wait_device(
	    c->aoe, addr, c->limit ? c->limit : OPEN_LIMIT, out, why);
	if (err) {
		cli_error(c, NULL, "%s", why);
		return err;
	}
	err = aoe_open(c->aoe, *out, writable);
	if (err == -ENOTUNIQ)
		cli_error(c, name, "%s",
		    rivals_refusal(c->aoe, *out, "--serial", why));
	else if (err)
		cli_error(c, name, "%s", open_text(err));
	return err;
}

void cli_check_flush(const struct cli *c, const struct device *dev)
{
	struct engine_device_info info;
	char name[ADDR_TEXT];

	engine_device_info(dev, &info);
	if (!info.identity.flush && !info.identity.flush_ext)
		cli_warn(c, addr_format(info.addr, name),
		    "the disk has no FLUSH CACHE command; nothing says when "
		    "writes are on the medium");
}

/* The paths of the device and all counters, as `aoe stat -v` shows them. */
static void show_report(const struct cli *c, const char *name)
{
	struct json *j = report_new(c->aoe);
	const struct json_value *report = json_value(j), *dev;
	size_t n = 0;

	while ((dev = json_nth(json_get(report, "devices"), n++)))
		if (strcmp(json_get_text(dev, "device"), name) == 0)
			show_details(dev, stderr);
	show_counters("engine: ", report, stderr);
	json_free(j);
}

void cli_show_tally(
    const struct cli *c, const struct device *dev, uint64_t bytes, nsec_t now)
{
	struct engine_device_info info;
	char name[ADDR_TEXT], text[TALLY_TEXT];

	if (!c->setup.verbose)
		return;
	engine_device_info(dev, &info);
	log_msg(&c->setup.log, LOG_LEVEL_INFO, addr_format(info.addr, name),
	    "%s", tally_text(&c->tally, bytes, now, text, sizeof(text)));
	show_report(c, name);
}

const char *cli_io_text(int error)
{
	switch (error) {
	case -EIO:
		return "the target did not answer in time or reports an error "
		       "of the medium";
	case -EROFS:
		return "the target is write protected";
	case -EBUSY:
		return "the target is reserved for another host";
	case -ESTALE:
		return "another disk has taken this address";
	case -ENOSPC:
		return "beyond the end of the disk";
	default:
		return strerror(-error);
	}
}
