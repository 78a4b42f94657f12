/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nbd-bridge/nbd_handshake.h"
#include "nbd-bridge/nbd_session.h"
#include "nbd-bridge/nbd_transmit.h"

/*
 * While the data of a write is received in place, this much is received
 * behind it: the next header, but little of the next data, which would have
 * to be copied.
 */
#define BEHIND_DATA 4096u
/* Data shorter than this is cheaper to copy than to receive on its own. */
#define DIRECT_DATA 16384u

int nbd_session_new(struct nbd_session **out,
    const struct nbd_session_config *config, nsec_t now)
{
	struct nbd_session *s;

	if (config->arena->size < NBD_SESSION_LENGTH_MAX)
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->config = *config;
	list_init(&s->free);
	list_init(&s->todo);
	list_init(&s->replies);
	for (unsigned i = 0; i < NBD_SESSION_REQUESTS; i++) {
		s->requests[i].session = s;
		list_append(&s->free, &s->requests[i].link);
	}
	if (config->info) {
		s->info = *config->info;
		s->phase = NBD_SESSION_COMMAND;
		s->deadline = NSEC_NEVER;
	} else {
		s->deadline = nsec_add(now, NBD_SESSION_HANDSHAKE);
		nbd_handshake_greet(s);
	}
	*out = s;
	return 0;
}

/* Drops what the device does not work on. */
static void drop(struct nbd_session *s)
{
	struct list *node, *tmp;

	list_splice(&s->replies, &s->todo);
	if (s->filling)
		list_append(&s->replies, &s->filling->link);
	s->filling = NULL;
	list_each(node, tmp, &s->replies) {
		list_del(node);
		nbd_session_release(
		    s, list_entry(node, struct nbd_request, link));
	}
	s->out_pos = s->out_len = 0;
}

void nbd_session_free(struct nbd_session *s)
{
	if (s)
		drop(s);
	free(s);
}

void nbd_session_abort(struct nbd_session *s)
{
	s->phase = NBD_SESSION_CLOSED;
	drop(s);
}

/* Takes what can be taken of the received bytes. */
static void pump(struct nbd_session *s)
{
	bool more = true;

	/* Whatever stood in the way may be gone; a step finds out. */
	s->blocked = false;
	while (more) {
		switch (s->phase) {
		case NBD_SESSION_FLAGS:
		case NBD_SESSION_OPTION:
			more = nbd_handshake_step(s);
			break;
		case NBD_SESSION_COMMAND:
			more = nbd_transmit_step(s);
			break;
		case NBD_SESSION_DRAIN:
		case NBD_SESSION_CLOSED:
			return;
		}
	}
	if (s->eof && !s->blocked)
		nbd_session_drain(s, NULL);
}

/* ---- in ---- */

unsigned nbd_session_rx_space(struct nbd_session *s, struct iovec *iov)
{
	size_t kept, rest, behind = sizeof(s->rx);
	unsigned n = 0;

	pump(s);
	if (s->phase >= NBD_SESSION_DRAIN || s->blocked || s->eof)
		return 0;
	/* Little is kept: less than a header, or an option's data. */
	kept = s->rx_len - s->rx_pos;
	memmove(s->rx, s->rx + s->rx_pos, kept);
	s->rx_pos = 0;
	s->rx_len = kept;
	if (s->filling && !s->skip) {
		rest = s->filling->aoe.length - s->filled;
		if (rest >= DIRECT_DATA) {
			iov[n++] = (struct iovec){
			    (uint8_t *)s->filling->aoe.buf + s->filled, rest};
			behind = BEHIND_DATA;
		}
	}
	iov[n++] = (struct iovec){s->rx + kept, behind - kept};
	return n;
}

