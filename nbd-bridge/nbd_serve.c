/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include "aoe-user/daemon/service.h"
#include "aoe-user/io/rivals.h"
#include "nbd-bridge/nbd_counters.h"
#include "nbd-bridge/nbd_serve.h"
#include "nbd-bridge/nbd_server.h"

#define WAIT_DEFAULT (10 * NSEC_SEC) /* for disks that were named */
#define WAIT_OTHERS (500 * NSEC_MS)  /* for whoever answers the first query */

struct serve {
	const struct nbd_serve_options *options;
	const struct log *log;
	struct service service;
	struct nbd_export exports;
	struct nbd_server *server;
	bool idle; /* no connection is left */
};

static void fail(struct serve *s, const char *text)
{
	service_fail(&s->service, text);
}

/* ---- the end ---- */

static void on_stop(void *ctx)
{
	struct serve *s = ctx;

	nbd_server_stop(s->server);
}

static void on_idle(void *ctx)
{
	struct serve *s = ctx;

	s->idle = true;
	service_look(&s->service);
}

/* A client that does not read its answers is waited for only so long. */
static bool is_idle(void *ctx)
{
	const struct serve *s = ctx;

	return s->idle;
}

static void on_room(void *ctx)
{
	struct serve *s = ctx;

	if (s->server)
		nbd_server_room(s->server);
}

/* ---- disks that cannot be served ---- */

/* Before there is a server, whoever waits for the disk says so. */
static void on_device(void *ctx, struct device *dev, unsigned events)
{
	struct serve *s = ctx;

	if (s->server && events & ENGINE_CONTESTED)
		rivals_log(s->service.aoe, dev, "--serial", s->log);
}

static void warn_all(const struct serve *s)
{
	const struct device *dev = NULL;

	while ((dev = aoe_next(s->service.aoe, dev)))
		rivals_log(s->service.aoe, dev, "--serial", s->log);
}

/* ---- the beginning ---- */

static unsigned max_connections(const struct serve *s)
{
	unsigned max = s->options->max_connections;

	return max ? max : NBD_SERVER_CONNECTIONS;
}

/* Each connection and each port takes one. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_client(struct serve *s)
{
	struct aoe_options options = s->options->setup->options;
	char why[AOE_WHY];
	int error;

	options.only = s->options->addr_count ? s->options->addrs : NULL;
	options.only_count = s->options->addr_count;
	/* So that requests stuck on one disk never keep others out. */
	options.max_requests = max_connections(s) * NBD_SESSION_REQUESTS;
	options.ctx = s;
	options.on_device = on_device;
	options.on_room = on_room;
	error = service_open(&s->service, &options, why);
	if (error)
		fail(s, why);
	return error;
}

static int wait_named(struct serve *s, bool *all_named)
{
	const struct nbd_serve_options *o = s->options;
	nsec_t limit = nsec_add(aoe_now(), o->wait ? o->wait : WAIT_DEFAULT);
	char why[AOE_WHY];
	struct device *dev;
	int error;

	*all_named = o->addr_count > 0;
	for (size_t i = 0; i < o->addr_count; i++) {
		if (!addr_is_device(o->addrs[i])) {
			*all_named = false;
			continue;
		}
		error = setup_wait_device(s->service.aoe, o->addrs[i],
		    nsec_since(aoe_now(), limit), &dev, why);
		if (error) {
			fail(s, why);
			return error;
		}
	}
	return 0;
}

/* Disks that nobody named: those that answer at once are there when we say so.
 */
static int wait_others(struct serve *s)
{
	int error = setup_listen(s->service.aoe, WAIT_OTHERS);

	if (error)
		fail(s, strerror(-error));
	return error;
}

static int open_server(struct serve *s)
{
	struct nbd_server_config config = {
	    .loop = s->service.loop,
	    .exports = &s->exports,
	    .log = s->log,
	    .path = s->options->path,
	    .max_connections = max_connections(s),
	    .idle = on_idle,
	    .ctx = s,
	};
	char why[UNIXSOCK_WHY] = "out of memory";
	int error = nbd_server_new(&s->server, &config, why);

	if (error)
		fail(s, why);
	return error;
}

/* One line that scripts can read and clients can use. */
static void announce(const struct serve *s)
{
	const struct nbd_serve_options *o = s->options;
	char name[ADDR_TEXT] = "";

	/* Who hands the socket over knows it, and its output is not ours. */
	if (!o->path)
		return;
	if (o->addr_count == 1 && addr_is_device(o->addrs[0]))
		addr_format(o->addrs[0], name);
	printf("nbd+unix:///%s?socket=", name);
	for (const char *p = o->path; *p; p++) {
		if (isalnum((unsigned char)*p) || strchr("/._-~", *p))
			putchar(*p);
		else
			printf("%%%02X", (unsigned char)*p);
	}
	putchar('\n');
	fflush(stdout);
}

static void describe(void *ctx, struct json *j)
{
	const struct serve *s = ctx;
	const char *path = s->options->path;

	json_put_text(j, "serves", path ? path : "LISTEN_FDS");
	json_put_bool(j, "read_only", s->options->read_only);
}

static int begin(struct serve *s)
{
	bool all_named;

	raise_descriptor_limit();
	if (open_client(s) || wait_named(s, &all_named))
		return -1;
	if (!all_named && wait_others(s))
		return -1;
	warn_all(s);
	s->exports = (struct nbd_export){
	    .aoe = s->service.aoe,
	    .only = s->options->addrs,
	    .only_count = s->options->addr_count,
	    .read_only = s->options->read_only,
	    .min_block = s->options->min_block ? s->options->min_block : 1,
	};
	return service_listen(&s->service, s->options->setup->control) ||
		       open_server(s)
		   ? -1
		   : 0;
}

int nbd_serve_run(const struct nbd_serve_options *options)
{
	struct serve s = {
	    .options = options,
	    .log = options->setup->options.log,
	};
	const struct service_config config = {
	    .program = "aoe-nbd",
	    .log = s.log,
	    .late = aoe_late_copy(&options->setup->options),
	    .grace = SERVICE_GRACE,
	    .ctx = &s,
	    .describe = describe,
	    .stop = on_stop,
	    .idle = is_idle,
	};

	service_init(&s.service, &config);
	if (!begin(&s)) {
		service_catch(&s.service, SIGTERM);
		service_catch(&s.service, SIGINT);
		announce(&s);
		service_run(&s.service);
	}
	nbd_counters_log(s.log, s.service.aoe);
	/* The client gives requests back before their connections go. */
	service_end(&s.service);
	nbd_server_free(s.server);
	service_close(&s.service);
	return s.service.status;
}
