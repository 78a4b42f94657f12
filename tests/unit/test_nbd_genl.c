/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The messages that go to the kernel's nbd driver, byte for byte, and the
 * words for what it answers.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/nbd-netlink.h>
#include <linux/netlink.h>
#include "common/compiler.h"
#include "nbd-bridge/nbd_genl.h"

#define FAMILY 0x1234

static const struct nbd_genl_device device = {
    .index = 7,
    .size = 0x1122334455667788,
    .block_size = 512,
    .timeout = 210,
    .dead_timeout = 180,
    .flush = true,
    .socket = 9,
    .backend = "aoe:e1.0",
};

/* One attribute as it lies in memory; checked and stepped over. */
static const uint8_t *take(
    const uint8_t *p, uint16_t type, const void *value, uint16_t len)
{
	struct nlattr a;

	memcpy(&a, p, sizeof(a));
	assert_int_equal(a.nla_type & NLA_TYPE_MASK, type);
	assert_int_equal(a.nla_len, sizeof(a) + len);
	assert_memory_equal(p + sizeof(a), value, len);
	return p + NLA_ALIGN(sizeof(a) + len);
}

static const uint8_t *take64(const uint8_t *p, uint16_t type, uint64_t value)
{
	return take(p, type, &value, sizeof(value));
}

static const uint8_t *take32(const uint8_t *p, uint16_t type, uint32_t value)
{
	return take(p, type, &value, sizeof(value));
}

/* The header of a nest; what it holds follows. */
static const uint8_t *enter(const uint8_t *p, uint16_t type, uint16_t len)
{
	struct nlattr a;

	memcpy(&a, p, sizeof(a));
	assert_int_equal(a.nla_type & NLA_TYPE_MASK, type);
	assert_int_equal(a.nla_len, len);
	return p + sizeof(a);
}

static const uint8_t *check_header(
    const struct nlmsghdr *nlh, uint8_t command, uint32_t len)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	assert_int_equal(nlh->nlmsg_type, FAMILY);
	assert_int_equal(nlh->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	assert_int_equal(nlh->nlmsg_len, len);
	assert_int_equal(genl->cmd, command);
	assert_int_equal(genl->version, 1);
	assert_int_equal(genl->reserved, 0);
	return (const uint8_t *)(genl + 1);
}

static void connect_says_all(void **state)
{
	uint8_t buf[NBD_GENL_MESSAGE] __attribute__((aligned(8)));
	const struct nlmsghdr *nlh;
	const uint8_t *p;

	(void)state;
	memset(buf, 0xee, sizeof(buf));
	nlh = nbd_genl_put_connect(buf, FAMILY, &device);
	p = check_header(nlh, NBD_CMD_CONNECT, 20 + 8 + 5 * 12 + 16 + 16);
	p = take32(p, NBD_ATTR_INDEX, 7);
	p = take64(p, NBD_ATTR_SIZE_BYTES, 0x1122334455667788);
	p = take64(p, NBD_ATTR_BLOCK_SIZE_BYTES, 512);
	p = take64(p, NBD_ATTR_TIMEOUT, 210);
	p = take64(p, NBD_ATTR_DEAD_CONN_TIMEOUT, 180);
	/* HAS_FLAGS and SEND_FLUSH: no FUA, no TRIM, no second connection. */
	p = take64(p, NBD_ATTR_SERVER_FLAGS, 0x5);
	p = take(p, NBD_ATTR_BACKEND_IDENTIFIER, "aoe:e1.0", 9);
	p = enter(p, NBD_ATTR_SOCKETS, 16);
	p = enter(p, NBD_SOCK_ITEM, 12);
	p = take32(p, NBD_SOCK_FD, 9);
	assert_int_equal(p - buf, nlh->nlmsg_len);
}

