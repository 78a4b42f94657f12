/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_serve.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "aoe-user/daemon/protect.h"
#include "aoe-user/daemon/service.h"
#include "aoe-user/io/rivals.h"
#include "fuse-fs/fs_daemon.h"
#include "fuse-fs/fs_disks.h"
#include "fuse-fs/fs_io.h"
#include "fuse-fs/fs_mount.h"
#include "fuse-fs/fs_prober.h"
#include "fuse-fs/fs_session.h"

#define WAIT_SINGLE (10 * NSEC_SEC) /* for the one disk of a single file */
#define FIRST_LOOK (500 * NSEC_MS)  /* for whoever answers the first query */
#define MAX_REQUESTS 4096

struct serve {
	struct fs fs;
	struct fs_options *options;
	struct log *log;
	struct fs_session session;
	struct service service;
	char *place;
	int waiter; /* who started us waits there; -1: nobody */
	bool waits; /* for the one disk: that will tell what is wrong */
};

static void fail(struct serve *s, const char *text)
{
	service_fail(&s->service, text);
}

/* ---- the end ---- */

static bool is_idle(void *ctx)
{
	const struct serve *s = ctx;

	return !aoe_pending(s->fs.aoe);
}

static void on_unmounted(void *ctx)
{
	struct serve *s = ctx;

	if (s->session.error)
		s->service.status = 1;
	service_leave(&s->service);
}

/* ---- the client ---- */

static void on_device(void *ctx, struct device *dev, unsigned events)
{
	struct serve *s = ctx;

	/* The log says why a disk is not shown. */
	if (events & ENGINE_CONTESTED && !s->waits)
		rivals_log(s->fs.aoe, dev, "-o serial=SERIAL", s->log);
	fs_disks_event(&s->fs, dev, events);
}

static void on_room(void *ctx)
{
	struct serve *s = ctx;

	fs_io_room(&s->fs);
	fs_prober_room(s->fs.prober);
}

static int open_client(struct serve *s)
{
	struct aoe_options options = s->options->setup.options;
	char why[AOE_WHY];
	int error;

	options.only = s->options->only_count ? s->options->only : NULL;
	options.only_count = s->options->only_count;
	options.max_requests = MAX_REQUESTS;
	options.discover_period = s->options->discover;
	options.ctx = s;
	options.on_device = on_device;
	options.on_room = on_room;
	error = service_open(&s->service, &options, why);
	s->fs.loop = s->service.loop;
	s->fs.aoe = s->service.aoe;
	if (error)
		fail(s, why);
	return error;
}

static void describe(void *ctx, struct json *j)
{
	const struct serve *s = ctx;

	json_put_text(j, "serves", s->place);
	json_put_bool(j, "read_only", !s->options->rw);
}

/* ---- the beginning ---- */

static void on_ready(void *ctx)
{
	struct serve *s = ctx;
	int waiter = s->waiter;

	s->waiter = -1;
	if (waiter >= 0 && fs_daemon_ready(waiter, s->log)) {
		s->service.status = 1;
		service_leave(&s->service);
	}
}

static int mount_there(struct serve *s)
{
	s->session = (struct fs_session){
	    .fs = &s->fs,
	    .ready = on_ready,
	    .ended = on_unmounted,
	    .ctx = s,
	};
	if (!fs_session_mount(&s->session, s->place))
		return 0;
	fail(s, "cannot mount");
	return -1;
}

/* A mount that is one file stands for one disk, which must be there. */
static int wait_single(struct serve *s)
{
	const struct aoe_addr *addr = s->options->only;
	struct device *dev;
	char why[AOE_WHY];
	int error;

	if (s->options->only_count != 1 || !addr_is_device(*addr)) {
		fail(s, "a file can stand for one disk: name it with only=");
		return -EINVAL;
	}
	s->waits = true;
	error = setup_wait_device(s->fs.aoe, *addr, WAIT_SINGLE, &dev, why);
	s->waits = false;
	if (error)
		fail(s, why);
	s->fs.single = addr;
	return error;
}

/* So that the disks which answer at once are there from the start. */
static int wait_disks(struct serve *s, bool single)
{
	if (single)
		return wait_single(s);
	if (!setup_listen(s->fs.aoe, FIRST_LOOK))
		return 0;
	fail(s, "the interfaces cannot be used");
	return -EIO;
}

/* From what somebody may think to have asked for. */
static void say_what_differs(const struct serve *s)
{
	if (s->options->unmeant)
		log_msg(s->log, LOG_LEVEL_WARN, NULL,
		    "read-only: mount(8) says rw by itself; -o writable lets "
		    "the disks be written");
	if (s->options->cache)
		log_msg(s->log, LOG_LEVEL_WARN, NULL,
		    "cache: what other hosts write is not seen while a disk "
		    "is open");
}

static int begin(struct serve *s)
{
	char why[FS_MOUNT_WHY];
	bool single;

	s->place =
	    fs_mount_directory(s->log, s->options->mountpoint, &single, why);
	if (!s->place) {
		fail(s, why);
		return -1;
	}
	s->waiter = s->options->foreground ? -1 : fs_daemon_fork();
	if (s->waiter < 0 && !s->options->foreground) {
		fail(s, "cannot start a daemon");
		return -1;
	}
	say_what_differs(s);
	/* A loop device may make a file system of this machine of it. */
	if (s->options->rw)
		protect_memory(s->log);
	if (open_client(s))
		return -1;
	s->fs.prober = fs_prober_new(&s->fs);
	if (wait_disks(s, single))
		return -1;
	if (service_listen(&s->service, s->options->setup.control))
		return -1;
	/* From now on an end without us would leave a dead mount. */
	service_catch(&s->service, SIGTERM);
	service_catch(&s->service, SIGINT);
	service_catch(&s->service, SIGHUP);
	return mount_there(s);
}

static void begin_life(struct serve *s)
{
	const struct service_config config = {
	    .program = "aoe-fuse",
	    .log = s->log,
	    .late = aoe_late_copy(&s->options->setup.options),
	    .grace = SERVICE_GRACE,
	    .ctx = s,
	    .describe = describe,
	    .idle = is_idle,
	};

	service_init(&s->service, &config);
	fs_tree_init(&s->fs.tree);
	fs_io_init(&s->fs);
	list_init(&s->fs.handles);
	clock_gettime(CLOCK_REALTIME, &s->fs.born);
	signal(SIGPIPE, SIG_IGN);
}

int fs_serve(struct fs_options *options)
{
	struct serve s = {
	    .options = options,
	    .log = &options->setup.log,
	    .waiter = -1,
	    .fs = {.options = options, .log = &options->setup.log},
	};

	begin_life(&s);
	if (!begin(&s)) {
		fs_session_start(&s.session);
		service_run(&s.service);
	}
	/* The client gives back what is under way, and it is answered. */
	if (s.fs.loop) {
		fs_prober_stop(s.fs.prober);
		service_end(&s.service);
		fs_prober_free(s.fs.prober);
		fs_io_fini(&s.fs);
		fs_session_fini(&s.session);
		fs_handle_fini(&s.fs);
		fs_pool_fini(&s.fs.pool);
	}
	service_close(&s.service);
	fs_tree_fini(&s.fs.tree);
	free(s.place);
	return s.service.status;
}
