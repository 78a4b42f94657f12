/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <cap-ng.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "aoe-user/daemon/control_socket.h"
#include "nbd-bridge/nbd_child.h"
#include "nbd-bridge/nbd_controller.h"
#include "nbd-bridge/nbd_genl.h"
#include "nbd-bridge/nbd_helper.h"
#include "nbd-bridge/nbd_resize.h"
#include "nbd-bridge/nbd_sysfs.h"

#define BLOCK_SIZE 512u
#define DEAD_SECS_DEFAULT 180u /* what aoe_options.dead_time 0 means */
/* We answer EIO before the kernel gives a request up. */
#define TIMEOUT_MARGIN 30u
/* --queue: long; the kernel counts it in 32 bits of up to 1000 ticks/s. */
#define TIMEOUT_QUEUE (30u * 24 * 3600)
#define MAX_SECTORS_KB 1024

#define MODPROBE_LIMIT (10 * NSEC_SEC)
#define START_MARGIN (5 * NSEC_SEC) /* beyond the wait for the target */
#define BUSY_LIMIT (3 * NSEC_SEC)   /* udev holds new nodes for a moment */
#define BUSY_PAUSE (100 * NSEC_MS)
#define SCAN_LIMIT (5 * NSEC_SEC)
#define DRAIN_LIMIT (900 * NSEC_MS) /* with the rest it is over in 2 s */
#define DISCONNECT_LIMIT NSEC_SEC
#define END_MARGIN (3 * NSEC_SEC) /* beyond the time to settle */

struct controller {
	const struct nbd_controller_options *options;
	const struct log *log;
	char name[ADDR_TEXT];
	char mark[NBD_CONTROLLER_MARK];
	struct nbd_genl *genl;
	struct nbd_child worker;
	struct control_socket control; /* the worker answers there */
	struct nbd_resize resize;
	unsigned index;
};

char *nbd_controller_mark(struct aoe_addr addr, char *buf)
{
	char name[ADDR_TEXT];

	snprintf(buf, NBD_CONTROLLER_MARK, "aoe:%s", addr_format(addr, name));
	return buf;
}

int nbd_controller_parse_mark(const char *mark, struct aoe_addr *out)
{
	char why[ADDR_WHY];

	if (strncmp(mark, "aoe:", 4))
		return -EINVAL;
	return addr_parse(mark + 4, out, why);
}

static void complain(const struct controller *c, const char *text)
{
	log_msg(c->log, LOG_LEVEL_ERROR, c->name, "%s", text);
}

/* ---- what can be known before the target is asked ---- */

static int check_privilege(const struct controller *c)
{
	capng_get_caps_process();
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN))
		return 0;
	complain(c,
	    "a kernel device takes CAP_SYS_ADMIN: run it as root, or use "
	    "--unix");
	return -EPERM;
}

static int open_family(struct controller *c)
{
	int rc = nbd_genl_open(&c->genl);

	if (rc == -ENOENT) {
		nbd_helper_run(nbd_helper_modprobe, 0, MODPROBE_LIMIT);
		rc = nbd_genl_open(&c->genl);
	}
	if (rc == -ENOENT && !access("/sys/module/nbd", F_OK))
		complain(c,
		    "the kernel's nbd driver is not visible in this network "
		    "namespace: run it in the initial one");
	else if (rc == -ENOENT)
		complain(c,
		    "the kernel has no nbd driver and 'modprobe nbd' did not "
		    "help: install the kernel's modules (Debian: "
		    "linux-image-amd64), or use --unix");
	else if (rc < 0)
		log_msg(c->log, LOG_LEVEL_ERROR, c->name,
		    "cannot talk to the nbd driver: %s", strerror(-rc));
	return rc;
}

