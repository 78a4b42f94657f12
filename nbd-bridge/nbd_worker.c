/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "aoe-user/daemon/protect.h"
#include "aoe-user/daemon/service.h"
#include "nbd-bridge/nbd_channel.h"
#include "nbd-bridge/nbd_conn.h"
#include "nbd-bridge/nbd_counters.h"
#include "nbd-bridge/nbd_export.h"
#include "nbd-bridge/nbd_sandbox.h"
#include "nbd-bridge/nbd_sysfs.h"
#include "nbd-bridge/nbd_worker.h"

#define POLL_SECS 0.01
#define HANGUP_SECS 1.0
#define HANGUP_STOP_SECS 0.05 /* when the end is near */

struct worker {
	const struct nbd_worker_options *options;
	struct log log; /* goes through the channel */
	int channel;
	struct service service;
	struct device *dev;
	char name[ADDR_TEXT];
	char node[NBD_SYSFS_NODE]; /* "" before it is known */
	struct nbd_conn *conn;
	bool conn_ended;
	ev_io orders;     /* of the controller */
	ev_timer hangup;  /* has the kernel closed its end? */
	ev_timer drain;   /* after STOP: is anything in flight? */
	ev_timer resized; /* the controller has not been told yet */
	ev_timer settle;  /* after the end: may late writes still arrive? */
	nsec_t settle_until;
};

static int tell(struct worker *w, enum nbd_channel_kind kind, const char *text)
{
	struct nbd_channel_message m = {.kind = kind};
	struct engine_device_info info;

	if (w->dev) {
		engine_device_info(w->dev, &info);
		m.size = info.sectors * WIRE_SECTOR;
		m.flush = info.identity.flush || info.identity.flush_ext;
	}
	snprintf(m.text, sizeof(m.text), "%s", text);
	return nbd_channel_send(w->channel, &m);
}

static int fail(struct worker *w, const char *text)
{
	tell(w, NBD_CHANNEL_FAILED, text);
	return 1;
}

/* ---- the end: nothing of ours may be executed later than late_copy ---- */

static bool is_idle(void *ctx)
{
	const struct worker *w = ctx;

	return w->conn_ended;
}

static void on_closed(struct nbd_conn *c, const char *why)
{
	struct worker *w = c->config.ctx;

	w->conn_ended = true;
	tell(w, NBD_CHANNEL_ENDED, why ? why : "");
	service_leave(&w->service);
}

/*
 * After its goodbye the kernel reads no answer, and has failed what was in
 * flight itself. The session, which owes every client its answers, would wait
 * for them, and for ever when the target is dead.
 */
static void hangup_cb(struct ev_loop *loop, ev_timer *t, int revents)
{
	struct worker *w = t->data;
	char byte;

	(void)revents;
	if (w->conn_ended)
		ev_timer_stop(loop, t);
	else if (recv(w->options->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) ==
		 0)
		aoe_quiesce(w->service.aoe);
}

/* ---- the controller ---- */

static bool is_up(const struct worker *w)
{
	struct engine_device_info info;

	engine_device_info(w->dev, &info);
	return info.state == ENGINE_DEVICE_UP;
}

/* What a dead target owes is not waited for. */
static void drain_cb(struct ev_loop *loop, ev_timer *t, int revents)
{
	struct worker *w = t->data;

	(void)revents;
	if (nbd_conn_inflight(w->conn) && is_up(w))
		return;
	ev_timer_stop(loop, t);
	tell(w, NBD_CHANNEL_IDLE, "");
}

static void stop(struct worker *w)
{
	ev_timer_start(w->service.loop, &w->drain);
	w->hangup.repeat = HANGUP_STOP_SECS;
	ev_timer_again(w->service.loop, &w->hangup);
}

static void orders_cb(struct ev_loop *loop, ev_io *io, int revents)
{
	struct worker *w = io->data;
	struct nbd_channel_message m;
	int rc = nbd_channel_receive(io->fd, &m);

	(void)revents;
	if (rc == -EAGAIN)
		return;
	if (rc == 1) {
		if (m.kind == NBD_CHANNEL_STOP)
			stop(w);
		else if (m.kind == NBD_CHANNEL_ATTACHED)
			snprintf(w->node, sizeof(w->node), "%.31s", m.text);
		return;
	}
	/*
	 * The controller was killed. Data comes first: serve on until the
	 * kernel is told to let go, but let a signal end it from now on.
	 */
	ev_io_stop(loop, io);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
}

/* ---- the beginning ---- */

static void on_room(void *ctx)
{
	struct worker *w = ctx;

	if (w->conn && !w->conn_ended)
		nbd_conn_room(w->conn);
}

