/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which interfaces are suitable, from the kernel's messages about them. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <net/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include "aoe-user/io/link.h"
#include "tests/unit/unit.h"

#define LOWER_UP (1u << 16)

struct message {
	uint32_t b[256];
};

static const struct link card = {
    .index = 7,
    .type = ARPHRD_ETHER,
    .flags = IFF_UP | LOWER_UP,
    .mtu = 9000,
    .mac = {{2, 0, 0, 0, 0, 9}},
    .name = "eth7",
};

static struct nlmsghdr *make(
    struct message *m, const struct link *l, int family)
{
	struct nlmsghdr *nlh;
	struct ifinfomsg *info;
	struct nlattr *nest;

	memset(m, 0, sizeof(*m));
	nlh = mnl_nlmsg_put_header(m->b);
	nlh->nlmsg_type = RTM_NEWLINK;
	info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	info->ifi_family = (unsigned char)family;
	info->ifi_index = (int)l->index;
	info->ifi_type = (unsigned short)l->type;
	info->ifi_flags = l->flags;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, l->name);
	mnl_attr_put(nlh, IFLA_ADDRESS, sizeof(l->mac), &l->mac);
	if (l->mtu)
		mnl_attr_put_u32(nlh, IFLA_MTU, l->mtu);
	if (l->master)
		mnl_attr_put_u32(nlh, IFLA_MASTER, l->master);
	nest = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	if (l->kind[0])
		mnl_attr_put_strz(nlh, IFLA_INFO_KIND, l->kind);
	if (l->slave_kind[0])
		mnl_attr_put_strz(nlh, IFLA_INFO_SLAVE_KIND, l->slave_kind);
	mnl_attr_nest_end(nlh, nest);
	return nlh;
}

static void reads_all_attributes(void **state)
{
	struct link in = card, out;
	struct message m;

	(void)state;
	in.master = 3;
	snprintf(in.kind, sizeof(in.kind), "macvlan");
	snprintf(in.slave_kind, sizeof(in.slave_kind), "bridge");
	assert_int_equal(link_parse(make(&m, &in, AF_UNSPEC), &out), 0);
	assert_int_equal(out.index, 7);
	assert_int_equal(out.type, ARPHRD_ETHER);
	assert_int_equal(out.flags, IFF_UP | LOWER_UP);
	assert_int_equal(out.mtu, 9000);
	assert_int_equal(out.master, 3);
	assert_true(mac_equal(out.mac, card.mac));
	assert_string_equal(out.name, "eth7");
	assert_string_equal(out.kind, "macvlan");
	assert_string_equal(out.slave_kind, "bridge");
}

/*
 * A bridge tells of its ports in the same message type, with another family; a
 * port that leaves it is not an interface that vanishes. Wireless notices lack
 * the MTU.
 */
static void ignores_partial_notices(void **state)
{
	struct link in = card, out;
	struct message m;

	(void)state;
	assert_int_equal(link_parse(make(&m, &in, AF_BRIDGE), &out), -ENODATA);
	in.mtu = 0;
	assert_int_equal(link_parse(make(&m, &in, AF_UNSPEC), &out), -ENODATA);
}

static void survives_any_bytes(void **state)
{
	struct unit_random r = unit_random("test_link");
	struct link out;
	struct message m;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct nlmsghdr *nlh = make(&m, &card, AF_UNSPEC);
		uint32_t full = nlh->nlmsg_len;
		uint8_t *copy;

		/* The kernel pads messages to words, and libmnl counts on it.
		 */
		nlh->nlmsg_len =
		    NLMSG_HDRLEN +
		    4 * unit_below(&r, (full - NLMSG_HDRLEN) / 4 + 1);
		for (unsigned n = unit_below(&r, 4); n; n--)
			((uint8_t *)m.b)[NLMSG_HDRLEN +
					 unit_below(&r, full - NLMSG_HDRLEN)] =
			    (uint8_t)unit_next(&r);
		copy = unit_copy(m.b, nlh->nlmsg_len);
		if (!link_parse((void *)copy, &out))
			assert_true(memchr(out.name, 0, sizeof(out.name)));
		free(copy);
	}
}

static void judges_suitability(void **state)
{
	static const struct {
		const char *what;
		unsigned type, flags, master;
		const char *kind, *slave_kind;
		bool suitable;
	} table[] = {
	    {"a card", ARPHRD_ETHER, IFF_UP, 0, "", "", true},
	    {"a card that is down", ARPHRD_ETHER, 0, 0, "", "", true},
	    {"lo", ARPHRD_LOOPBACK, IFF_UP | IFF_LOOPBACK, 0, "", "", false},
	    {"veth", ARPHRD_ETHER, IFF_UP, 0, "veth", "", true},
	    {"bridge", ARPHRD_ETHER, IFF_UP, 0, "bridge", "", true},
	    {"bridge port", ARPHRD_ETHER, IFF_UP, 4, "veth", "bridge", false},
	    {"bond", ARPHRD_ETHER, IFF_UP | IFF_MASTER, 0, "bond", "", true},
	    {"bond slave", ARPHRD_ETHER, IFF_UP | IFF_SLAVE, 4, "", "bond",
		false},
	    {"team slave", ARPHRD_ETHER, IFF_UP, 4, "", "team", false},
	    {"in a VRF", ARPHRD_ETHER, IFF_UP, 4, "", "vrf", true},
	    {"unknown master", ARPHRD_ETHER, IFF_UP, 4, "", "", false},
	    {"tap", ARPHRD_ETHER, IFF_UP, 0, "tun", "", true},
	    {"tun", ARPHRD_NONE, IFF_UP, 0, "tun", "", false},
	    {"wireguard", ARPHRD_NONE, IFF_UP, 0, "wireguard", "", false},
	    {"gre", ARPHRD_IPGRE, IFF_UP, 0, "gre", "", false},
	    {"macvlan", ARPHRD_ETHER, IFF_UP, 0, "macvlan", "", true},
	    {"ipvlan", ARPHRD_ETHER, IFF_UP, 0, "ipvlan", "", false},
	    {"VLAN", ARPHRD_ETHER, IFF_UP, 0, "vlan", "", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct link l = card;

		l.type = table[i].type;
		l.flags = table[i].flags;
		l.master = table[i].master;
		snprintf(l.kind, sizeof(l.kind), "%s", table[i].kind);
		snprintf(l.slave_kind, sizeof(l.slave_kind), "%s",
		    table[i].slave_kind);
		if (!link_unsuitable(&l) != table[i].suitable)
			fail_msg("%s: %s", table[i].what, link_unsuitable(&l));
	}
}

static void tells_down_from_no_carrier(void **state)
{
	struct link l = card;

	(void)state;
	assert_true(link_is_up(&l) && link_carrier(&l));
	l.flags = IFF_UP;
	assert_true(link_is_up(&l) && !link_carrier(&l));
	l.flags = LOWER_UP;
	assert_true(!link_is_up(&l) && !link_carrier(&l));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_all_attributes),
	    cmocka_unit_test(ignores_partial_notices),
	    cmocka_unit_test(survives_any_bytes),
	    cmocka_unit_test(judges_suitability),
	    cmocka_unit_test(tells_down_from_no_carrier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
