/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/io/link.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <net/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

#define LOWER_UP (1u << 16) /* IFF_LOWER_UP, which net/if.h does not have */

static void link_text(const struct nlattr *attr, char *to, size_t size)
{
	unsigned len = mnl_attr_get_payload_len(attr);

	snprintf(to, size, "%.*s", (int)len,
	    (const char *)mnl_attr_get_payload(attr));
}

static int link_info(const struct nlattr *attr, void *data)
{
	struct link *l = data;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_INFO_KIND:
		link_text(attr, l->kind, sizeof(l->kind));
		break;
	case IFLA_INFO_SLAVE_KIND:
		link_text(attr, l->slave_kind, sizeof(l->slave_kind));
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static int link_attr(const struct nlattr *attr, void *data)
{
	struct link *l = data;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		link_text(attr, l->name, sizeof(l->name));
		break;
	case IFLA_MTU:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			return MNL_CB_ERROR;
		l->mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_MASTER:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			return MNL_CB_ERROR;
		l->master = mnl_attr_get_u32(attr);
		break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(attr) == sizeof(l->mac.b))
			memcpy(l->mac.b, mnl_attr_get_payload(attr),
			    sizeof(l->mac.b));
		break;
	case IFLA_LINKINFO:
		return mnl_attr_parse_nested(attr, link_info, l);
	default:
		break;
	}
	return MNL_CB_OK;
}

int link_parse(const struct nlmsghdr *nlh, struct link *out)
{
	const struct ifinfomsg *info;

	*out = (struct link){.index = 0};
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*info))
		return -EINVAL;
	info = mnl_nlmsg_get_payload(nlh);
	if (info->ifi_family != AF_UNSPEC)
		return -ENODATA;
	if (mnl_attr_parse(nlh, sizeof(*info), link_attr, out) < 0 ||
	    info->ifi_index <= 0)
		return -EINVAL;
	out->index = (unsigned)info->ifi_index;
	out->type = info->ifi_type;
	out->flags = info->ifi_flags;
	return out->mtu && out->name[0] ? 0 : -ENODATA;
}

const char *link_unsuitable(const struct link *l)
{
	if (l->type != ARPHRD_ETHER || (l->flags & IFF_LOOPBACK))
		return "not an Ethernet interface";
	/*
	 * A master takes the frames before our socket would see them. Only a
	 * VRF leaves those that are not IP alone.
	 */
	if (l->master && !strcmp(l->slave_kind, "bridge"))
		return "a port of a bridge; use the bridge";
	if (l->master && strcmp(l->slave_kind, "vrf"))
		return "part of a bond or another interface; use that one";
	if (!strcmp(l->kind, "ipvlan"))
		return "an ipvlan, which passes IP only; use a macvlan";
	return NULL;
}

bool link_is_up(const struct link *l)
{
	return l->flags & IFF_UP;
}

bool link_carrier(const struct link *l)
{
	return (l->flags & IFF_UP) && (l->flags & LOWER_UP);
}
