/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/daemon/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LOOK 0.02 /* seconds between looks whether it is over */

/* ---- the end ---- */

static bool is_over(struct service *s)
{
	nsec_t grace = s->config.grace;
	nsec_t waited = nsec_since(s->since, aoe_now());

	if (waited >= grace && !s->quiesced) {
		s->quiesced = true;
		aoe_quiesce(s->aoe);
	}
	return (s->config.idle(s->config.ctx) && !aoe_fences(s->aoe)) ||
	       waited >= grace + s->config.late;
}

void service_look(struct service *s)
{
	if (s->since && is_over(s))
		ev_break(s->loop, EVBREAK_ALL);
}

static void on_leave(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	service_look(w->data);
}

void service_leave(struct service *s)
{
	if (s->since)
		return;
	s->since = aoe_now();
	ev_timer_set(&s->leave, 0.0, LOOK);
	ev_timer_start(s->loop, &s->leave);
	if (s->config.stop)
		s->config.stop(s->config.ctx);
}

static void on_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct service *s = w->data;

	(void)revents;
	if (s->since)
		ev_break(loop, EVBREAK_ALL);
	service_leave(s);
}

static void on_aoe_failed(struct aoe_ev *w, int error)
{
	struct service *s = container_of(w, struct service, aoe_ev);
	char text[128];

	snprintf(text, sizeof(text), "cannot go on: %s", strerror(-error));
	service_fail(s, text);
	ev_break(s->loop, EVBREAK_ALL);
}

void service_fail(struct service *s, const char *text)
{
	log_msg(s->config.log, LOG_LEVEL_ERROR, NULL, "%s", text);
	s->status = 1;
}

/* ---- the beginning ---- */

void service_init(struct service *s, const struct service_config *config)
{
	*s = (struct service){
	    .config = *config,
	    .socket.sock.fd = -1,
	};
}

int service_open(
    struct service *s, const struct aoe_options *options, char *why)
{
	s->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	if (!s->loop) {
		snprintf(why, AOE_WHY, "no event loop: out of memory");
		return -ENOMEM;
	}
	ev_init(&s->leave, on_leave);
	s->leave.data = s;
	return aoe_new(&s->aoe, options, why);
}

int service_answer(struct service *s, int fd, int pid)
{
	const struct control_config config = {
	    .fd = fd,
	    .program = s->config.program,
	    .pid = pid,
	    .describe = s->config.describe,
	    .ctx = s->config.ctx,
	};

	return control_new(&s->control, s->aoe, &config);
}

int service_listen(struct service *s, const char *dir)
{
	int error;

	control_socket_open(&s->socket, dir, s->config.log);
	error = service_answer(s, s->socket.sock.fd, s->socket.pid);
	if (error)
		service_fail(s, strerror(-error));
	return error;
}

void service_catch(struct service *s, int number)
{
	ev_signal *w = &s->signals[s->signal_count++];

	ev_signal_init(w, on_signal, number);
	w->data = s;
	ev_signal_start(s->loop, w);
}

void service_run(struct service *s)
{
	aoe_ev_start(&s->aoe_ev, s->loop, s->aoe, on_aoe_failed);
	control_watch(s->control, s->loop);
	ev_run(s->loop, 0);
	ev_timer_stop(s->loop, &s->leave);
	aoe_ev_stop(&s->aoe_ev, s->loop);
	while (s->signal_count)
		ev_signal_stop(s->loop, &s->signals[--s->signal_count]);
}

/* ---- afterwards ---- */

void service_end(struct service *s)
{
	control_free(s->control);
	s->control = NULL;
	aoe_free(s->aoe);
	s->aoe = NULL;
	control_socket_close(&s->socket);
}

void service_close(struct service *s)
{
	if (s->loop)
		ev_loop_destroy(s->loop);
	s->loop = NULL;
}
