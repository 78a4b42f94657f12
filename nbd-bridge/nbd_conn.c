/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "nbd-bridge/nbd_conn.h"

/* One send for everything: the handshake's bytes, then head and data each. */
#define SEND_PIECES (1 + 2 * NBD_SESSION_REQUESTS)
#define SEND_BUFFER (4 << 20) /* bytes; a small one costs half the speed */
#define WATCH_PERIOD 1.0      /* seconds */

static bool reading(const struct nbd_conn *c)
{
	return ev_is_active(&c->rx);
}

/* ---- to the device ---- */

static void on_done(struct aoe_request *aoe, int error)
{
	struct nbd_request *rq = container_of(aoe, struct nbd_request, aoe);

	/* The reply leaves with the others at the end of this turn. */
	nbd_session_done(rq->session, rq, error);
}

static void start_one(struct nbd_conn *c, struct nbd_request *rq)
{
	int error;

	rq->aoe.done = on_done;
	error = aoe_submit(c->config.aoe, c->dev, &rq->aoe);
	if (error == -EAGAIN)
		c->waiting = rq;
	else if (error)
		nbd_session_done(c->session, rq, error);
}

static void start_all(struct nbd_conn *c)
{
	struct nbd_request *rq;

	while (!c->waiting && (rq = nbd_session_next(c->session)))
		start_one(c, rq);
}

void nbd_conn_room(struct nbd_conn *c)
{
	struct nbd_request *rq = c->waiting;

	c->waiting = NULL;
	if (rq)
		start_one(c, rq);
	start_all(c);
}

static void cancel_all(struct nbd_conn *c)
{
	struct nbd_request *rq = c->waiting;

	c->waiting = NULL;
	if (rq)
		nbd_session_done(c->session, rq, -ECANCELED);
	for (unsigned i = 0; i < NBD_SESSION_REQUESTS; i++) {
		rq = &c->session->requests[i];
		if (rq->started)
			aoe_cancel(c->config.aoe, &rq->aoe);
	}
}

/*
 * Nobody is there to be answered. What was asked before an orderly goodbye is
 * done nevertheless.
 */
static void vanish(struct nbd_conn *c, const char *why)
{
	bool orderly = c->session->phase == NBD_SESSION_DRAIN;

	if (c->broken)
		return;
	c->broken = true;
	if (!orderly)
		c->why = why;
	nbd_session_abort(c->session);
	if (!orderly)
		cancel_all(c);
}

/* ---- the socket ---- */

static bool hung_up(const struct nbd_conn *c)
{
	struct pollfd p = {.fd = c->fd};

	return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct nbd_conn *c = w->data;
	struct iovec iov[2];
	struct msghdr msg = {.msg_iov = iov};
	ssize_t n;

	(void)loop;
	(void)revents;
	msg.msg_iovlen = nbd_session_rx_space(c->session, iov);
	if (!msg.msg_iovlen)
		return;
	n = recvmsg(c->fd, &msg, MSG_DONTWAIT);
	if (n > 0)
		nbd_session_rx(c->session, (size_t)n);
	else if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	else if (n < 0 || hung_up(c))
		vanish(c, "the client is gone");
	else
		nbd_session_eof(c->session);
	start_all(c);
}

static void on_writable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)revents;
	ev_io_stop(loop, w);
}

