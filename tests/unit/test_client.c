/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The client with a real target (vblade) while interfaces come, change and go,
 * in a network namespace of its own. Every wait has a limit.
 */
#include "aoe-user/io/client.h"
#include "tests/unit/client_rig.h"

static void finds_and_reads(void **state)
{
	struct bench *b = bench_new(state);

	start(b, "eth0");
	read_and_check(b);
	assert_string_equal(port_info(b).name, "eth0");
	assert_int_equal(port_info(b).mtu, 1500);
	assert_true(port_info(b).up);
	assert_true(port_info(b).rx_frames >= READ / 1024);
	bench_free(b);
}

static void down_and_up(void **state)
{
	struct bench *b = bench_new(state);
	nsec_t end;

	start(b, "eth0");
	net_run("ip link set eth0 down");
	until(b, !port_info(b).up);
	submit(b, 0);
	b->turns = 0;
	for (end = aoe_now() + 300 * NSEC_MS; aoe_now() < end;)
		turn(b, 20);
	/* An error that stays set must not keep the loop busy. */
	assert_in_range(b->turns, 0, 100);
	assert_true(b->busy);
	net_run("ip link set eth0 up");
	until(b, !b->busy);
	check_data(b);
	bench_free(b);
}

static void carrier_comes_back(void **state)
{
	struct bench *b = bench_new(state);

	start(b, "eth0");
	net_run("ip link set tgt0 down");
	until(b, !port_info(b).up);
	submit(b, 0);
	/* vblade has ended when its interface went down. */
	stop_target(b);
	net_run("ip link set tgt0 up");
	start_target(b);
	until(b, !b->busy);
	check_data(b);
	bench_free(b);
}

static unsigned payload(struct bench *b)
{
	struct engine_device_info info;

	engine_device_info(b->dev, &info);
	return info.payload;
}

static void mtu_grows_and_shrinks(void **state)
{
	struct bench *b = bench_new(state);

	start(b, "eth0");
	read_and_check(b);
	net_run("ip link set tgt0 mtu 9000 && ip link set eth0 mtu 9000");
	until(b, port_info(b).mtu == 9000);
	/* vblade reads the MTU when it starts. */
	stop_target(b);
	start_target(b);
	aoe_discover(b->aoe);
	until(b, payload(b) > 1024);
	read_and_check(b);
	net_run("ip link set eth0 mtu 1500");
	until(b, port_info(b).mtu == 1500);
	read_and_check(b);
	bench_free(b);
}

/* In which nothing is received, and nothing is lost. */
static void a_time_without_a_ring(void **state)
{
	struct bench *b = bench_new(state);
	size_t bytes;

	start(b, "eth0");
	bytes = b->aoe->ports.ring_bytes;
	b->aoe->ports.ring_bytes = (size_t)1 << 44;
	net_run("ip link set tgt0 mtu 9000 && ip link set eth0 mtu 9000");
	until(b, !port_info(b).up);
	submit(b, 0);
	b->turns = 0;
	for (nsec_t end = aoe_now() + 500 * NSEC_MS; aoe_now() < end;)
		turn(b, 20);
	assert_in_range(b->turns, 2, 50); /* attempts, but no spinning */
	assert_true(b->busy);
	b->aoe->ports.ring_bytes = bytes;
	until(b, !b->busy);
	check_data(b);
	bench_free(b);
}

static void deleted_and_made_again(void **state)
{
	struct bench *b = bench_new(state);
	unsigned ifindex;

	start(b, "eth0");
	ifindex = port_info(b).ifindex;
	net_run("ip link del eth0");
	until(b, !port_info(b).ifindex);
	assert_false(port_info(b).up);
	assert_string_equal(aoe_port_name(b->aoe, ifindex), "?");
	submit(b, 0);
	stop_target(b);
	/* Its index must be another. */
	net_run("ip link add other0 type bridge");
	net_pair();
	start_target(b);
	until(b, !b->busy);
	check_data(b);
	assert_true(port_info(b).ifindex != ifindex);
	bench_free(b);
}

static void renamed(void **state)
{
	struct bench *b = bench_new(state);
	unsigned ifindex;

	start(b, "eth0");
	ifindex = port_info(b).ifindex;
	net_run("ip link set eth0 down && ip link set eth0 name lan0");
	net_run("ip link set lan0 up");
	until(b, !strcmp(port_info(b).name, "lan0") && port_info(b).up);
	assert_int_equal(port_info(b).ifindex, ifindex);
	assert_string_equal(aoe_port_name(b->aoe, ifindex), "lan0");
	read_and_check(b);
	bench_free(b);
}

