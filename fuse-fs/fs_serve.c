/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_serve.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "aoe-user/daemon/control.h"
#include "aoe-user/daemon/control_socket.h"
#include "aoe-user/daemon/drain.h"
#include "aoe-user/daemon/protect.h"
#include "aoe-user/io/aoe_ev.h"
#include "fuse-fs/fs_daemon.h"
#include "fuse-fs/fs_disks.h"
#include "fuse-fs/fs_io.h"
#include "fuse-fs/fs_mount.h"
#include "fuse-fs/fs_prober.h"
#include "fuse-fs/fs_session.h"

#define WAIT_SINGLE (10 * NSEC_SEC) /* for the one disk of a single file */
#define FIRST_LOOK (500 * NSEC_MS)  /* for whoever answers the first query */
#define MAX_REQUESTS 4096
#define SIGNALS 3

struct serve {
	struct fs fs;
	struct fs_options *options;
	struct log *log;
	struct fs_session session;
	struct aoe_ev aoe_ev;
	struct control_socket socket;
	struct control *control; /* or NULL */
	ev_signal signals[SIGNALS];
	ev_timer leave;
	char *place;
	int waiter; /* who started us waits there; -1: nobody */
	struct drain drain;
	int status;
};

static void fail(struct serve *s, const char *text)
{
	log_msg(s->log, LOG_LEVEL_ERROR, NULL, "%s", text);
	s->status = 1;
}

/* ---- the end ---- */

static void on_leave(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct serve *s = w->data;

	(void)revents;
	if (drain_over(&s->drain, s->fs.aoe, !aoe_pending(s->fs.aoe)))
		ev_break(loop, EVBREAK_ALL);
}

static void begin_end(struct serve *s)
{
	if (s->drain.since)
		return;
	drain_begin(&s->drain);
	ev_timer_again(s->fs.loop, &s->leave);
}

static void on_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct serve *s = w->data;

	(void)revents;
	if (s->drain.since)
		ev_break(loop, EVBREAK_ALL);
	begin_end(s);
}

static void on_unmounted(void *ctx)
{
	struct serve *s = ctx;

	if (s->session.error)
		s->status = 1;
	begin_end(s);
}

static void on_aoe_failed(struct aoe_ev *w, int error)
{
	struct serve *s = container_of(w, struct serve, aoe_ev);

	fail(s, strerror(-error));
	ev_break(s->fs.loop, EVBREAK_ALL);
}

/* ---- the client ---- */

static void on_device(void *ctx, struct device *dev, unsigned events)
{
	struct serve *s = ctx;

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
	error = aoe_new(&s->fs.aoe, &options, why);
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

static int open_control(struct serve *s)
{
	struct control_config config = {
	    .program = "aoe-fuse",
	    .describe = describe,
	    .ctx = s,
	};
	int error;

	control_socket_open(&s->socket, s->options->setup.control, s->log);
	config.fd = s->socket.sock.fd;
	config.pid = s->socket.pid;
	error = control_new(&s->control, s->fs.aoe, &config);
	if (error)
		fail(s, strerror(-error));
	return error;
}

/* ---- the beginning ---- */

static void on_ready(void *ctx)
{
	struct serve *s = ctx;
	int waiter = s->waiter;

	s->waiter = -1;
	if (waiter >= 0 && fs_daemon_ready(waiter, s->log)) {
		s->status = 1;
		begin_end(s);
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
	error = setup_wait_device(s->fs.aoe, *addr, WAIT_SINGLE, &dev, why);
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

static void take_signals(struct serve *s)
{
	static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};

	for (unsigned i = 0; i < SIGNALS; i++) {
		ev_signal_init(&s->signals[i], on_signal, numbers[i]);
		s->signals[i].data = s;
		ev_signal_start(s->fs.loop, &s->signals[i]);
	}
	ev_init(&s->leave, on_leave);
	s->leave.repeat = DRAIN_PERIOD;
	s->leave.data = s;
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

	s->place = fs_mount_place(s->log, s->options->mountpoint, &single, why);
	if (!s->place) {
		fail(s, why);
		return -1;
	}
	s->waiter = s->options->foreground ? -1 : fs_daemon_fork();
	if (s->waiter < 0 && !s->options->foreground) {
		fail(s, "cannot start a daemon");
		return -1;
	}
	s->fs.loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	if (!s->fs.loop) {
		fail(s, "cannot make an event loop");
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
	if (open_control(s))
		return -1;
	/* From now on an end without us would leave a dead mount. */
	take_signals(s);
	return mount_there(s);
}

static void run(struct serve *s)
{
	struct ev_loop *loop = s->fs.loop;

	aoe_ev_start(&s->aoe_ev, loop, s->fs.aoe, on_aoe_failed);
	control_watch(s->control, loop);
	fs_session_start(&s->session);
	ev_run(loop, 0);
	ev_timer_stop(loop, &s->leave);
	aoe_ev_stop(&s->aoe_ev, loop);
	for (unsigned i = 0; i < SIGNALS; i++)
		ev_signal_stop(loop, &s->signals[i]);
}

int fs_serve(struct fs_options *options)
{
	struct serve s = {
	    .options = options,
	    .log = &options->setup.log,
	    .drain.late = aoe_late_copy(&options->setup.options),
	    .socket.sock.fd = -1,
	    .waiter = -1,
	    .fs = {.options = options, .log = &options->setup.log},
	};

	fs_tree_init(&s.fs.tree);
	fs_io_init(&s.fs);
	list_init(&s.fs.handles);
	clock_gettime(CLOCK_REALTIME, &s.fs.born);
	signal(SIGPIPE, SIG_IGN);
	if (!begin(&s))
		run(&s);
	/* The client gives back what is under way, and it is answered. */
	if (s.fs.loop) {
		control_free(s.control);
		fs_prober_stop(s.fs.prober);
		aoe_free(s.fs.aoe);
		fs_prober_free(s.fs.prober);
		fs_io_fini(&s.fs);
		fs_session_fini(&s.session);
		fs_handle_fini(&s.fs);
		fs_pool_fini(&s.fs.pool);
		ev_loop_destroy(s.fs.loop);
	}
	control_socket_close(&s.socket);
	fs_tree_fini(&s.fs.tree);
	free(s.place);
	return s.status;
}
