/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "nbd-bridge/nbd_server.h"

#define RETRY 0.5 /* seconds until accept is tried again */

static struct nbd_conn *conn_of(struct list *node)
{
	return list_entry(node, struct nbd_conn, link);
}

/* Accepts, or leaves clients in the backlog while there is no room. */
static void rearm(struct nbd_server *s)
{
	bool room = s->count < s->config.max_connections;

	if (room && !s->stopping && !ev_is_active(&s->retry))
		ev_io_start(s->config.loop, &s->accept);
	else
		ev_io_stop(s->config.loop, &s->accept);
}

static void on_closed(struct nbd_conn *c, const char *why)
{
	struct nbd_server *s = c->config.ctx;

	if (why)
		log_msg(s->config.log, LOG_LEVEL_INFO, "nbd",
		    "connection ended: %s", why);
	nbd_conn_free(c);
	s->count--;
	rearm(s);
	if (s->stopping && !s->count)
		s->config.idle(s->config.ctx);
}

static bool admit(struct nbd_conn *c, const struct device *dev)
{
	struct nbd_server *s = c->config.ctx;
	struct list *node, *tmp;
	unsigned n = 0;

	list_each(node, tmp, &s->conns)
		n += conn_of(node)->dev == dev;
	return n < NBD_SERVER_PER_DEVICE;
}

static int add(struct nbd_server *s, int fd)
{
	struct nbd_conn_config config = {
	    .loop = s->config.loop,
	    .aoe = s->config.exports->aoe,
	    .exports = s->config.exports,
	    .arena_fd = -1,
	    .admit = admit,
	    .closed = on_closed,
	    .ctx = s,
	};
	struct nbd_conn *c;
	int error = nbd_conn_new(&c, fd, &config);

	if (error) {
		close(fd);
		return error;
	}
	list_append(&s->conns, &c->link);
	s->count++;
	return 0;
}

/*
 * Out of descriptors or memory: the client stays in the backlog and the socket
 * readable, so without a pause the loop would spin.
 */
static void pause_accept(struct nbd_server *s, int error)
{
	unsigned dropped;

	ev_timer_set(&s->retry, RETRY, 0.0);
	ev_timer_start(s->config.loop, &s->retry);
	if (log_allow(&s->limit, aoe_now(), &dropped))
		log_msg(s->config.log, LOG_LEVEL_WARN, "nbd",
		    "cannot take a client: %s; trying again", strerror(-error));
}

static void on_retry(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	rearm(w->data);
}

static void on_accept(struct ev_loop *loop, ev_io *w, int revents)
{
	struct nbd_server *s = w->data;
	int fd =
	    accept4(s->listen.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int error = fd < 0 ? -errno : add(s, fd);

	(void)loop;
	(void)revents;
	switch (error) {
	case 0:
	case -EAGAIN:
	case -EINTR:
	case -ECONNABORTED:
		break;
	default:
		pause_accept(s, error);
		break;
	}
	rearm(s);
}

/* Not from inside nbd_server_stop(), so that its caller can go on. */
static void on_ended(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct nbd_server *s = w->data;

	(void)loop;
	(void)revents;
	s->config.idle(s->config.ctx);
}

int nbd_server_new(
    struct nbd_server **out, const struct nbd_server_config *config, char *why)
{
	struct nbd_server *s = calloc(1, sizeof(*s));
	int error;

	if (!s)
		return -ENOMEM;
	s->config = *config;
	if (!s->config.max_connections)
		s->config.max_connections = NBD_SERVER_CONNECTIONS;
	s->limit = (struct log_limit){.period = 10 * NSEC_SEC, .burst = 1};
	list_init(&s->conns);
	error = nbd_listen_open(&s->listen, config->path, why);
	if (error) {
		free(s);
		return error;
	}
	ev_io_init(&s->accept, on_accept, s->listen.fd, EV_READ);
	ev_timer_init(&s->retry, on_retry, RETRY, 0.0);
	ev_timer_init(&s->ended, on_ended, 0.0, 0.0);
	s->accept.data = s->retry.data = s->ended.data = s;
	rearm(s);
	*out = s;
	return 0;
}

void nbd_server_room(struct nbd_server *s)
{
	struct list *node, *tmp;

	list_each(node, tmp, &s->conns)
		nbd_conn_room(conn_of(node));
}

static void stop_listening(struct nbd_server *s)
{
	s->stopping = true;
	ev_io_stop(s->config.loop, &s->accept);
	ev_timer_stop(s->config.loop, &s->retry);
	unixsock_close(&s->listen);
}

void nbd_server_stop(struct nbd_server *s)
{
	struct list *node, *tmp;

	if (s->stopping)
		return;
	stop_listening(s);
	list_each(node, tmp, &s->conns)
		nbd_conn_stop(conn_of(node));
	if (!s->count)
		ev_timer_start(s->config.loop, &s->ended);
}

void nbd_server_free(struct nbd_server *s)
{
	struct list *node, *tmp;

	if (!s)
		return;
	stop_listening(s);
	ev_timer_stop(s->config.loop, &s->ended);
	list_each(node, tmp, &s->conns)
		nbd_conn_free(conn_of(node));
	free(s);
}