static void mac_changes(void **state)
{
	struct bench *b = bench_new(state);

	start(b, "eth0");
	read_and_check(b);
	/* Answers to what was sent from the old one will not come. */
	net_run("ip link set eth0 address 02:00:00:00:77:01");
	until(b, port_info(b).mac.b[4] == 0x77);
	read_and_check(b);
	bench_free(b);
}

static bool has_port(struct bench *b, const char *name)
{
	struct aoe_port_info info;

	for (unsigned n = 0; aoe_port(b->aoe, n, &info); n++)
		if (!strcmp(info.name, name))
			return true;
	return false;
}

static void takes_what_is_plugged_in(void **state)
{
	struct bench *b = bench_new(state);

	start(b, NULL);
	assert_true(has_port(b, "eth0") && has_port(b, "tgt0"));
	assert_false(has_port(b, "lo"));
	net_run("ip link add hot0 type veth peer name hot1");
	net_run("ip link set hot1 up && ip link set hot0 up");
	until(b, has_port(b, "hot0"));
	/* The bridge takes over from its port. */
	net_run("ip link add br0 type bridge && ip link set br0 up");
	net_run("ip link set hot0 master br0");
	until(b, !has_port(b, "hot0") && has_port(b, "br0"));
	net_run("ip link set hot0 nomaster");
	until(b, has_port(b, "hot0"));
	net_run("ip link del hot0");
	until(b, !has_port(b, "hot0") && !has_port(b, "hot1"));
	read_and_check(b);
	bench_free(b);
}

static void a_flood_of_events(void **state)
{
	struct bench *b = bench_new(state);

	start(b, "eth0");
	/* More than the netlink socket holds: all has to be asked again. */
	net_run("for i in $(seq 400); do echo link set eth0 down; "
		"echo link set eth0 up; echo link set eth0 mtu "
		"$((1500 + i %% 2)); done | ip -batch -");
	net_run("ip link set eth0 mtu 1400");
	until(b, port_info(b).mtu == 1400 && port_info(b).up);
	read_and_check(b);
	bench_free(b);
}

static void says_what_is_wrong(void **state)
{
	struct bench *b;

	net_need(state);
	b = calloc(1, sizeof(*b));
	assert_non_null(b);
	assert_int_equal(open_client(b, "eth9"), -ENODEV);
	assert_non_null(strstr(b->why, "eth9"));
	assert_int_equal(open_client(b, "lo"), -ENODEV);
	assert_non_null(strstr(b->why, "lo: "));
	net_run("ip link set eth0 down");
	assert_int_equal(open_client(b, "eth0"), -ENETDOWN);
	assert_non_null(strstr(b->why, "ip link set eth0 up"));
	net_run("ip link set tgt0 down");
	assert_int_equal(open_client(b, NULL), -ENETDOWN);
	net_run("ip link del eth0");
	assert_int_equal(open_client(b, NULL), -ENODEV);
	net_run("ip link add br0 type bridge && ip link set br0 up");
	net_pair();
	net_run("ip link set eth0 master br0");
	assert_int_equal(open_client(b, "eth0"), -ENODEV);
	assert_non_null(strstr(b->why, "bridge"));
	free(b);
}

static void one_of_two_may_be_missing(void **state)
{
	static const char *const names[] = {"eth0", "later0", "eth0"};
	struct aoe_options o = {.size = sizeof(o)};
	struct aoe_port_info info;
	struct bench *b = bench_new(state);

	o.interfaces = names;
	o.interface_count = ARRAY_SIZE(names);
	assert_int_equal(aoe_new(&b->aoe, &o, b->why), 0);
	assert_true(aoe_port(b->aoe, 1, &info));
	assert_string_equal(info.name, "later0");
	assert_int_equal(info.ifindex, 0);
	/* Named twice is open once. */
	assert_false(aoe_port(b->aoe, 2, &info));
	net_run("ip link add later0 type veth peer name later1");
	net_run("ip link set later1 up && ip link set later0 up");
	until(b, aoe_port(b->aoe, 1, &info) && info.up);
	bench_free(b);
}

/* In a child, so that the test program stays root. Exit status. */
static int without_privilege(struct bench *b, int (*run)(struct bench *b))
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(run(b));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int start_as_nobody(struct bench *b)
{
	if (setuid(65534))
		return 2;
	if (open_client(b, "eth0") != -EPERM)
		return 3;
	if (!strstr(b->why, "CAP_NET_RAW"))
		return 4;
	return open_client(b, NULL) == -EPERM ? 0 : 5;
}