void nbd_session_rx(struct nbd_session *s, size_t n)
{
	size_t direct = 0;

	if (s->filling && !s->skip) {
		direct = s->filling->aoe.length - s->filled;
		direct = direct < DIRECT_DATA ? 0 : MIN(direct, n);
	}
	s->filled += direct;
	s->rx_len += n - direct;
	pump(s);
}

void nbd_session_eof(struct nbd_session *s)
{
	s->eof = true;
	pump(s);
}

/* ---- commands ---- */

struct nbd_request *nbd_session_next(struct nbd_session *s)
{
	struct nbd_request *rq;

	if (list_empty(&s->todo))
		pump(s);
	if (list_empty(&s->todo))
		return NULL;
	rq = list_first(&s->todo, struct nbd_request, link);
	list_del(&rq->link);
	rq->started = true;
	s->started++;
	return rq;
}

void nbd_session_done(struct nbd_session *s, struct nbd_request *rq, int error)
{
	rq->started = false;
	s->started--;
	if (s->phase == NBD_SESSION_CLOSED)
		nbd_session_release(s, rq);
	else
		nbd_transmit_reply(s, rq, error);
}

/* ---- out ---- */

/* What is left of a reply of which `sent` bytes are gone. */
static unsigned reply_pieces(
    const struct nbd_request *rq, size_t sent, struct iovec *iov, unsigned max)
{
	size_t data_sent = sent > rq->head_len ? sent - rq->head_len : 0;
	unsigned n = 0;

	if (sent < rq->head_len && n < max)
		iov[n++] = (struct iovec){
		    (uint8_t *)rq->head + sent, rq->head_len - sent};
	if (data_sent < rq->data_len && n < max)
		iov[n++] = (struct iovec){(uint8_t *)rq->aoe.buf + data_sent,
		    rq->data_len - data_sent};
	return n;
}

unsigned nbd_session_tx(struct nbd_session *s, struct iovec *iov, unsigned max)
{
	size_t sent = s->reply_sent;
	struct list *node, *tmp;
	unsigned n = 0;

	if (s->out_pos < s->out_len && n < max)
		iov[n++] = (struct iovec){
		    s->out + s->out_pos, s->out_len - s->out_pos};
	list_each(node, tmp, &s->replies) {
		if (n == max)
			break;
		n += reply_pieces(list_entry(node, struct nbd_request, link),
		    sent, iov + n, max - n);
		sent = 0;
	}
	return n;
}

void nbd_session_tx_done(struct nbd_session *s, size_t n)
{
	size_t out = MIN(n, s->out_len - s->out_pos);

	s->out_pos += out;
	n -= out;
	if (s->out_pos == s->out_len)
		s->out_pos = s->out_len = 0;
	while (n) {
		struct nbd_request *rq =
		    list_first(&s->replies, struct nbd_request, link);
		size_t left = rq->head_len + rq->data_len - s->reply_sent;

		if (n < left) {
			s->reply_sent += n;
			return;
		}
		n -= left;
		s->reply_sent = 0;
		list_del(&rq->link);
		nbd_session_release(s, rq);
	}
}

/* ---- life ---- */

nsec_t nbd_session_deadline(const struct nbd_session *s)
{
	return s->deadline;
}

void nbd_session_tick(struct nbd_session *s, nsec_t now)
{
	if (now < s->deadline)
		return;
	s->deadline = NSEC_NEVER;
	s->why = "handshake not finished in time";
	nbd_session_abort(s);
}

void nbd_session_resize(struct nbd_session *s, uint64_t size)
{
	s->info.size = size;
}

void nbd_session_stop(struct nbd_session *s)
{
	s->stopping = true;
	if (s->phase < NBD_SESSION_COMMAND)
		nbd_session_drain(s, NULL);
}

bool nbd_session_finished(const struct nbd_session *s)
{
	bool ends = s->phase >= NBD_SESSION_DRAIN || s->stopping;

	return ends && !s->started && list_empty(&s->todo) &&
	       list_empty(&s->replies) && s->out_pos == s->out_len;
}
