/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/daemon/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "aoe-user/daemon/control_line.h"
#include "aoe-user/daemon/report.h"
#include "aoe-user/io/clock.h"

#define RETRY (NSEC_SEC / 2) /* until accept is tried again */

struct control_client {
	int fd; /* -1: free */
	nsec_t until;
	char line[CONTROL_LINE_MAX];
	size_t len;
	struct json *answer; /* owns the text */
	const char *text;    /* NULL: none is to be sent */
	size_t sent;
	bool last; /* it broke the rules: dropped behind this answer */
};

struct control {
	struct control_config config;
	struct aoe *aoe;
	int epoll; /* holds the listener, the timer and the clients */
	struct clock_timer timer;
	struct ev_loop *loop; /* or NULL */
	ev_io io;
	nsec_t retry; /* or NSEC_NEVER */
	struct control_client clients[CONTROL_CLIENTS];
};

static struct control_client *find_free(struct control *c)
{
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd < 0)
			return &c->clients[i];
	return NULL;
}

/* Clients beyond the limit stay in the backlog. */
static void watch_listener(struct control *c)
{
	bool on = c->retry == NSEC_NEVER && find_free(c);
	struct epoll_event ev = {
	    .events = on ? EPOLLIN : 0,
	    .data.ptr = c,
	};

	epoll_ctl(c->epoll, EPOLL_CTL_MOD, c->config.fd, &ev);
}

static void forget_answer(struct control_client *client)
{
	json_free(client->answer);
	client->answer = NULL;
	client->text = NULL;
}

static void drop(struct control *c, struct control_client *client)
{
	forget_answer(client);
	close(client->fd);
	client->fd = -1;
	watch_listener(c);
}

/* ---- commands ---- */

static void put_error(struct json *j, const char *text)
{
	json_put_text(j, "error", text);
}

static void forget(struct control *c, struct json *j, struct aoe_addr addr)
{
	struct device *dev = aoe_find(c->aoe, addr);
	int error = dev ? aoe_forget(c->aoe, dev) : -ENODEV;

	if (error == -ENODEV)
		put_error(j, "no such disk is known");
	else if (error == -EBUSY)
		put_error(j, "the disk is in use");
	else if (error)
		put_error(j, strerror(-error));
	else
		json_put_bool(j, "ok", true);
}

static void put_program(const struct control *c, struct json *j)
{
	json_put_text(j, "program", c->config.program);
	json_put_u64(j, "pid", (uint64_t)c->config.pid);
}

static void obey(
    struct control *c, struct json *j, const struct control_line *line)
{
	switch (line->command) {
	case CONTROL_STATS:
		put_program(c, j);
		if (c->config.describe)
			c->config.describe(c->config.ctx, j);
		report_put(j, c->aoe);
		break;
	case CONTROL_PATHS:
		put_program(c, j);
		report_put_paths(j, c->aoe);
		break;
	case CONTROL_REDISCOVER:
		aoe_discover(c->aoe);
		json_put_bool(j, "ok", true);
		break;
	case CONTROL_FORGET:
		forget(c, j, line->device);
		break;
	}
}

/* ---- one client ---- */

static void answer(struct control *c, struct control_client *client, size_t len)
{
	char why[CONTROL_LINE_WHY];
	struct control_line line;

	client->answer = json_new();
	if (client->last)
		put_error(client->answer, "the line is too long");
	else if (control_line_parse(client->line, len, &line, why))
		put_error(client->answer, why);
	else
		obey(c, client->answer, &line);
	json_end(client->answer);
	client->text = json_text(client->answer);
	client->sent = 0;
	client->until = nsec_add(aoe_now(), CONTROL_TIME);
}

/* Answers the next line that is complete; false when there is none. */
static bool take_line(struct control *c, struct control_client *client)
{
	char *end = memchr(client->line, '\n', client->len);
	size_t len;

	client->last = !end && client->len == sizeof(client->line);
	if (!end && !client->last)
		return false;
	len = end ? (size_t)(end - client->line) : client->len;
	answer(c, client, len);
	if (end)
		len++;
	client->len -= len;
	memmove(client->line, client->line + len, client->len);
	return true;
}

