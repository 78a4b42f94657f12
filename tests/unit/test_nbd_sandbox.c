/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a client still does in the sandbox: it reads, follows its interface
 * through another MTU, down and up, and being deleted and made again, and
 * answers those who ask. Each test has a process of its own, for nothing leads
 * out of there.
 */
#include <sys/syscall.h>
#include <sys/socket.h>
#include "aoe-user/daemon/control.h"
#include "aoe-user/daemon/control_socket.h"
#include "nbd-bridge/nbd_sandbox.h"
#include "tests/unit/client_rig.h"

/* A process outside that changes the network when it is told to. */
struct hand {
	int to, from;
};

static void make_again(struct bench *b)
{
	stop_target(b);
	net_run("ip link del eth0");
	net_run("ip link add other0 type bridge"); /* takes its index */
	net_pair();
	start_target(b);
}

static void hand_work(struct bench *b, int from, int to)
{
	char c;

	while (read(from, &c, 1) == 1) {
		if (c == 'm')
			net_run("ip link set tgt0 mtu 9000 && "
				"ip link set eth0 mtu 9000");
		else if (c == 'd')
			net_run("ip link set eth0 down");
		else if (c == 'u')
			net_run("ip link set eth0 up");
		else
			make_again(b);
		if (write(to, &c, 1) != 1)
			break;
	}
	stop_target(b);
	unlink(b->disk);
	_exit(0);
}

static struct hand hand_new(struct bench *b)
{
	int to[2], from[2];
	pid_t pid;

	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(from), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(to[1]);
		hand_work(b, to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	return (struct hand){.to = to[1], .from = from[0]};
}

static void hand_do(struct hand *h, char c)
{
	assert_int_equal(write(h->to, &c, 1), 1);
	assert_int_equal(read(h->from, &c, 1), 1);
}

static bool port_eth0(struct bench *b, struct aoe_port_info *info)
{
	for (unsigned n = 0; aoe_port(b->aoe, n, info); n++)
		if (!strcmp(info->name, "eth0"))
			return true;
	return false;
}

static void follows(void **state, const char *interface)
{
	struct bench *b = bench_new(state);
	struct hand h = hand_new(b);
	struct aoe_port_info p;
	unsigned before;

	start(b, interface);
	assert_int_equal(nbd_sandbox_enter(), 0);
	assert_int_equal(socket(AF_PACKET, SOCK_RAW, 0), -1);
	assert_int_equal(errno, EPERM);
	read_and_check(b);

	hand_do(&h, 'm');
	until(b, port_eth0(b, &p) && p.mtu == 9000);
	read_and_check(b);

	hand_do(&h, 'd');
	until(b, port_eth0(b, &p) && !p.up);
	hand_do(&h, 'u');
	until(b, port_eth0(b, &p) && p.up);
	read_and_check(b);

	before = p.ifindex;
	hand_do(&h, 'r');
	until(b, port_eth0(b, &p) && p.up && p.ifindex != before);
	read_and_check(b);
	aoe_free(b->aoe);
	free(b);
}

static void follows_a_named_interface(void **state)
{
	follows(state, "eth0");
}

static void follows_every_interface(void **state)
{
	follows(state, NULL);
}

static bool hear(int fd, char *text, size_t size)
{
	size_t len = strlen(text);
	ssize_t n = recv(fd, text + len, size - len - 1, MSG_DONTWAIT);

	if (n > 0)
		text[len + (size_t)n] = '\0';
	return strchr(text, '\n');
}

static void answers_questions(void **state)
{
	static const char ask[] = "{\"cmd\":\"stats\"}\n";
	static char text[16384];
	struct bench *b = bench_new(state);
	char dir[] = "/tmp/sandboxXXXXXX";
	struct control_config config = {.program = "test", .pid = 1};
	struct control_socket s;
	struct control *c;
	int fd;

	hand_new(b); /* ends the target when we end */
	assert_non_null(mkdtemp(dir));
	control_socket_open(&s, dir, NULL);
	config.fd = s.sock.fd;
	start(b, "eth0");
	assert_int_equal(control_new(&c, b->aoe, &config), 0);
	fd = control_socket_connect(s.path, getpid());
	assert_true(fd >= 0);
	/* From inside it could not be removed. */
	assert_int_equal(unlink(s.path), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(nbd_sandbox_enter(), 0);
	assert_int_equal(unlink(b->disk), -1);
	assert_int_equal(send(fd, ask, strlen(ask), 0), strlen(ask));
	until(b, (control_dispatch(c), hear(fd, text, sizeof(text))));
	assert_non_null(strstr(text, "{\"program\":\"test\",\"pid\":1,"));
	assert_non_null(strstr(text, "\"device\":\"e1.0\",\"state\":\"up\""));
	control_free(c);
	aoe_free(b->aoe);
	free(b);
}

/* The exit status of a group with this test alone. */
static int run_apart(const struct CMUnitTest *test)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		const struct CMUnitTest tests[] = {*test};

		status = cmocka_run_group_tests(tests, net_setup, NULL);
		fflush(NULL);
		/* At any other end a sanitizer wants more than is allowed. */
		syscall(SYS_exit_group, status);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status)
		   ? WEXITSTATUS(status)
		   : 1;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(follows_a_named_interface),
	    cmocka_unit_test(follows_every_interface),
	    cmocka_unit_test(answers_questions),
	};
	int failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		failed |= run_apart(&tests[i]);
	return failed;
}
