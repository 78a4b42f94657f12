/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "nbd-bridge/nbd_child.h"

static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* Whoever waits for the device to be ready may have gone. */
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int nbd_child_leave_stdio(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int rc = 0;

	if (null < 0)
		return -errno;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(null, fd) < 0)
			rc = -errno;
	if (null > STDERR_FILENO)
		close(null);
	return rc;
}

/*
 * In the new process, which keeps only what it works with: whoever reads our
 * output to its end must not wait for a worker that lives as long as the
 * device.
 */
static void run(const struct nbd_child *c,
    const struct nbd_worker_options *options, int channel)
{
	struct nbd_worker_options o = *options;
	sigset_t none;

	close(c->signals);
	close(c->channel);
	close(c->kernel);
	nbd_child_leave_stdio();
	o.channel = channel;
	o.socket = c->server;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	_exit(nbd_worker_run(&o));
}

int nbd_child_start(struct nbd_child *c, const struct log *log,
    const struct nbd_worker_options *options)
{
	int channel[2], nbd[2], rc;

	*c = (struct nbd_child){
	    .log = log,
	    .process = -1,
	    .channel = -1,
	    .server = -1,
	    .kernel = -1,
	    .signals = catch_signals(),
	};
	rc = nbd_channel_new(channel);
	if (rc < 0)
		return rc;
	c->channel = channel[0];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, nbd) == 0) {
		c->server = nbd[0];
		c->kernel = nbd[1];
		c->pid = fork();
		if (c->pid == 0)
			run(c, options, channel[1]);
		if (c->pid > 0)
			c->process = pidfd_open(c->pid, 0);
	}
	rc = c->signals < 0 || c->process < 0 ? -errno : 0;
	close(channel[1]);
	return rc;
}

/* Log lines are written here, so that a slow log holds up nobody else. */
static bool take_message(struct nbd_child *c, struct nbd_channel_message *m)
{
	while (nbd_channel_receive(c->channel, m) == 1) {
		if (m->kind != NBD_CHANNEL_LOG)
			return true;
		log_msg(c->log, (enum log_level)m->level,
		    m->object[0] ? m->object : NULL, "%s", m->text);
	}
	return false;
}

static int milliseconds(nsec_t until)
{
	nsec_t left = nsec_since(aoe_now(), until);

	if (left / NSEC_MS >= INT_MAX)
		return -1;
	return (int)((left + NSEC_MS - 1) / NSEC_MS);
}

enum nbd_child_event nbd_child_wait(
    struct nbd_child *c, nsec_t until, struct nbd_channel_message *m)
{
	struct pollfd fds[3] = {
	    {.fd = c->channel, .events = POLLIN},
	    {.fd = c->signals, .events = POLLIN},
	    {.fd = c->pid > 0 ? c->process : -1, .events = POLLIN},
	};
	struct signalfd_siginfo info;
	int rc;

	for (;;) {
		rc = poll(fds, 3, milliseconds(until));
		if (rc == 0)
			return NBD_CHILD_NOTHING;
		if (rc < 0)
			continue;
		/* Its last words count before its end. */
		if ((fds[0].revents || fds[2].revents) && take_message(c, m))
			return NBD_CHILD_MESSAGE;
		if (fds[2].revents) {
			waitpid(c->pid, &c->status, 0);
			c->pid = 0;
			return NBD_CHILD_DEATH;
		}
		if (fds[1].revents &&
		    read(c->signals, &info, sizeof(info)) == sizeof(info))
			return NBD_CHILD_SIGNAL;
		if (fds[0].revents & POLLHUP)
			fds[0].fd = -1;
	}
}

void nbd_child_send(
    struct nbd_child *c, enum nbd_channel_kind kind, const char *text)
{
	struct nbd_channel_message m = {.kind = kind};

	snprintf(m.text, sizeof(m.text), "%s", text);
	nbd_channel_send(c->channel, &m);
}

static void close_if_open(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void nbd_child_end(struct nbd_child *c)
{
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, &c->status, 0);
		c->pid = 0;
	}
	close_if_open(&c->process);
	close_if_open(&c->channel);
	close_if_open(&c->server);
	close_if_open(&c->kernel);
	close_if_open(&c->signals);
}
