/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a request and a session end, whoever finds that they have to. */
#include "nbd-bridge/nbd_session.h"

void nbd_session_release(struct nbd_session *s, struct nbd_request *rq)
{
	if (rq->has_mem)
		nbd_arena_put(s->config.arena, rq->mem);
	/* At the front: its cache lines are the warmest. */
	list_push(&s->free, &rq->link);
}

void nbd_session_drain(struct nbd_session *s, const char *why)
{
	if (s->phase >= NBD_SESSION_DRAIN)
		return;
	s->phase = NBD_SESSION_DRAIN;
	s->why = why;
	/* A write that is not complete is never done. */
	if (s->filling)
		nbd_session_release(s, s->filling);
	s->filling = NULL;
}
