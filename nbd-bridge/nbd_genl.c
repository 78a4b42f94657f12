/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/nbd-netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include "nbd-bridge/nbd_genl.h"

/* Transmission flags of the NBD protocol, as SERVER_FLAGS carries them. */
#define SERVER_HAS_FLAGS (1u << 0)
#define SERVER_READ_ONLY (1u << 1)
#define SERVER_SEND_FLUSH (1u << 2)

#define REPLY_BYTES 8192

struct nbd_genl {
	struct mnl_socket *nl;
	uint16_t family;
	uint32_t seq;
};

static struct nlmsghdr *put_header(
    void *buf, uint16_t type, uint8_t command, uint8_t version)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	genl->version = version;
	return nlh;
}

struct nlmsghdr *nbd_genl_put_connect(
    void *buf, uint16_t family, const struct nbd_genl_device *d)
{
	struct nlmsghdr *nlh =
	    put_header(buf, family, NBD_CMD_CONNECT, NBD_GENL_VERSION);
	struct nlattr *sockets, *item;
	uint64_t flags = SERVER_HAS_FLAGS;

	if (d->read_only)
		flags |= SERVER_READ_ONLY;
	if (d->flush)
		flags |= SERVER_SEND_FLUSH;
	if (d->index >= 0)
		mnl_attr_put_u32(nlh, NBD_ATTR_INDEX, (uint32_t)d->index);
	mnl_attr_put_u64(nlh, NBD_ATTR_SIZE_BYTES, d->size);
	mnl_attr_put_u64(nlh, NBD_ATTR_BLOCK_SIZE_BYTES, d->block_size);
	mnl_attr_put_u64(nlh, NBD_ATTR_TIMEOUT, d->timeout);
	mnl_attr_put_u64(nlh, NBD_ATTR_DEAD_CONN_TIMEOUT, d->dead_timeout);
	mnl_attr_put_u64(nlh, NBD_ATTR_SERVER_FLAGS, flags);
	mnl_attr_put_strz(nlh, NBD_ATTR_BACKEND_IDENTIFIER, d->backend);
	sockets = mnl_attr_nest_start(nlh, NBD_ATTR_SOCKETS);
	item = mnl_attr_nest_start(nlh, NBD_SOCK_ITEM);
	mnl_attr_put_u32(nlh, NBD_SOCK_FD, (uint32_t)d->socket);
	mnl_attr_nest_end(nlh, item);
	mnl_attr_nest_end(nlh, sockets);
	return nlh;
}

struct nlmsghdr *nbd_genl_put_index(
    void *buf, uint16_t family, uint8_t command, unsigned index)
{
	struct nlmsghdr *nlh =
	    put_header(buf, family, command, NBD_GENL_VERSION);

	mnl_attr_put_u32(nlh, NBD_ATTR_INDEX, index);
	return nlh;
}

struct nlmsghdr *nbd_genl_put_resize(void *buf, uint16_t family, unsigned index,
    uint64_t size, const char *backend)
{
	struct nlmsghdr *nlh =
	    nbd_genl_put_index(buf, family, NBD_CMD_RECONFIGURE, index);

	mnl_attr_put_u64(nlh, NBD_ATTR_SIZE_BYTES, size);
	/* It has to be the one that the device was connected with. */
	mnl_attr_put_strz(nlh, NBD_ATTR_BACKEND_IDENTIFIER, backend);
	return nlh;
}

/* Sends one message and reads to its ACK; `on_reply` sees what comes before. */
static int exchange(
    struct nbd_genl *g, struct nlmsghdr *nlh, mnl_cb_t on_reply, void *ctx)
{
	char reply[REPLY_BYTES];
	unsigned port = mnl_socket_get_portid(g->nl);
	ssize_t n;
	int rc;

	nlh->nlmsg_seq = ++g->seq;
	if (mnl_socket_sendto(g->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		n = mnl_socket_recvfrom(g->nl, reply, sizeof(reply));
		if (n < 0 && errno == EINTR) {
			rc = MNL_CB_OK;
			continue;
		}
		if (n < 0)
			return -errno;
		rc = mnl_cb_run(reply, (size_t)n, g->seq, port, on_reply, ctx);
	} while (rc > MNL_CB_STOP);
	return rc < 0 ? -errno : 0;
}

static int on_family(const struct nlmsghdr *nlh, void *ctx)
{
	uint16_t *family = ctx;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
		    mnl_attr_validate(attr, MNL_TYPE_U16) == 0)
			*family = mnl_attr_get_u16(attr);
	}
	return MNL_CB_OK;
}

