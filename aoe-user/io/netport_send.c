/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How frames leave a port; its life and receiving are in netport.c. */
#include "aoe-user/io/netport.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "aoe-user/io/clock.h"

#define BATCH 64
/* epoll does not tell when a device queue (ENOBUFS) has room again. */
#define RETRY_FULL (500 * NSEC_US)
#define RETRY_DOWN (100 * NSEC_MS)

struct batch {
	struct engine_frame *frame[BATCH];
	struct mmsghdr msg[BATCH];
	unsigned count, done;
};

static void batch_pull(struct batch *b, struct netport *p, struct engine *e)
{
	nsec_t now = clock_now();

	for (b->count = b->done = 0; b->count < BATCH; b->count++) {
		struct engine_frame *f;

		if (!engine_tx(e, p->ifindex, &f, now))
			break;
		b->frame[b->count] = f;
		b->msg[b->count].msg_hdr = (struct msghdr){
		    .msg_iov = f->iov,
		    .msg_iovlen = f->iov[1].iov_len ? 2 : 1,
		};
	}
}

/* Sends from b->done on. How many left, at least one, or -errno. */
static int batch_send(struct batch *b, struct netport *p)
{
	bool again = true;
	int n;

	for (;;) {
		n = sendmmsg(
		    p->fd, b->msg + b->done, b->count - b->done, MSG_DONTWAIT);
		if (n > 0)
			return n;
		/* After down and up the first error is from before. */
		if (!n || errno != ENETDOWN || !again)
			return n ? -errno : -EAGAIN;
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

static void batch_sent(struct batch *b, unsigned n, struct engine *e,
    struct capture *c, struct timespec when)
{
	nsec_t now = clock_now();

	for (; n; n--) {
		struct engine_frame *f = b->frame[b->done++];

		capture_frame(c, when, f->iov, 2, now);
		engine_tx_result(e, f, ENGINE_TX_SENT, now);
	}
}

/* Sends or hands back every frame of the batch. True: go on with this port. */
static bool batch_run(struct batch *b, struct netport *p, struct engine *e,
    struct capture *c, bool *refused)
{
	enum engine_tx_result result = ENGINE_TX_SENT;
	/* Taken before, so that no answer looks older than its question. */
	struct timespec when = {.tv_sec = 0};
	nsec_t now;

	if (c)
		when = clock_wall();
	while (b->done < b->count) {
		int n = batch_send(b, p);

		if (n > 0) {
			p->tx_frames += (unsigned)n;
			batch_sent(b, (unsigned)n, e, c, when);
			continue;
		}
		now = clock_now();
		result = netport_refused(p, -n, now);
		*refused |= result != ENGINE_TX_AGAIN;
		do
			engine_tx_result(e, b->frame[b->done++], result, now);
		while (result != ENGINE_TX_TOO_BIG && b->done < b->count);
		if (result != ENGINE_TX_TOO_BIG)
			return false;
	}
	return true;
}

bool netport_send(struct netport *p, struct engine *e, struct capture *c)
{
	bool refused = false;
	struct batch b;

	while (p->ifindex && !p->blocked && p->retry_at == NSEC_NEVER) {
		batch_pull(&b, p, e);
		if (!b.count || !batch_run(&b, p, e, c, &refused))
			break;
		if (b.count < BATCH)
			break;
	}
	return refused;
}