static void complain_busy(const struct controller *c, unsigned index)
{
	struct nbd_sysfs s;
	const char *by = "it is held open by some program";

	if (!nbd_sysfs_read(index, &s) && s.connected)
		by = s.backend[0] ? s.backend : "it is connected";
	log_msg(c->log, LOG_LEVEL_ERROR, c->name,
	    "/dev/nbd%u is busy (%s): name another device, or '-' for the "
	    "first free one",
	    index, by);
}

/* A device that is not there yet is made when it is connected. */
static int check_index(const struct controller *c)
{
	unsigned index = (unsigned)c->options->index;
	struct nbd_sysfs s;

	if (c->options->index < 0 || nbd_sysfs_read(index, &s) || !s.connected)
		return 0;
	complain_busy(c, index);
	return -EBUSY;
}

/* ---- the worker ---- */

static int start_worker(struct controller *c)
{
	struct nbd_worker_options options = {
	    .setup = c->options->setup,
	    .addr = c->options->addr,
	    .read_only = c->options->read_only,
	    .wait = c->options->wait,
	    .control = c->control.sock.fd,
	    .pid = c->control.pid,
	};
	int rc = nbd_child_start(&c->worker, c->log, &options);

	if (rc < 0)
		log_msg(c->log, LOG_LEVEL_ERROR, c->name,
		    "cannot start a worker: %s", strerror(-rc));
	return rc;
}

static void complain_death(const struct controller *c)
{
	int status = c->worker.status;

	if (WIFSIGNALED(status))
		log_msg(c->log, LOG_LEVEL_ERROR, c->name,
		    "the worker was killed by signal %d", WTERMSIG(status));
	else
		log_msg(c->log, LOG_LEVEL_ERROR, c->name,
		    "the worker ended with status %d", WEXITSTATUS(status));
}

/* Until it serves; CONNECT before that would hang whoever opens the device. */
static int await_ready(struct controller *c, struct nbd_channel_message *m)
{
	nsec_t until =
	    nsec_add(aoe_now(), nsec_add(c->options->wait, START_MARGIN));

	for (;;) {
		switch (nbd_child_wait(&c->worker, until, m)) {
		case NBD_CHILD_MESSAGE:
			if (m->kind == NBD_CHANNEL_READY)
				return 0;
			if (m->kind != NBD_CHANNEL_FAILED)
				break;
			log_msg(c->log, LOG_LEVEL_ERROR, NULL, "%s", m->text);
			return -EIO;
		case NBD_CHILD_SIGNAL:
			complain(c, "interrupted before it was attached");
			return -EINTR;
		case NBD_CHILD_DEATH:
			complain_death(c);
			return -EIO;
		case NBD_CHILD_NOTHING:
			complain(c, "the worker did not start in time");
			return -ETIMEDOUT;
		}
	}
}

/* ---- attach ---- */

static uint64_t dead_secs(const struct controller *c)
{
	nsec_t dead = c->options->setup->options.dead_time;

	if (dead == NSEC_NEVER || dead / NSEC_SEC >= TIMEOUT_QUEUE)
		return TIMEOUT_QUEUE - TIMEOUT_MARGIN;
	return dead ? (dead + NSEC_SEC - 1) / NSEC_SEC : DEAD_SECS_DEFAULT;
}

/* udev opens each new node for a moment, and an open device is EBUSY. */
static int connect_patiently(
    struct controller *c, const struct nbd_genl_device *d)
{
	nsec_t until = nsec_add(aoe_now(), BUSY_LIMIT);
	struct nbd_channel_message m;
	int rc;

	for (;;) {
		rc = nbd_genl_connect(c->genl, d, &c->index);
		if (rc != -EBUSY || d->index < 0 || aoe_now() >= until ||
		    nbd_genl_connected(c->genl, (unsigned)d->index) == 1)
			return rc;
		switch (nbd_child_wait(
		    &c->worker, nsec_add(aoe_now(), BUSY_PAUSE), &m)) {
		case NBD_CHILD_SIGNAL:
			return -EINTR;
		case NBD_CHILD_DEATH:
			return -EPIPE;
		case NBD_CHILD_MESSAGE:
			if (m.kind == NBD_CHANNEL_RESIZED)
				c->resize.wanted = m.size;
			break;
		case NBD_CHILD_NOTHING:
			break;
		}
	}
}