static int resolve(struct nbd_genl *g)
{
	uint8_t buf[NBD_GENL_MESSAGE] __attribute__((aligned(8)));
	struct nlmsghdr *nlh =
	    put_header(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	int rc;

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, NBD_GENL_FAMILY_NAME);
	rc = exchange(g, nlh, on_family, &g->family);
	if (rc < 0)
		return rc;
	return g->family ? 0 : -ENOENT;
}

int nbd_genl_open(struct nbd_genl **out)
{
	struct nbd_genl *g = calloc(1, sizeof(*g));
	int rc;

	if (!g)
		return -ENOMEM;
	g->seq = (uint32_t)time(NULL);
	g->nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!g->nl || mnl_socket_bind(g->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		rc = -errno;
	else
		rc = resolve(g);
	if (rc < 0) {
		nbd_genl_close(g);
		return rc;
	}
	*out = g;
	return 0;
}

void nbd_genl_close(struct nbd_genl *g)
{
	if (!g)
		return;
	if (g->nl)
		mnl_socket_close(g->nl);
	free(g);
}

static int on_index(const struct nlmsghdr *nlh, void *ctx)
{
	int64_t *index = ctx;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attr) == NBD_ATTR_INDEX &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			*index = mnl_attr_get_u32(attr);
	}
	return MNL_CB_OK;
}

int nbd_genl_connect(
    struct nbd_genl *g, const struct nbd_genl_device *d, unsigned *index)
{
	uint8_t buf[NBD_GENL_MESSAGE] __attribute__((aligned(8)));
	int64_t used = d->index;
	int rc;

	rc = exchange(
	    g, nbd_genl_put_connect(buf, g->family, d), on_index, &used);
	if (rc < 0)
		return rc;
	if (used < 0)
		return -EPROTO;
	*index = (unsigned)used;
	return 0;
}

int nbd_genl_disconnect(struct nbd_genl *g, unsigned index)
{
	uint8_t buf[NBD_GENL_MESSAGE] __attribute__((aligned(8)));

	return exchange(g,
	    nbd_genl_put_index(buf, g->family, NBD_CMD_DISCONNECT, index), NULL,
	    NULL);
}

int nbd_genl_resize(
    struct nbd_genl *g, unsigned index, uint64_t size, const char *backend)
{
	uint8_t buf[NBD_GENL_MESSAGE] __attribute__((aligned(8)));

	return exchange(g,
	    nbd_genl_put_resize(buf, g->family, index, size, backend), NULL,
	    NULL);
}

static int on_item(const struct nlattr *attr, void *ctx)
{
	int *connected = ctx;

	if (mnl_attr_get_type(attr) == NBD_DEVICE_CONNECTED &&
	    mnl_attr_validate(attr, MNL_TYPE_U8) == 0)
		*connected = mnl_attr_get_u8(attr) != 0;
	return MNL_CB_OK;
}

/* STATUS of one index answers DEVICE_LIST { DEVICE_ITEM { ... } }. */
static int on_status(const struct nlmsghdr *nlh, void *ctx)
{
	const struct nlattr *list, *item;

	mnl_attr_for_each(list, nlh, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(list) != NBD_ATTR_DEVICE_LIST)
			continue;
		mnl_attr_for_each_nested(item, list)
		    mnl_attr_parse_nested(item, on_item, ctx);
	}
	return MNL_CB_OK;
}

int nbd_genl_connected(struct nbd_genl *g, unsigned index)
{
	uint8_t buf[NBD_GENL_MESSAGE] __attribute__((aligned(8)));
	int connected = 0, rc;

	rc = exchange(g,
	    nbd_genl_put_index(buf, g->family, NBD_CMD_STATUS, index),
	    on_status, &connected);
	return rc < 0 ? rc : connected;
}

const char *nbd_genl_text(int error)
{
	switch (error) {
	case -EPERM:
		return "not permitted (it takes CAP_SYS_ADMIN in the initial "
		       "user namespace)";
	case -ENOENT:
		return "the kernel's nbd driver is not visible here";
	case -EBUSY:
		return "it is in use, or some program holds it open";
	case -EINVAL:
		return "the kernel refused it (no device of this number can "
		       "be, or it is just going away)";
	case -ENOMEM:
		return "the kernel is out of memory";
	default:
		return strerror(-error);
	}
}
