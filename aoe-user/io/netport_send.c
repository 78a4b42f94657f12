/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How frames leave a port; its life and receiving are in netport.c. */
#include "aoe-user/io/netport.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "aoe-user/io/clock.h"

/* epoll does not tell when a device queue (ENOBUFS) has room again. */
#define RETRY_FULL (500 * NSEC_US)
#define RETRY_DOWN (100 * NSEC_MS)

/* Sends what it can. How many left, at least one, or -errno. */
static int netport_sendmmsg(struct netport *p, struct mmsghdr *msg, unsigned n)
{
	bool again = true;
	int sent;

	for (;;) {
		sent = sendmmsg(p->fd, msg, n, MSG_DONTWAIT);
		if (sent > 0)
			return sent;
		/* After down and up the first error is from before. */
		if (!sent || errno != ENETDOWN || !again)
			return sent ? -errno : -EAGAIN;
		again = false;
	}
}

static enum engine_tx_result netport_refused(
    struct netport *p, int error, nsec_t now)
{
	unsigned skipped;

	switch (error) {
	case EAGAIN:
		p->blocked = true;
		return ENGINE_TX_AGAIN;
	case ENOBUFS:
	case ENOMEM:
		p->retry_at = nsec_add(now, RETRY_FULL);
		return ENGINE_TX_AGAIN;
	case EMSGSIZE:
		p->tx_errors++;
		return ENGINE_TX_TOO_BIG;
	case ENETDOWN:
	case ENXIO:
	case ENODEV:
		/* A stopped virtual device looks alike, and no event ends it.
		 */
		p->tx_errors++;
		p->told = false;
		p->retry_at = nsec_add(now, RETRY_DOWN);
		return ENGINE_TX_PORT_DOWN;
	default:
		p->tx_errors++;
		p->retry_at = nsec_add(now, RETRY_DOWN);
		if (log_allow(&p->error_limit, now, &skipped))
			log_msg(p->log, LOG_LEVEL_WARN, p->name,
			    "cannot send: %s", strerror(error));
		return ENGINE_TX_AGAIN;
	}
}

unsigned netport_send(struct netport *p, struct engine_frame *const *frame,
    unsigned n, struct capture *c, enum engine_tx_result *why)
{
	struct mmsghdr msg[PUMP_BATCH];
	/* Taken before, so that no answer looks older than its question. */
	struct timespec when = {.tv_sec = 0};
	unsigned done = 0;
	int sent;

	if (!p->ifindex || p->blocked || p->retry_at != NSEC_NEVER) {
		*why = ENGINE_TX_AGAIN;
		return 0;
	}
	for (unsigned i = 0; i < n; i++)
		msg[i] = (struct mmsghdr){
		    .msg_hdr = {.msg_iov = frame[i]->iov,
			.msg_iovlen = frame[i]->iov[1].iov_len ? 2 : 1}};
	if (c)
		when = clock_wall();
	while (done < n) {
		sent = netport_sendmmsg(p, msg + done, n - done);
		if (sent < 0) {
			*why = netport_refused(p, -sent, clock_now());
			break;
		}
		p->tx_frames += (unsigned)sent;
		for (; sent > 0; sent--)
			capture_frame(
			    c, when, frame[done++]->iov, 2, clock_now());
	}
	return done;
}
