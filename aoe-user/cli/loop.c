/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/cli/loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

int loop_init(struct loop *l, struct aoe *aoe)
{
	sigset_t set;

	*l = (struct loop){.aoe = aoe, .signals = -1};
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	l->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (l->signals < 0)
		return -errno;
	return sigprocmask(SIG_BLOCK, &set, NULL) ? -errno : 0;
}

void loop_fini(struct loop *l)
{
	if (l->signals >= 0)
		close(l->signals);
	l->signals = -1;
}

int loop_turn(struct loop *l, struct pollfd *extra, nsec_t limit)
{
	struct pollfd fds[3] = {
	    {.fd = aoe_get_fd(l->aoe), .events = POLLIN},
	    {.fd = l->signals, .events = POLLIN},
	    {.fd = -1},
	};
	struct timespec wait = {
	    .tv_sec = (time_t)(limit / NSEC_SEC),
	    .tv_nsec = (long)(limit % NSEC_SEC),
	};
	struct signalfd_siginfo info;

	aoe_flush_tx(l->aoe);
	if (extra)
		fds[2] = *extra;
	if (ppoll(fds, 3, limit == NSEC_NEVER ? NULL : &wait, NULL) < 0 &&
	    errno != EINTR)
		return -errno;
	if (extra)
		extra->revents = fds[2].revents;
	if (fds[1].revents && read(l->signals, &info, sizeof(info)) > 0)
		l->caught = (int)info.ssi_signo;
	return aoe_dispatch(l->aoe);
}

int loop_until(
    struct loop *l, bool (*ready)(void *ctx), void *ctx, nsec_t limit)
{
	nsec_t end = nsec_add(aoe_now(), limit);
	int err;

	while (!ready(ctx)) {
		nsec_t now = aoe_now();

		if (l->caught)
			return -EINTR;
		if (now >= end)
			return -ETIMEDOUT;
		err = loop_turn(l, NULL, end == NSEC_NEVER ? end : end - now);
		if (err)
			return err;
	}
	return 0;
}

static void flush_done(struct aoe_request *rq, int error)
{
	struct loop *l = container_of(rq, struct loop, flush);

	l->flushed = true;
	l->flush_error = error;
}

static bool flush_ready(void *ctx)
{
	const struct loop *l = ctx;

	return l->flushed;
}

int loop_flush(struct loop *l, struct device *dev)
{
	int err;

	l->flushed = false;
	l->flush = (struct aoe_request){.op = AOE_FLUSH, .done = flush_done};
	err = aoe_submit(l->aoe, dev, &l->flush);
	if (!err)
		err = loop_until(l, flush_ready, l, NSEC_NEVER);
	return err ? err : l->flush_error;
}