/* -EAGAIN: more later. 0: all is sent. Else the client is lost. */
static int send_answer(struct control_client *client)
{
	size_t len = strlen(client->text) + 1;
	struct iovec iov[2] = {
	    {(void *)(uintptr_t)client->text, len - 1},
	    {(void *)(uintptr_t) "\n", 1},
	};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
	ssize_t n;

	if (client->sent < len - 1) {
		iov[0].iov_base = (char *)iov[0].iov_base + client->sent;
		iov[0].iov_len -= client->sent;
	} else {
		msg.msg_iov = &iov[1];
		msg.msg_iovlen = 1;
	}
	n = sendmsg(client->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	client->sent += (size_t)n;
	return client->sent < len ? -EAGAIN : 0;
}

static int receive_some(struct control_client *client)
{
	ssize_t n = recv(client->fd, client->line + client->len,
	    sizeof(client->line) - client->len, MSG_DONTWAIT);

	if (n > 0)
		client->len += (size_t)n;
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	return n ? 0 : -EPIPE;
}

/* One step: receives, or sends; at most one line is answered. 0, or lost. */
static int step(struct control *c, struct control_client *client)
{
	int error;

	if (!client->text) {
		error = memchr(client->line, '\n', client->len)
			    ? 0
			    : receive_some(client);
		if (error || !take_line(c, client))
			return error == -EAGAIN ? 0 : error;
		if (!client->text)
			return -ENOMEM;
	}
	error = send_answer(client);
	if (error)
		return error == -EAGAIN ? 0 : error;
	forget_answer(client);
	client->until = nsec_add(aoe_now(), CONTROL_TIME);
	return client->last ? -EPIPE : 0;
}

static void serve(struct control *c, struct control_client *client)
{
	struct epoll_event ev = {.data.ptr = client};
	bool busy;

	if (step(c, client)) {
		drop(c, client);
		return;
	}
	/* A line that is here already waits for the next turn. */
	busy = client->text || memchr(client->line, '\n', client->len);
	ev.events = busy ? EPOLLOUT : EPOLLIN;
	epoll_ctl(c->epoll, EPOLL_CTL_MOD, client->fd, &ev);
}

/* ---- all of them ---- */

static int add(struct control *c, int fd)
{
	struct control_client *client = find_free(c);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = client};

	if (!client || epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &ev)) {
		close(fd);
		return -ENOMEM;
	}
	*client = (struct control_client){
	    .fd = fd,
	    .until = nsec_add(aoe_now(), CONTROL_TIME),
	};
	return 0;
}

static void accept_one(struct control *c)
{
	int fd =
	    accept4(c->config.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int error = fd < 0 ? -errno : add(c, fd);

	/* Out of descriptors or memory: without a pause the loop would spin. */
	if (error && error != -EAGAIN && error != -EINTR &&
	    error != -ECONNABORTED)
		c->retry = nsec_add(aoe_now(), RETRY);
	watch_listener(c);
}

nsec_t control_deadline(const struct control *c)
{
	nsec_t at = c->retry;

	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd >= 0)
			at = nsec_min(at, c->clients[i].until);
	return at;
}

void control_tick(struct control *c, nsec_t now)
{
	if (control_deadline(c) > now)
		return;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd >= 0 && c->clients[i].until <= now)
			drop(c, &c->clients[i]);
	if (c->retry <= now) {
		c->retry = NSEC_NEVER;
		watch_listener(c);
	}
}

void control_dispatch(struct control *c)
{
	struct epoll_event ev[CONTROL_CLIENTS + 2];
	int n = epoll_wait(c->epoll, ev, CONTROL_CLIENTS + 2, 0);

	for (int i = 0; i < n; i++) {
		if (ev[i].data.ptr == c)
			accept_one(c);
		else if (ev[i].data.ptr == &c->timer)
			c->timer.fired = true;
		else
			serve(c, ev[i].data.ptr);
	}
	control_tick(c, aoe_now());
	clock_timer_set(&c->timer, control_deadline(c));
}

/* ---- life ---- */

static void on_readable(struct ev_loop *loop, ev_io *io, int revents)
{
	(void)loop;
	(void)revents;
	control_dispatch(io->data);
}

void control_watch(struct control *c, struct ev_loop *loop)
{
	if (!c)
		return;
	c->loop = loop;
	ev_io_init(&c->io, on_readable, c->epoll, EV_READ);
	c->io.data = c;
	ev_io_start(loop, &c->io);
}

int control_fd(const struct control *c)
{
	return c->epoll;
}

void control_free(struct control *c)
{
	if (!c)
		return;
	if (c->loop)
		ev_io_stop(c->loop, &c->io);
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd >= 0)
			drop(c, &c->clients[i]);
	clock_timer_fini(&c->timer);
	if (c->epoll >= 0)
		close(c->epoll);
	free(c);
}

static int start(struct control *c)
{
	struct epoll_event ours = {.events = EPOLLIN, .data.ptr = c};
	struct epoll_event timer = {.events = EPOLLIN, .data.ptr = &c->timer};
	int error = clock_timer_init(&c->timer);

	if (error)
		return error;
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (c->epoll < 0 ||
	    epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->config.fd, &ours) ||
	    epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->timer.fd, &timer))
		return -errno;
	return 0;
}

int control_new(
    struct control **out, struct aoe *a, const struct control_config *config)
{
	struct control *c;
	int error;

	*out = NULL;
	if (config->fd < 0)
		return 0;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->config = *config;
	c->aoe = a;
	c->epoll = -1;
	c->retry = NSEC_NEVER;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		c->clients[i].fd = -1;
	error = start(c);
	if (error)
		control_free(c);
	else
		*out = c;
	return error;
}