/* Without a number, the kernel chooses: then it must not see any. */
static void connect_to_any_has_no_index(void **state)
{
	uint8_t buf[NBD_GENL_MESSAGE] __attribute__((aligned(8)));
	struct nbd_genl_device any = device;
	const struct nlmsghdr *nlh;
	const uint8_t *p;

	(void)state;
	any.index = -1;
	nlh = nbd_genl_put_connect(buf, FAMILY, &any);
	p = check_header(nlh, NBD_CMD_CONNECT, 20 + 5 * 12 + 16 + 16);
	take64(p, NBD_ATTR_SIZE_BYTES, any.size);
}

static void resize_names_the_owner(void **state)
{
	uint8_t buf[NBD_GENL_MESSAGE] __attribute__((aligned(8)));
	const struct nlmsghdr *nlh;
	const uint8_t *p;

	(void)state;
	memset(buf, 0xee, sizeof(buf));
	nlh =
	    nbd_genl_put_resize(buf, FAMILY, 7, 0x1122334455667788, "aoe:e1.0");
	p = check_header(nlh, NBD_CMD_RECONFIGURE, 20 + 8 + 12 + 16);
	p = take32(p, NBD_ATTR_INDEX, 7);
	p = take64(p, NBD_ATTR_SIZE_BYTES, 0x1122334455667788);
	p = take(p, NBD_ATTR_BACKEND_IDENTIFIER, "aoe:e1.0", 9);
	assert_int_equal(p - buf, nlh->nlmsg_len);
}

static void flags_follow_the_disk(void **state)
{
	static const struct {
		bool read_only, flush;
		uint64_t flags;
	} cases[] = {
	    {false, false, 0x1},
	    {true, false, 0x3},
	    {false, true, 0x5},
	    {true, true, 0x7},
	};
	uint8_t buf[NBD_GENL_MESSAGE] __attribute__((aligned(8)));
	struct nbd_genl_device d = device;
	const uint8_t *p;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		d.read_only = cases[i].read_only;
		d.flush = cases[i].flush;
		nbd_genl_put_connect(buf, FAMILY, &d);
		/* After the headers, the index and four numbers. */
		p = buf + 20 + 8 + 4 * 12;
		take64(p, NBD_ATTR_SERVER_FLAGS, cases[i].flags);
	}
}

static void other_commands_name_the_device(void **state)
{
	static const uint8_t commands[] = {NBD_CMD_DISCONNECT, NBD_CMD_STATUS};
	uint8_t buf[NBD_GENL_MESSAGE] __attribute__((aligned(8)));
	const struct nlmsghdr *nlh;
	const uint8_t *p;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		nlh = nbd_genl_put_index(buf, FAMILY, commands[i], 65535);
		p = check_header(nlh, commands[i], 20 + 8);
		take32(p, NBD_ATTR_INDEX, 65535);
	}
}

/* The longest name that an address can make must fit beside the rest. */
static void longest_message_fits(void **state)
{
	uint8_t buf[NBD_GENL_MESSAGE] __attribute__((aligned(8)));
	struct nbd_genl_device d = device;

	(void)state;
	d.backend = "aoe:e65534.254";
	assert_true(nbd_genl_put_connect(buf, FAMILY, &d)->nlmsg_len <=
		    sizeof(buf) / 2);
}

static void errors_have_words(void **state)
{
	(void)state;
	assert_non_null(strstr(nbd_genl_text(-EPERM), "CAP_SYS_ADMIN"));
	assert_non_null(strstr(nbd_genl_text(-EBUSY), "in use"));
	assert_string_equal(nbd_genl_text(-ETIMEDOUT), strerror(ETIMEDOUT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(connect_says_all),
	    cmocka_unit_test(connect_to_any_has_no_index),
	    cmocka_unit_test(resize_names_the_owner),
	    cmocka_unit_test(flags_follow_the_disk),
	    cmocka_unit_test(other_commands_name_the_device),
	    cmocka_unit_test(longest_message_fits),
	    cmocka_unit_test(errors_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
