/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/daemon/daemon.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "aoe-user/daemon/control_socket.h"
#include "aoe-user/io/clock.h"

#define LIMIT NSEC_SEC
#define STEP (64u << 10)
#define ANSWER_MAX (64u << 20) /* thousands of disks with all their paths */

struct answer {
	char *text;
	size_t len, size;
};

/* Until the descriptor is ready. 0, or -ETIMEDOUT. */
static int wait_ready(int fd, short events, nsec_t until)
{
	struct pollfd p = {.fd = fd, .events = events};
	nsec_t left;
	int n;

	do {
		left = nsec_since(clock_now(), until);
		n = poll(&p, 1, (int)((left + NSEC_MS - 1) / NSEC_MS));
	} while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : n < 0 ? -errno : -ETIMEDOUT;
}

static int send_line(int fd, const char *line, nsec_t until)
{
	size_t len = strlen(line);
	int error = wait_ready(fd, POLLOUT, until);

	/* It is short, and the socket is empty: it fits or nothing does. */
	if (error)
		return error;
	if (send(fd, line, len, MSG_NOSIGNAL) != (ssize_t)len ||
	    send(fd, "\n", 1, MSG_NOSIGNAL) != 1)
		return -EPIPE;
	return 0;
}

static int make_room(struct answer *a)
{
	char *more;

	if (a->size - a->len >= STEP)
		return 0;
	if (a->size >= ANSWER_MAX)
		return -EFBIG;
	more = realloc(a->text, 2 * a->size + STEP);
	if (!more)
		return -ENOMEM;
	a->text = more;
	a->size = 2 * a->size + STEP;
	return 0;
}

/* To the newline, which is left out. */
static int receive_line(int fd, struct answer *a, nsec_t until)
{
	ssize_t n;
	int error;

	do {
		error = make_room(a);
		if (!error)
			error = wait_ready(fd, POLLIN, until);
		if (error)
			return error;
		n = recv(fd, a->text + a->len, a->size - a->len, 0);
		if (n <= 0)
			return n ? -errno : -EPIPE;
		a->len += (size_t)n;
	} while (a->text[a->len - 1] != '\n');
	a->len--;
	return 0;
}

static int ask(const struct daemon_asker *asker, int fd, struct answer *a)
{
	nsec_t until = nsec_add(clock_now(), LIMIT);
	int error = send_line(fd, asker->request, until);

	return error ? error : receive_line(fd, a, until);
}

static void ask_one(void *ctx, const char *path, int pid)
{
	const struct daemon_asker *asker = ctx;
	struct answer a = {.text = NULL};
	struct json_value *v = NULL;
	int fd = control_socket_connect(path, pid), error;

	/* Left by one that was killed, or by one that is just leaving. */
	if (fd == -ECONNREFUSED || fd == -ENOENT)
		return;
	error = fd < 0 ? fd : ask(asker, fd, &a);
	if (!error) {
		v = json_parse(a.text, a.len);
		error = v ? 0 : -EPROTO;
	}
	if (error)
		asker->failed(asker->ctx, pid, error);
	else
		asker->answered(asker->ctx, pid, v);
	json_value_free(v);
	free(a.text);
	if (fd >= 0)
		close(fd);
}

void daemon_ask(const struct daemon_asker *asker)
{
	int error =
	    control_socket_each(asker->dir, ask_one, (void *)(uintptr_t)asker);

	if (error)
		asker->failed(asker->ctx, 0, error);
}
