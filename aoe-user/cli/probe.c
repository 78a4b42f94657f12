/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/cli/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "aoe-user/daemon/report.h"

#define PROBE_TIME (1500 * NSEC_MS)
#define PORTS_TEXT 256

struct probe {
	struct aoe *aoe;
	const struct aoe_addr *wanted;
	size_t count;
};

static nsec_t probe_time(const struct cli *c)
{
	return c->limit ? c->limit : PROBE_TIME;
}

/* By now its other paths have answered, too, and other disks at its address. */
static bool is_identified(const struct aoe *a, struct aoe_addr addr)
{
	const struct device *dev = aoe_find(a, addr);
	struct engine_device_info info;

	if (!dev)
		return false;
	engine_device_info(dev, &info);
	return info.state != ENGINE_DEVICE_NEW;
}

/* A pattern with wildcards is never all there: somebody may be slow. */
static bool all_identified(void *ctx)
{
	const struct probe *p = ctx;
	size_t i;

	for (i = 0; i < p->count; i++)
		if (!is_identified(p->aoe, p->wanted[i]))
			return false;
	return p->count > 0;
}

/*
 * Starts the client and waits until every address is identified, or for the
 * time of -t when there are patterns with wildcards or none. Shelf 4095 is
 * looked at too: nothing is read or written. 0 or -errno, the message is shown.
 */
static int probe(struct cli *c, const struct aoe_addr *wanted, size_t count)
{
	struct probe p;
	size_t i;
	int err;

	c->setup.options.allow_unset = true;
	err = cli_start(c, wanted, count);
	if (err)
		return err;
	p = (struct probe){.aoe = c->aoe, .wanted = wanted, .count = count};
	for (i = 0; i < count; i++)
		if (addr_is_device(wanted[i]))
			aoe_expect(c->aoe, wanted[i]);
	err = loop_until(&c->loop, all_identified, &p, probe_time(c));
	if (!err || err == -ETIMEDOUT)
		return 0;
	cli_error(c, NULL, "the client cannot go on: %s", strerror(-err));
	return err;
}

static int report_missing(
    const struct cli *c, const char *what, const char *name)
{
	char ports[PORTS_TEXT];

	return cli_error(c, name,
	    "%s in %.1f s on %s (is the target on this segment, and does it "
	    "let this host in?)",
	    what, (double)probe_time(c) / (double)NSEC_SEC,
	    setup_port_list(c->aoe, ports, sizeof(ports)));
}

static int report_wanted(const struct cli *c, struct aoe_addr addr)
{
	const struct device *dev = aoe_find(c->aoe, addr);
	char name[ADDR_TEXT];

	addr_format(addr, name);
	if (is_identified(c->aoe, addr))
		return CLI_OK;
	if (dev && engine_identity(dev, 0))
		return cli_error(c, name,
		    "no disk with serial number %s answers",
		    aoe_serial(c->aoe, 0));
	if (dev && report_is_there(dev))
		return cli_error(
		    c, name, "answers queries, but does not identify itself");
	return report_missing(c, "no answer", name);
}

/*
 * Says what was not found and where it was looked for, and warns of shelf 4095.
 * CLI_OK when every address without wildcards was found, and at least one disk.
 */
static int report(struct cli *c, const struct aoe_addr *wanted, size_t count)
{
	const struct device *dev;
	struct engine_device_info info;
	char name[ADDR_TEXT];
	int code = CLI_OK;
	bool any = false;
	size_t i;

	for (dev = aoe_next(c->aoe, NULL); dev; dev = aoe_next(c->aoe, dev)) {
		engine_device_info(dev, &info);
		any |= info.state != ENGINE_DEVICE_NEW;
		if (addr_is_unset(info.addr))
			cli_warn(c, addr_format(info.addr, name),
			    "shelf 4095 means that its address was never set");
	}
	for (i = 0; i < count; i++)
		if (addr_is_device(wanted[i]))
			code |= report_wanted(c, wanted[i]);
	if (!any && code == CLI_OK)
		code = report_missing(c, "no disk answered", NULL);
	return code;
}

void probe_parse(struct cli *c, int argc, char **argv, struct probe_args *args)
{
	static const struct option longs[] = {
	    CLI_LONG,
	    {"json", no_argument, NULL, 'j'},
	    {0},
	};

	*args = (struct probe_args){.json = false};
	while (cli_option(c, argc, argv, CLI_SHORT, longs) != -1)
		args->json = true;
	args->wanted =
	    cli_patterns(c, argv + optind, argc - optind, &args->count);
}

static int print_json(const struct cli *c)
{
	struct json *j = report_new(c->aoe);
	const char *text = json_text(j);
	int code = CLI_OK;

	if (text)
		puts(text);
	else
		code = cli_error(c, NULL, "out of memory");
	json_free(j);
	return code;
}

static int list(struct cli *c, const struct probe_args *args,
    void (*print)(const struct cli *c, bool json))
{
	int code;

	if (probe(c, args->wanted, args->count))
		return CLI_FAILED;
	print(c, args->json);
	code = args->json ? print_json(c) : CLI_OK;
	code = cli_flush_stdout(c, code);
	return code ? code : report(c, args->wanted, args->count);
}

int probe_list(struct cli *c, struct probe_args *args,
    void (*print)(const struct cli *c, bool json))
{
	int code = list(c, args, print);

	cli_stop(c);
	free(args->wanted);
	return code;
}
