/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The exports of a client with many disks: each is listed once, and what that
 * costs is counted.
 */
#include "tests/unit/unit.h"

#include "nbd-bridge/nbd_export.h"

#define DISKS 2047u

struct device {
	struct aoe_addr addr;
	bool there;
	bool identified;
	bool contested;
};

struct aoe {
	struct device disk[DISKS];
	unsigned asked;    /* how often it was asked anything */
	unsigned expected; /* ... to look for a disk */
};

static struct aoe client;

static struct device *next_there(const struct device *dev)
{
	unsigned i = dev ? (unsigned)(dev - client.disk) + 1 : 0;

	while (i < DISKS && !client.disk[i].there)
		i++;
	return i < DISKS ? &client.disk[i] : NULL;
}

struct device *aoe_next(const struct aoe *a, const struct device *dev)
{
	(void)a;
	client.asked++;
	return next_there(dev);
}

struct device *aoe_find(const struct aoe *a, struct aoe_addr addr)
{
	struct device *dev = NULL;

	(void)a;
	client.asked++;
	while ((dev = next_there(dev)))
		if (addr_equal(dev->addr, addr))
			return dev;
	return NULL;
}

int aoe_expect(struct aoe *a, struct aoe_addr addr)
{
	(void)addr;
	a->expected++;
	return 0;
}

int aoe_open(struct aoe *a, struct device *dev, bool writable)
{
	(void)a;
	(void)dev;
	(void)writable;
	fail_msg("nobody wants to open it");
	return 0;
}

void engine_device_info(
    const struct device *dev, struct engine_device_info *out)
{
	client.asked++;
	*out = (struct engine_device_info){
	    .addr = dev->addr,
	    .sectors = dev->identified ? 2048 : 0,
	    .state =
		dev->contested ? ENGINE_DEVICE_CONTESTED : ENGINE_DEVICE_UP,
	};
}

static const struct nbd_export all = {.aoe = &client, .min_block = 1};

static int reset(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DISKS; i++)
		client.disk[i] = (struct device){
		    .addr = {(uint16_t)(1 + i / 200), (uint8_t)(i % 200)},
		    .there = true,
		    .identified = true,
		};
	client.asked = 0;
	return 0;
}

/* Goes on; false at the end. */
static bool list_one(struct nbd_export_info *info)
{
	struct device *dev = nbd_export_next(&all, info->name);

	if (dev)
		nbd_export_info(&all, dev, info);
	return dev;
}

static void each_is_listed_once(void **state)
{
	struct nbd_export_info info = {.size = 0};
	char name[ADDR_TEXT];
	unsigned n = 0;

	(void)state;
	client.disk[7].identified = client.disk[DISKS - 1].identified = false;
	while (list_one(&info)) {
		n += n == 7;
		addr_format(client.disk[n++].addr, name);
		assert_string_equal(info.name, name);
	}
	assert_int_equal(n, DISKS - 1);
	/* The same for each of them, however many there are. */
	assert_in_range(client.asked, DISKS, 6 * DISKS);
}

static void the_last_one_may_have_gone(void **state)
{
	struct nbd_export_info info = {.size = 0};
	char name[ADDR_TEXT];

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		assert_true(list_one(&info));
	client.disk[99].there = client.disk[100].there = false;
	client.disk[5].there = false;
	assert_true(list_one(&info));
	assert_string_equal(
	    info.name, addr_format(client.disk[101].addr, name));
}

static void the_only_one_needs_no_name(void **state)
{
	char why[NBD_EXPORT_WHY];

	(void)state;
	assert_null(nbd_export_find(&all, "", why));
	assert_non_null(strstr(why, "several"));
	for (unsigned i = 0; i < DISKS; i++)
		client.disk[i].there = i == 3;
	assert_ptr_equal(nbd_export_find(&all, "", why), &client.disk[3]);
	client.disk[3].there = false;
	assert_null(nbd_export_find(&all, "", why));
	assert_non_null(strstr(why, "no disk"));
}

/* Two disks at one address: neither is listed or found, and why is said. */
static void contested_is_not_served(void **state)
{
	struct nbd_export_info info = {.size = 0};
	char why[NBD_EXPORT_WHY], name[ADDR_TEXT];

	(void)state;
	client.disk[0].contested = true;
	assert_true(list_one(&info));
	assert_string_equal(info.name, addr_format(client.disk[1].addr, name));
	addr_format(client.disk[0].addr, name);
	client.expected = 0;
	assert_null(nbd_export_find(&all, name, why));
	assert_non_null(strstr(why, "--serial"));
	assert_int_equal(client.expected, 1);
	client.disk[0].contested = false;
	assert_ptr_equal(nbd_export_find(&all, name, why), &client.disk[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(each_is_listed_once, reset),
	    cmocka_unit_test_setup(the_last_one_may_have_gone, reset),
	    cmocka_unit_test_setup(contested_is_not_served, reset),
	    cmocka_unit_test_setup(the_only_one_needs_no_name, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
