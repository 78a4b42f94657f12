/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The control socket of a client: who asks is answered, who misbehaves is
 * dropped, and nobody holds the client up.
 */
#include <dirent.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "aoe-user/daemon/control_line.h"
#include "aoe-user/daemon/control_socket.h"
#include "aoe-user/daemon/daemon.h"
#include "aoe-user/daemon/control.h"
#include "common/json.h"
#include "tests/unit/client_rig.h"

struct room {
	struct bench bench;
	struct control_socket socket;
	struct control *control;
	char dir[64];
};

static void describe(void *ctx, struct json *j)
{
	json_put_text(j, "serves", ctx);
}

static struct room *room_new(void **state)
{
	struct room *r;
	const char *tmp = getenv("TMPDIR");
	struct control_config config = {
	    .program = "aoe-test",
	    .pid = 4711,
	    .describe = describe,
	    .ctx = (void *)(uintptr_t) "something",
	};

	net_need(state);
	r = calloc(1, sizeof(*r));
	assert_non_null(r);
	snprintf(r->dir, sizeof(r->dir), "%.40s/ctlXXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(r->dir));
	control_socket_open(&r->socket, r->dir, NULL);
	assert_true(r->socket.sock.fd >= 0);
	if (open_client(&r->bench, "eth0"))
		fail_msg("%s", r->bench.why);
	config.fd = r->socket.sock.fd;
	assert_int_equal(control_new(&r->control, r->bench.aoe, &config), 0);
	return r;
}

static void room_free(struct room *r)
{
	control_free(r->control);
	aoe_free(r->bench.aoe);
	control_socket_close(&r->socket);
	assert_int_equal(rmdir(r->dir), 0);
	free(r);
}

/* As turn(), for those who ask as well. */
static void room_turn(struct room *r, int ms)
{
	struct pollfd pfd[2] = {
	    {.fd = control_fd(r->control), .events = POLLIN},
	    {.fd = aoe_get_fd(r->bench.aoe), .events = POLLIN},
	};

	if (poll(pfd, 2, ms) <= 0)
		return;
	if (pfd[0].revents)
		control_dispatch(r->control);
	assert_int_equal(aoe_dispatch(r->bench.aoe), 0);
	r->bench.turns++;
}

static int enter(struct room *r)
{
	int fd = control_socket_connect(r->socket.path, getpid());

	assert_true(fd >= 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(
	    send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Takes what is there, up to a newline; true behind that, or at the end. */
static bool hear_some(int fd, char *text, size_t *len)
{
	ssize_t n;

	while ((n = recv(fd, text + *len, 1, MSG_DONTWAIT)) == 1)
		if (text[(*len)++] == '\n')
			return true;
	return n == 0 || (errno != EAGAIN && errno != EINTR);
}

/* What comes until the newline or the end; "" for the end alone. */
static char *hear(struct room *r, int fd)
{
	static char text[1 << 20];
	nsec_t end = aoe_now() + LIMIT;
	size_t len = 0;

	while (!hear_some(fd, text, &len)) {
		assert_true(aoe_now() < end);
		room_turn(r, 20);
	}
	text[len] = '\0';
	return text;
}

static bool ended(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT) == 0 ||
	       (errno != EAGAIN && errno != EINTR);
}

static void asks_and_is_answered(void **state)
{
	struct room *r = room_new(state);
	int fd = enter(r);
	struct stat st;
	char *text;

	assert_int_equal(stat(r->socket.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	say(fd, "{\"cmd\":\"stats\"}\n");
	text = hear(r, fd);
	assert_non_null(strstr(text,
	    "{\"program\":\"aoe-test\",\"pid\":4711,\"serves\":\"something\","
	    "\"counters\":{"));
	assert_non_null(strstr(text, "\"port\":\"eth0\""));
	assert_non_null(strstr(text, "\"devices\":[]}\n"));
	say(fd, "{\"cmd\":\"paths\"}\n");
	assert_string_equal(hear(r, fd),
	    "{\"program\":\"aoe-test\",\"pid\":4711,\"devices\":[]}\n");
	say(fd, "{\"cmd\":\"rediscover\"}\n");
	assert_string_equal(hear(r, fd), "{\"ok\":true}\n");
	say(fd, "{\"cmd\":\"forget\",\"device\":\"e9.9\"}\n");
	assert_string_equal(
	    hear(r, fd), "{\"error\":\"no such disk is known\"}\n");
	say(fd, "nonsense\n");
	assert_non_null(strstr(hear(r, fd), "{\"error\":\"a request is"));
	/* Several at once, in pieces, and nobody who waits for the answer. */
	say(fd, "{\"cmd\":\"rediscover\"}\n\n{\"cmd\"");
	say(fd, ":\"rediscover\"}\n{\"cmd\":\"rediscover\"}\n");
	assert_string_equal(hear(r, fd), "{\"ok\":true}\n");
	assert_non_null(strstr(hear(r, fd), "error"));
	assert_string_equal(hear(r, fd), "{\"ok\":true}\n");
	assert_string_equal(hear(r, fd), "{\"ok\":true}\n");
	close(fd);
	room_free(r);
}

static void a_disk_in_use_is_kept(void **state)
{
	struct room *r;
	struct bench *b = bench_new(state);
	int fd;

	r = room_new(state);
	assert_int_equal(aoe_expect(r->bench.aoe, disk_addr), 0);
	until(&r->bench, is_up(&r->bench));
	assert_int_equal(aoe_open(r->bench.aoe, r->bench.dev, false), 0);
	fd = enter(r);
	say(fd, "{\"cmd\":\"forget\",\"device\":\"e1.0\"}\n");
	assert_string_equal(
	    hear(r, fd), "{\"error\":\"the disk is in use\"}\n");
	aoe_close(r->bench.aoe, r->bench.dev);
	stop_target(b); /* else it is back at once */
	say(fd, "{\"cmd\":\"forget\",\"device\":\"e1.0\"}\n");
	assert_string_equal(hear(r, fd), "{\"ok\":true}\n");
	until(&r->bench, !aoe_find(r->bench.aoe, disk_addr));
	close(fd);
	room_free(r);
	bench_free(b);
}

static void a_long_line_ends_it(void **state)
{
	struct room *r = room_new(state);
	int fd = enter(r);
	char line[CONTROL_LINE_MAX + 1];

	memset(line, ' ', sizeof(line));
	line[CONTROL_LINE_MAX] = '\0';
	/* The longest that is allowed ... */
	memcpy(line, "{\"cmd\":\"rediscover\"}", 20);
	line[CONTROL_LINE_MAX - 1] = '\n';
	say(fd, line);
	assert_string_equal(hear(r, fd), "{\"ok\":true}\n");
	/* ... and one more. */
	line[CONTROL_LINE_MAX - 1] = ' ';
	say(fd, line);
	assert_string_equal(
	    hear(r, fd), "{\"error\":\"the line is too long\"}\n");
	assert_true(ended(fd)); /* at once, not when its time is over */
	close(fd);
	room_free(r);
}

static void a_crowd_waits_for_places(void **state)
{
	struct room *r = room_new(state);
	int fd[CONTROL_CLIENTS], late;

	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		fd[i] = enter(r);
		say(fd[i], "{\"cmd\":\"rediscover\"}\n");
		assert_string_equal(hear(r, fd[i]), "{\"ok\":true}\n");
	}
	late = enter(r);
	say(late, "{\"cmd\":\"rediscover\"}\n");
	r->bench.turns = 0;
	for (nsec_t end = aoe_now() + 200 * NSEC_MS; aoe_now() < end;)
		room_turn(r, 20);
	assert_in_range(r->bench.turns, 0, 50); /* it does not spin */
	assert_false(ended(late));
	assert_int_equal(errno, EAGAIN);
	close(fd[3]);
	assert_string_equal(hear(r, late), "{\"ok\":true}\n");
	/* Those who say nothing make room in the end. */
	control_tick(r->control, aoe_now() + CONTROL_TIME);
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		if (i == 3)
			continue;
		assert_true(ended(fd[i]));
		close(fd[i]);
	}
	close(late);
	room_free(r);
}

/* Asks until its answers fill the socket, and takes none of them. */
static void a_slow_reader_is_dropped(void **state)
{
	struct room *r = room_new(state);
	static const char ask[] = "{\"cmd\":\"stats\"}\n";
	int fd = enter(r), other = enter(r);
	ssize_t n;
	unsigned i;

	for (i = 0; i < 1000000; i++) {
		n = send(fd, ask, strlen(ask), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0)
			break;
		room_turn(r, 0);
	}
	assert_true(n < 0 && errno == EAGAIN);
	/* Others are answered meanwhile, and the client is idle. */
	say(other, "{\"cmd\":\"rediscover\"}\n");
	assert_string_equal(hear(r, other), "{\"ok\":true}\n");
	assert_true(control_deadline(r->control) <= aoe_now() + CONTROL_TIME);
	control_tick(r->control, aoe_now() + CONTROL_TIME);
	assert_int_equal(send(fd, ask, strlen(ask), MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(control_deadline(r->control), NSEC_NEVER);
	close(fd);
	close(other);
	room_free(r);
}

/* ---- the folder ---- */

static char seen[256];

static void note(void *ctx, const char *path, int pid)
{
	(void)ctx;
	(void)path;
	sprintf(seen + strlen(seen), "%d ", pid);
}

static void leave(const char *dir, const char *name, bool socket)
{
	char path[128], why[UNIXSOCK_WHY];
	struct unixsock s;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (!socket) {
		f = fopen(path, "w");
		assert_non_null(f);
		fclose(f);
		return;
	}
	assert_int_equal(unixsock_listen(&s, path, why), 0);
	close(s.fd);
}

static pid_t dead_pid(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid;
}

static void what_killed_ones_left(void **state)
{
	struct room *r = room_new(state);
	char dead[32], want[64], path[128];
	pid_t pid = dead_pid();

	snprintf(dead, sizeof(dead), "%d.sock", pid);
	snprintf(path, sizeof(path), "%s/%s", r->dir, dead);
	leave(r->dir, dead, true);
	leave(r->dir, "0.sock", false);
	leave(r->dir, "12x.sock", false);
	leave(r->dir, "99999999999.sock", false);
	leave(r->dir, "1.socket", false);
	leave(r->dir, "1.sock", true); /* lives: about to listen? */
	*seen = '\0';
	assert_int_equal(control_socket_each(r->dir, note, NULL), 0);
	snprintf(want, sizeof(want), "1 %d %d ",
	    pid < r->socket.pid ? pid : r->socket.pid,
	    pid < r->socket.pid ? r->socket.pid : pid);
	assert_string_equal(seen, want);
	/* The next daemon to start removes it, and nothing else. */
	control_socket_close(&r->socket);
	control_socket_open(&r->socket, r->dir, NULL);
	assert_int_equal(access(path, F_OK), -1);
	for (unsigned i = 0; i < 5; i++) {
		static const char *const kept[] = {"0.sock", "12x.sock",
		    "99999999999.sock", "1.socket", "1.sock"};

		snprintf(path, sizeof(path), "%s/%s", r->dir, kept[i]);
		assert_int_equal(unlink(path), 0);
	}
	room_free(r);
}

static void goes_on_without(void **state)
{
	struct control_socket s;

	(void)state;
	control_socket_open(&s, NULL, NULL);
	assert_int_equal(s.sock.fd, -1);
	control_socket_close(&s);
	control_socket_open(&s, "/proc/nowhere", NULL);
	assert_int_equal(s.sock.fd, -1);
	control_socket_close(&s);
	control_socket_open(&s,
	    "/tmp/"
	    "012345678901234567890123456789012345678901234567890123456789012345"
	    "6"
	    "789012345678901234567890123456789",
	    NULL);
	assert_int_equal(s.sock.fd, -1);
	assert_int_equal(rmdir("/tmp/01234567890123456789012345678901234567890"
			       "1234567890123456789012345678901234567890123456"
			       "7890123456789"),
	    0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(asks_and_is_answered, net_setup),
	    cmocka_unit_test_setup(a_disk_in_use_is_kept, net_setup),
	    cmocka_unit_test_setup(a_long_line_ends_it, net_setup),
	    cmocka_unit_test_setup(a_crowd_waits_for_places, net_setup),
	    cmocka_unit_test_setup(a_slow_reader_is_dropped, net_setup),
	    cmocka_unit_test_setup(what_killed_ones_left, net_setup),
	    cmocka_unit_test(goes_on_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
