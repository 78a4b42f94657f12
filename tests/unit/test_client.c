/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The client with a real target (vblade) while interfaces come, change and go,
 * in a network namespace of its own. Every wait has a limit.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include "aoe-user/io/aoe.h"
#include "tests/unit/net.h"

#define LIMIT (10 * NSEC_SEC)
#define DISK (4u << 20)
#define READ 262144u

struct bench {
	struct aoe *aoe;
	struct device *dev;
	pid_t target;
	struct aoe_request rq;
	bool busy;
	int error;
	unsigned turns; /* dispatches */
	uint8_t buf[READ];
	char why[AOE_WHY], disk[64];
};

static const struct aoe_addr disk_addr = {1, 0};

static uint64_t pattern(uint64_t sector, unsigned word)
{
	return (sector << 8 | word) * 0x9e3779b97f4a7c15u;
}

static void make_disk(struct bench *b)
{
	const char *tmp = getenv("TMPDIR");
	uint64_t sector[64];
	FILE *f;

	snprintf(
	    b->disk, sizeof(b->disk), "%.48s/diskXXXXXX", tmp ? tmp : "/tmp");
	f = fdopen(mkstemp(b->disk), "w");
	assert_non_null(f);
	for (uint64_t s = 0; s < DISK / 512; s++) {
		for (unsigned i = 0; i < 64; i++)
			sector[i] = pattern(s, i);
		assert_int_equal(fwrite(sector, 512, 1, f), 1);
	}
	fclose(f);
}

static void start_target(struct bench *b)
{
	b->target = fork();
	if (b->target)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (freopen("/dev/null", "w", stdout) && !dup2(1, 2))
		_exit(127);
	execlp("vblade", "vblade", "1", "0", "tgt0", b->disk, NULL);
	_exit(127);
}

static void stop_target(struct bench *b)
{
	if (b->target <= 0)
		return;
	kill(b->target, SIGKILL);
	waitpid(b->target, NULL, 0);
	b->target = 0;
}

static int have(const char *program)
{
	char command[64];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", program);
	return !system(command);
}

static struct bench *bench_new(void **state)
{
	struct bench *b;

	net_need(state);
	if (!have("vblade")) {
		print_message("no vblade\n");
		skip();
	}
	b = calloc(1, sizeof(*b));
	assert_non_null(b);
	make_disk(b);
	start_target(b);
	return b;
}

static void bench_free(struct bench *b)
{
	aoe_free(b->aoe);
	stop_target(b);
	unlink(b->disk);
	free(b);
}

static int open_client(struct bench *b, const char *interface)
{
	const char *const names[] = {interface};
	struct aoe_options o = {.size = sizeof(o)};

	if (interface) {
		o.interfaces = names;
		o.interface_count = 1;
	}
	return aoe_new(&b->aoe, &o, b->why);
}

static void turn(struct bench *b, int ms)
{
	struct pollfd pfd = {.fd = aoe_get_fd(b->aoe), .events = POLLIN};

	if (poll(&pfd, 1, ms) > 0) {
		assert_int_equal(aoe_dispatch(b->aoe), 0);
		b->turns++;
	}
}

/* Dispatches until the condition holds. */
#define until(b, condition)                                                    \
	do {                                                                   \
		nsec_t end_ = aoe_now() + LIMIT;                               \
                                                                               \
		while (!(condition)) {                                         \
			if (aoe_now() > end_)                                  \
				fail_msg("never: %s", #condition);             \
			turn(b, 20);                                           \
		}                                                              \
	} while (0)

static bool is_up(struct bench *b)
{
	struct engine_device_info info;

	b->dev = aoe_find(b->aoe, disk_addr);
	if (!b->dev)
		return false;
	engine_device_info(b->dev, &info);
	return info.state == ENGINE_DEVICE_UP;
}

static struct aoe_port_info port_info(struct bench *b)
{
	struct aoe_port_info info;

	assert_true(aoe_port(b->aoe, 0, &info));
	return info;
}

static void done(struct aoe_request *rq, int error)
{
	struct bench *b = container_of(rq, struct bench, rq);

	assert_true(b->busy);
	b->busy = false;
	b->error = error;
}

static void submit_some(struct bench *b, uint64_t offset, size_t length)
{
	memset(b->buf, 0, sizeof(b->buf));
	b->rq = (struct aoe_request){
	    .op = AOE_READ,
	    .offset = offset,
	    .length = length,
	    .buf = b->buf,
	    .done = done,
	};
	b->busy = true;
	assert_int_equal(aoe_submit(b->aoe, b->dev, &b->rq), 0);
	aoe_flush_tx(b->aoe);
}

static void submit(struct bench *b, uint64_t offset)
{
	submit_some(b, offset, READ);
}

static void check_data(struct bench *b)
{
	assert_int_equal(b->error, 0);
	for (uint64_t s = 0; s < b->rq.length / 512; s++)
		for (unsigned i = 0; i < 64; i++) {
			uint64_t v;

			memcpy(&v, b->buf + s * 512 + i * 8, 8);
			assert_int_equal(v, pattern(b->rq.offset / 512 + s, i));
		}
}

static void read_and_check(struct bench *b)
{
	submit(b, DISK - READ);
	until(b, !b->busy);
	check_data(b);
}

static void start(struct bench *b, const char *interface)
{
	if (open_client(b, interface))
		fail_msg("%s", b->why);
	assert_int_equal(aoe_expect(b->aoe, disk_addr), 0);
	until(b, is_up(b));
	assert_int_equal(aoe_open(b->aoe, b->dev, false), 0);
}

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
	    NET(deleted_and_made_again),
	    NET(renamed),
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