static int connect_device(
    struct controller *c, const struct nbd_channel_message *ready)
{
	struct nbd_genl_device d = {
	    .index = c->options->index,
	    .size = ready->size,
	    .block_size = BLOCK_SIZE,
	    .timeout = dead_secs(c) + TIMEOUT_MARGIN,
	    .dead_timeout = dead_secs(c),
	    .read_only = c->options->read_only,
	    .flush = ready->flush != 0,
	    .socket = c->worker.kernel,
	    .backend = c->mark,
	};
	int rc;

	c->resize = (struct nbd_resize){
	    .log = c->log,
	    .name = c->name,
	    .backend = c->mark,
	    .told = d.size,
	    .wanted = d.size,
	};
	rc = connect_patiently(c, &d);
	if (rc == -EBUSY && d.index >= 0)
		complain_busy(c, (unsigned)d.index);
	else if (rc < 0)
		log_msg(c->log, LOG_LEVEL_ERROR, c->name,
		    "cannot attach it: %s", nbd_genl_text(rc));
	if (rc < 0)
		return rc;
	/* The kernel has its own reference; ours would hide its end from us. */
	close(c->worker.kernel);
	c->worker.kernel = -1;
	c->resize.index = c->index;
	return 0;
}

/* Makes the device useful: larger requests, its partitions, udev's links. */
static void prepare_device(struct controller *c)
{
	char node[NBD_SYSFS_NODE];
	int64_t most = nbd_sysfs_number(c->index, "queue/max_sectors_kb");
	char text[16];
	int rc;

	snprintf(text, sizeof(text), "%d", MAX_SECTORS_KB);
	if (most >= 0 && most < MAX_SECTORS_KB)
		nbd_sysfs_write(c->index, "queue/max_sectors_kb", text);
	rc = nbd_helper_run(nbd_helper_scan, c->index, SCAN_LIMIT);
	if (rc == -ENOENT)
		log_msg(c->log, LOG_LEVEL_WARN, c->name,
		    "/dev/nbd%u is not there: make it with 'mknod', its "
		    "numbers are in /sys/block/nbd%u/dev",
		    c->index, c->index);
	else if (rc < 0)
		log_msg(c->log, LOG_LEVEL_WARN, c->name,
		    "/dev/nbd%u: no look for partitions: %s", c->index,
		    strerror(-rc));
	nbd_child_send(
	    &c->worker, NBD_CHANNEL_ATTACHED, nbd_sysfs_node(c->index, node));
	/* udev may have looked before the mark was there. */
	nbd_sysfs_write(c->index, "uevent", "change");
}

/* ---- the long time between ---- */

static int watch(struct controller *c)
{
	struct nbd_channel_message m;
	nsec_t until;

	for (;;) {
		until = nsec_add(aoe_now(), nbd_resize_step(&c->resize));
		switch (nbd_child_wait(&c->worker, until, &m)) {
		case NBD_CHILD_SIGNAL:
			return 0;
		case NBD_CHILD_MESSAGE:
			if (m.kind == NBD_CHANNEL_RESIZED)
				c->resize.wanted = m.size;
			if (m.kind != NBD_CHANNEL_ENDED)
				break;
			if (!m.text[0])
				return 0;
			log_msg(c->log, LOG_LEVEL_ERROR, c->name,
			    "the kernel's connection failed: %s", m.text);
			return -EIO;
		case NBD_CHILD_DEATH:
			complain_death(c);
			return -EIO;
		case NBD_CHILD_NOTHING:
			break;
		}
	}
}

/* ---- detach ---- */

