/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/io/linkmon.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>

#define DUMP_WAIT_MS 1000 /* the kernel answers within the call, in fact */
#define MESSAGES 64       /* read in one go */

static int linkmon_ask(struct linkmon *m)
{
	char buf[MNL_ALIGN(sizeof(struct nlmsghdr)) +
		 MNL_ALIGN(sizeof(struct ifinfomsg))];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *info;

	nlh->nlmsg_type = RTM_GETLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	if (mnl_socket_sendto(m->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	m->dumping = true;
	m->stale = false;
	m->on_dump(m->ctx, false);
	return 0;
}

/* Something was missed. A dump that is under way has to end first. */
static int linkmon_renew(struct linkmon *m)
{
	m->stale = true;
	return m->dumping ? 0 : linkmon_ask(m);
}

static int linkmon_error(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*e) || e->error >= 0)
		return -EPROTO;
	return e->error;
}

static int linkmon_message(struct linkmon *m, const struct nlmsghdr *nlh)
{
	struct link l;

	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		m->stale = true;
	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
		if (!link_parse(nlh, &l))
			m->on_link(m->ctx, &l);
		return 0;
	case RTM_DELLINK:
		if (!link_parse(nlh, &l))
			m->on_gone(m->ctx, l.index);
		return 0;
	case NLMSG_ERROR:
		return linkmon_error(nlh);
	case NLMSG_DONE:
		m->dumping = false;
		if (m->stale)
			return linkmon_ask(m);
		m->on_dump(m->ctx, true);
		return 0;
	default:
		return 0;
	}
}

/* 1: something was read. 0: nothing there. -errno: broken. */
static int linkmon_read(struct linkmon *m)
{
	ssize_t n = mnl_socket_recvfrom(m->nl, m->buffer, sizeof(m->buffer));
	const struct nlmsghdr *nlh = (const void *)m->buffer;
	int ret = 0, len = (int)n;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	/* ENOBUFS: notices were dropped. ENOSPC: one did not fit. */
	if (n < 0 && (errno == ENOBUFS || errno == ENOSPC))
		ret = linkmon_renew(m);
	else if (n < 0)
		return -errno;
	for (; !ret && n > 0 && mnl_nlmsg_ok(nlh, len);
	     nlh = mnl_nlmsg_next(nlh, &len))
		ret = linkmon_message(m, nlh);
	return ret ? ret : 1;
}

int linkmon_dispatch(struct linkmon *m)
{
	int ret = 1;

	for (unsigned i = 0; ret > 0 && i < MESSAGES; i++)
		ret = linkmon_read(m);
	return ret < 0 ? ret : 0;
}

int linkmon_open(struct linkmon *m)
{
	struct pollfd pfd = {.events = POLLIN};
	int ret;

	m->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!m->nl)
		return -errno;
	ret = mnl_socket_bind(m->nl, RTMGRP_LINK, MNL_SOCKET_AUTOPID) < 0
		  ? -errno
		  : linkmon_ask(m);
	pfd.fd = mnl_socket_get_fd(m->nl);
	while (!ret && m->dumping) {
		if (poll(&pfd, 1, DUMP_WAIT_MS) <= 0)
			ret = -ETIMEDOUT;
		else
			ret = linkmon_dispatch(m);
	}
	if (ret)
		linkmon_close(m);
	return ret;
}

void linkmon_close(struct linkmon *m)
{
	if (m->nl)
		mnl_socket_close(m->nl);
	m->nl = NULL;
}

int linkmon_fd(const struct linkmon *m)
{
	return mnl_socket_get_fd(m->nl);
}
