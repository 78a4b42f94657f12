/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel says about one network interface, and whether AoE can be
 * spoken through it. Pure: a netlink message in, a verdict out.
 */
#ifndef IO_LINK_H
#define IO_LINK_H

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include "common/addr.h"

#define LINK_KIND 24

struct link {
	unsigned index, type, flags, mtu;
	unsigned master; /* index of what it is enslaved to, or 0 */
	struct mac mac;
	char name[IF_NAMESIZE];
	char kind[LINK_KIND];       /* "veth", "bridge"; "" for hardware */
	char slave_kind[LINK_KIND]; /* the kind of its master */
};

/*
 * Reads an RTM_NEWLINK or RTM_DELLINK message. 0; -EINVAL: malformed;
 * -ENODATA: a partial notice (of a bridge's ports, of a radio), which says
 * nothing about the interface itself.
 */
int link_parse(const struct nlmsghdr *nlh, struct link *out);
/* NULL, or the reason why AoE cannot be used on this interface. */
const char *link_unsuitable(const struct link *l);
/* Administratively up; link_carrier() also that the cable is in. */
bool link_is_up(const struct link *l);
bool link_carrier(const struct link *l);

#endif