/* Waits for one kind of message, or for the worker's end. */
static void await_message(
    struct controller *c, enum nbd_channel_kind kind, nsec_t limit)
{
	nsec_t until = nsec_add(aoe_now(), limit);
	struct nbd_channel_message m;
	enum nbd_child_event event;

	do {
		event = nbd_child_wait(&c->worker, until, &m);
	} while (event == NBD_CHILD_SIGNAL ||
		 (event == NBD_CHILD_MESSAGE && m.kind != kind &&
		     m.kind != NBD_CHANNEL_ENDED));
}

/* Still connected, and by us: the number may have another owner by now. */
static bool is_ours(const struct controller *c)
{
	struct nbd_sysfs s;

	return !nbd_sysfs_read(c->index, &s) && s.connected &&
	       !strcmp(s.backend, c->mark);
}

/* The kernel's goodbye goes through the socket and can block when it is full.
 */
static void disconnect(struct controller *c)
{
	pid_t helper = nbd_helper_start(nbd_helper_disconnect, c->index);
	int rc = nbd_helper_wait(helper, DISCONNECT_LIMIT);

	if (rc == -ETIMEDOUT) {
		shutdown(c->worker.server, SHUT_RDWR);
		rc = nbd_helper_wait(helper, DISCONNECT_LIMIT);
	}
	if (rc < 0)
		log_msg(c->log, LOG_LEVEL_ERROR, c->name,
		    "cannot disconnect /dev/nbd%u: %s", c->index,
		    nbd_genl_text(rc));
}

static void detach(struct controller *c)
{
	if (c->worker.pid > 0) {
		nbd_child_send(&c->worker, NBD_CHANNEL_STOP, "");
		await_message(c, NBD_CHANNEL_IDLE, DRAIN_LIMIT);
	}
	if (c->worker.pid == 0)
		shutdown(c->worker.server, SHUT_RDWR);
	if (is_ours(c))
		disconnect(c);
	if (is_ours(c))
		log_msg(c->log, LOG_LEVEL_WARN, c->name,
		    "/dev/nbd%u is still open somewhere and stays taken until "
		    "it is closed",
		    c->index);
	else
		/* Opened empty, it drops the partitions it had. */
		nbd_helper_run(nbd_helper_scan, c->index, SCAN_LIMIT);
}

/* The worker leaves by itself when late copies of writes cannot hurt. */
static void await_end(struct controller *c)
{
	nsec_t late = aoe_late_copy(&c->options->setup->options);
	nsec_t until = nsec_add(aoe_now(), late + END_MARGIN);
	struct nbd_channel_message m;

	while (c->worker.pid > 0 &&
	       nbd_child_wait(&c->worker, until, &m) != NBD_CHILD_NOTHING)
		;
}

static int attach_and_watch(struct controller *c)
{
	struct nbd_channel_message m;
	int rc = await_ready(c, &m);

	if (rc == 0)
		rc = connect_device(c, &m);
	if (rc < 0)
		return rc;
	prepare_device(c);
	rc = c->options->on_ready(c->options->ctx, c->index);
	if (rc == 0)
		rc = watch(c);
	detach(c);
	await_end(c);
	return rc;
}

int nbd_controller_run(const struct nbd_controller_options *options)
{
	struct controller c = {
	    .options = options,
	    .log = &options->setup->log,
	};
	int rc;

	addr_format(options->addr, c.name);
	nbd_controller_mark(options->addr, c.mark);
	rc = check_privilege(&c);
	if (rc == 0)
		rc = open_family(&c);
	if (rc == 0)
		rc = check_index(&c);
	if (rc == 0) {
		control_socket_open(&c.control, options->setup->control, c.log);
		rc = start_worker(&c);
		if (rc == 0)
			rc = attach_and_watch(&c);
		nbd_child_end(&c.worker);
		control_socket_close(&c.control);
	}
	nbd_genl_close(c.genl);
	return rc;
}