/* Sends what is there; true when some of it left. */
static bool send_some(struct nbd_conn *c)
{
	struct iovec iov[SEND_PIECES];
	struct msghdr msg = {.msg_iov = iov};
	ssize_t n;

	if (ev_is_active(&c->tx))
		return false;
	msg.msg_iovlen = nbd_session_tx(c->session, iov, SEND_PIECES);
	if (!msg.msg_iovlen)
		return false;
	do
		n = sendmsg(c->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		nbd_session_tx_done(c->session, (size_t)n);
	else if (errno == EAGAIN)
		ev_io_start(c->config.loop, &c->tx);
	else
		vanish(c, "the client is gone");
	return n > 0;
}

/* ---- the loop ---- */

static void stop_watchers(struct nbd_conn *c)
{
	ev_io_stop(c->config.loop, &c->rx);
	ev_io_stop(c->config.loop, &c->tx);
	ev_timer_stop(c->config.loop, &c->watch);
	ev_prepare_stop(c->config.loop, &c->turn);
}

static void finish(struct nbd_conn *c)
{
	const char *why = c->why ? c->why : c->session->why;

	stop_watchers(c);
	close(c->fd);
	c->fd = -1;
	if (c->opened)
		aoe_close(c->config.aoe, c->dev);
	c->opened = false;
	c->config.closed(c, why);
}

/*
 * Without a receive nobody would notice that the client is gone, so it is
 * looked at now and then.
 */
static void on_watch(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct nbd_conn *c = w->data;

	(void)loop;
	(void)revents;
	nbd_session_tick(c->session, aoe_now());
	if (!reading(c) && hung_up(c))
		vanish(c, "the client is gone");
}

static void rearm(struct nbd_conn *c)
{
	struct ev_loop *loop = c->config.loop;
	struct iovec iov[2];

	if (!c->broken && nbd_session_rx_space(c->session, iov))
		ev_io_start(loop, &c->rx);
	else
		ev_io_stop(loop, &c->rx);
	if (reading(c) && nbd_session_deadline(c->session) == NSEC_NEVER)
		ev_timer_stop(loop, &c->watch);
	else if (!ev_is_active(&c->watch))
		ev_timer_again(loop, &c->watch);
}

/* The end of each turn of the loop, before it sleeps. */
static void on_turn(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct nbd_conn *c = w->data;

	(void)loop;
	(void)revents;
	do
		start_all(c);
	while (send_some(c));
	rearm(c);
	if (nbd_session_finished(c->session))
		finish(c);
}

static void start_watchers(struct nbd_conn *c)
{
	ev_io_init(&c->rx, on_readable, c->fd, EV_READ);
	ev_io_init(&c->tx, on_writable, c->fd, EV_WRITE);
	ev_init(&c->watch, on_watch);
	c->watch.repeat = WATCH_PERIOD;
	ev_prepare_init(&c->turn, on_turn);
	/* Before the client sends the frames of what this turn submits. */
	ev_set_priority(&c->turn, 1);
	c->rx.data = c->tx.data = c->watch.data = c->turn.data = c;
	ev_prepare_start(c->config.loop, &c->turn);
}

/* ---- the handshake's exports ---- */

static bool on_list(void *ctx, const char *after, struct nbd_export_info *out)
{
	struct nbd_conn *c = ctx;
	struct device *dev = nbd_export_next(c->config.exports, after);

	if (dev)
		nbd_export_info(c->config.exports, dev, out);
	return dev;
}

static int on_find(
    void *ctx, const char *name, struct nbd_export_info *out, char *why)
{
	struct nbd_conn *c = ctx;
	struct device *dev = nbd_export_find(c->config.exports, name, why);

	if (!dev)
		return -ENOENT;
	nbd_export_info(c->config.exports, dev, out);
	return 0;
}

static int on_open(
    void *ctx, const char *name, struct nbd_export_info *out, char *why)
{
	struct nbd_conn *c = ctx;
	struct device *dev = nbd_export_find(c->config.exports, name, why);
	int error;

	if (!dev)
		return -ENOENT;
	if (c->config.admit && !c->config.admit(c, dev)) {
		snprintf(
		    why, NBD_EXPORT_WHY, "too many connections to this disk");
		return -EUSERS;
	}
	error = nbd_export_open(c->config.exports, dev, why);
	if (error)
		return error;
	c->dev = dev;
	c->opened = true;
	nbd_export_info(c->config.exports, dev, out);
	return 0;
}

static const struct nbd_session_ops conn_ops = {
    .list = on_list,
    .find = on_find,
    .open = on_open,
};

/* ---- life ---- */

static void set_send_buffer(int fd)
{
	int size = SEND_BUFFER;

	/* Beyond the system's limit only with privilege; both are hints. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static int make_session(struct nbd_conn *c)
{
	struct nbd_session_config config = {
	    .ops = &conn_ops,
	    .ctx = c,
	    .info = c->config.exports ? NULL : &c->config.info,
	    .arena = &c->arena,
	};

	return nbd_session_new(&c->session, &config, aoe_now());
}

int nbd_conn_new(
    struct nbd_conn **out, int fd, const struct nbd_conn_config *config)
{
	size_t size = config->arena_size ? config->arena_size : NBD_CONN_ARENA;
	struct nbd_conn *c = calloc(1, sizeof(*c));
	int error, flags;

	if (!c)
		return -ENOMEM;
	c->config = *config;
	c->dev = config->dev;
	c->fd = -1;
	list_init(&c->link);
	error = nbd_arena_init(&c->arena, size, config->arena_fd);
	if (!error && config->arena_fd < 0) {
		/* Nobody else has it, so it need not cost a descriptor. */
		close(c->arena.fd);
		c->arena.fd = -1;
	}
	if (!error)
		error = make_session(c);
	flags = fcntl(fd, F_GETFL);
	if (!error && (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK)))
		error = -errno;
	if (error) {
		nbd_conn_free(c);
		return error;
	}
	c->fd = fd;
	set_send_buffer(fd);
	start_watchers(c);
	*out = c;
	return 0;
}

void nbd_conn_resize(struct nbd_conn *c, uint64_t size)
{
	nbd_session_resize(c->session, size);
}

void nbd_conn_stop(struct nbd_conn *c)
{
	nbd_session_stop(c->session);
}

void nbd_conn_abort(struct nbd_conn *c)
{
	vanish(c, "ended by the server");
}

unsigned nbd_conn_inflight(const struct nbd_conn *c)
{
	return c->session->started;
}

void nbd_conn_free(struct nbd_conn *c)
{
	if (c->fd >= 0) {
		stop_watchers(c);
		close(c->fd);
	}
	nbd_session_free(c->session);
	nbd_arena_fini(&c->arena);
	list_del(&c->link);
	free(c);
}