static void needs_a_capability(void **state)
{
	struct bench *b;

	net_need(state);
	b = calloc(1, sizeof(*b));
	assert_non_null(b);
	assert_int_equal(without_privilege(b, start_as_nobody), 0);
	free(b);
}

/* A port handed over by a parent, and no capability for anything new. */
static void a_handed_port_survives_without_privilege(void **state)
{
	struct aoe_options o = {.size = sizeof(o), .tag_prefix = 9};
	struct aoe_port_fd given;
	struct bench *b = bench_new(state);
	int to_root[2];
	char c;
	pid_t pid;

	given.ifindex = if_nametoindex("eth0");
	given.fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
	assert_true(given.fd >= 0);
	o.ports = &given;
	o.port_count = 1;
	assert_int_equal(pipe(to_root), 0);
	pid = fork();
	if (!pid) {
		if (setuid(65534) || aoe_new(&b->aoe, &o, b->why))
			_exit(2);
		aoe_expect(b->aoe, disk_addr);
		until(b, is_up(b));
		if (aoe_open(b->aoe, b->dev, false))
			_exit(3);
		c = 'm';
		if (write(to_root[1], &c, 1) != 1)
			_exit(4);
		until(b, port_info(b).mtu == 9000);
		read_and_check(b);
		c = 'd';
		if (write(to_root[1], &c, 1) != 1)
			_exit(4);
		until(b, !port_info(b).ifindex);
		until(b, port_info(b).up);
		read_and_check(b);
		_exit(0);
	}
	assert_int_equal(read(to_root[0], &c, 1), 1);
	net_run("ip link set tgt0 mtu 9000 && ip link set eth0 mtu 9000");
	assert_int_equal(read(to_root[0], &c, 1), 1);
	stop_target(b);
	net_run("ip link del eth0");
	net_pair();
	start_target(b);
	{
		int status;

		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	close(given.fd);
	close(to_root[0]);
	close(to_root[1]);
	bench_free(b);
}

/* A process that was stopped reads its answers before it looks at the time. */
static void a_stopped_process_loses_nothing(void **state)
{
	struct aoe_options o = {.size = sizeof(o), .dead_time = NSEC_SEC};
	struct bench *b = bench_new(state);

	assert_int_equal(aoe_new(&b->aoe, &o, b->why), 0);
	aoe_expect(b->aoe, disk_addr);
	until(b, is_up(b));
	assert_int_equal(aoe_open(b->aoe, b->dev, false), 0);
	/* One frame, whose answer waits in the ring beyond the deadline. */
	submit_some(b, 0, 1024);
	usleep(1500000);
	until(b, !b->busy);
	check_data(b);
	bench_free(b);
}

static void requests_end_with_the_client(void **state)
{
	struct bench *b = bench_new(state);

	start(b, "eth0");
	stop_target(b);
	submit(b, 0);
	aoe_free(b->aoe);
	b->aoe = NULL;
	assert_false(b->busy);
	assert_int_equal(b->error, -ESHUTDOWN);
	bench_free(b);
}

static void wake_makes_it_readable(void **state)
{
	struct pollfd pfd = {.events = POLLIN};
	struct bench *b = bench_new(state);

	start(b, "eth0");
	pfd.fd = aoe_get_fd(b->aoe);
	aoe_wake(b->aoe);
	aoe_wake(b->aoe);
	assert_int_equal(poll(&pfd, 1, 0), 1);
	assert_int_equal(aoe_dispatch(b->aoe), 0);
	until(b, poll(&pfd, 1, 0) == 0);
	bench_free(b);
}

int main(void)
{
#define NET(test) cmocka_unit_test_setup(test, net_setup)
	const struct CMUnitTest tests[] = {
	    NET(finds_and_reads),
	    NET(down_and_up),
	    NET(carrier_comes_back),
	    NET(mtu_grows_and_shrinks),
	    NET(a_time_without_a_ring),
	    NET(deleted_and_made_again),
	    NET(renamed),
	    NET(mac_changes),
	    NET(takes_what_is_plugged_in),
	    NET(a_flood_of_events),
	    NET(says_what_is_wrong),
	    NET(one_of_two_may_be_missing),
	    NET(needs_a_capability),
	    NET(a_handed_port_survives_without_privilege),
	    NET(a_stopped_process_loses_nothing),
	    NET(requests_end_with_the_client),
	    NET(wake_makes_it_readable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