/* Logs may fill the channel; this must get through. */
static void resized_cb(struct ev_loop *loop, ev_timer *t, int revents)
{
	(void)revents;
	if (tell(t->data, NBD_CHANNEL_RESIZED, "") != -EAGAIN)
		ev_timer_stop(loop, t);
}

/* Until the kernel is told, the session refuses what is beyond the end. */
static void on_device(void *ctx, struct device *dev, unsigned events)
{
	struct worker *w = ctx;
	struct engine_device_info info;

	if (dev != w->dev || !(events & ENGINE_RESIZED) || !w->conn ||
	    w->conn_ended)
		return;
	engine_device_info(dev, &info);
	nbd_conn_resize(w->conn, info.sectors * WIRE_SECTOR);
	ev_timer_start(w->service.loop, &w->resized);
}

static int open_device(struct worker *w, char *why)
{
	const struct nbd_worker_options *o = w->options;
	struct aoe_options options = o->setup->options;
	int rc;

	options.only = &o->addr;
	options.only_count = 1;
	options.log = &w->log;
	options.ctx = w;
	options.on_device = on_device;
	options.on_room = on_room;
	rc = service_open(&w->service, &options, why);
	if (rc < 0)
		return rc;
	rc = setup_wait_device(w->service.aoe, o->addr, o->wait, &w->dev, why);
	if (rc < 0)
		return rc;
	rc = aoe_open(w->service.aoe, w->dev, !o->read_only);
	if (rc == -EBUSY)
		snprintf(why, AOE_WHY,
		    "%s: another process of this host has it open for writing "
		    "(-r to only read, --shared to write as well)",
		    w->name);
	else if (rc < 0)
		snprintf(why, AOE_WHY, "%s: cannot open it: %s", w->name,
		    strerror(-rc));
	return rc;
}

/* The kernel knows simple replies and whole sectors; FUA it gets as FLUSH. */
static int start_session(struct worker *w)
{
	struct nbd_conn_config config = {
	    .loop = w->service.loop,
	    .aoe = w->service.aoe,
	    .dev = w->dev,
	    .arena_fd = -1,
	    .closed = on_closed,
	    .ctx = w,
	};
	struct nbd_export x = {
	    .aoe = w->service.aoe,
	    .read_only = w->options->read_only,
	    .min_block = WIRE_SECTOR,
	};

	nbd_export_info(&x, w->dev, &config.info);
	return nbd_conn_new(&w->conn, w->options->socket, &config);
}

static void describe(void *ctx, struct json *j)
{
	const struct worker *w = ctx;

	json_put_text(j, "serves", w->node);
	json_put_bool(j, "read_only", w->options->read_only);
}

static void watch(struct worker *w)
{
	ev_io_init(&w->orders, orders_cb, w->channel, EV_READ);
	w->orders.data = w;
	ev_io_start(w->service.loop, &w->orders);
	ev_timer_init(&w->hangup, hangup_cb, HANGUP_SECS, HANGUP_SECS);
	w->hangup.data = w;
	ev_timer_start(w->service.loop, &w->hangup);
	ev_timer_init(&w->drain, drain_cb, 0.0, POLL_SECS);
	w->drain.data = w;
	ev_timer_init(&w->resized, resized_cb, 0.0, POLL_SECS);
	w->resized.data = w;
}

static int serve(struct worker *w)
{
	char why[AOE_WHY];
	int rc;

	protect_memory(&w->log);
	if (open_device(w, why) < 0)
		return fail(w, why);
	rc = start_session(w);
	if (rc == 0)
		rc = service_answer(
		    &w->service, w->options->control, w->options->pid);
	if (rc == 0)
		rc = nbd_sandbox_enter();
	if (rc < 0) {
		snprintf(why, sizeof(why), "%s: cannot serve it: %s", w->name,
		    strerror(-rc));
		return fail(w, why);
	}
	watch(w);
	tell(w, NBD_CHANNEL_READY, "");
	service_run(&w->service);
	nbd_counters_log(&w->log, w->service.aoe);
	return w->conn_ended ? 0 : 1;
}

int nbd_worker_run(const struct nbd_worker_options *options)
{
	struct worker w = {
	    .options = options,
	    .channel = options->channel,
	    .log =
		{
		    .level = options->setup->log.level,
		    .sink = nbd_channel_log,
		},
	};
	const struct service_config config = {
	    .program = "aoe-nbd",
	    .log = &w.log,
	    .late = aoe_late_copy(&options->setup->options),
	    .ctx = &w,
	    .describe = describe,
	    .idle = is_idle,
	};
	int rc;

	/* The controller decides when to stop; a terminal asks both. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	w.log.ctx = &w.channel;
	addr_format(options->addr, w.name);
	service_init(&w.service, &config);
	rc = serve(&w);
	service_end(&w.service);
	if (w.conn)
		nbd_conn_free(w.conn);
	service_close(&w.service);
	return rc;
}
