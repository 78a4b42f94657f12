/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Talks to a daemon's control socket, well or badly:
 *
 *	control_client PATH ask LINE	prints the answer
 *	control_client PATH garbage N	N random bytes, until it is dropped
 *	control_client PATH slow	asks and reads nothing, until it is
 *					dropped
 *	control_client PATH crowd N	N times at once, silent until dropped
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CROWD 64

static void die(const char *what)
{
	fprintf(stderr, "control_client: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int enter(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sun, sizeof(sun)))
		die(path);
	return fd;
}

/* True when the other side has closed within 15 s. */
static int dropped(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLRDHUP};

	return poll(&p, 1, 15000) == 1;
}

static int ask(int fd, const char *line)
{
	char c = 0;

	if (dprintf(fd, "%s\n", line) < 0)
		die("send");
	while (c != '\n') {
		if (read(fd, &c, 1) != 1)
			die("no answer");
		putchar(c);
	}
	return 0;
}

static int garbage(int fd, long count)
{
	unsigned char bytes[512];
	ssize_t n;

	while (count > 0) {
		if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
			die("getrandom");
		n = send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
		if (n < 0)
			return 0;
		count -= n;
		/* Answers to what happened to be lines. */
		recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	}
	return !dropped(fd);
}

static int slow(int fd)
{
	static const char line[] = "{\"cmd\":\"stats\"}\n";
	struct timespec pause = {.tv_nsec = 1000000};
	int full = 0;

	/* Nothing more fits for a while: its answers are in the way. */
	while (full < 500) {
		if (send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL) >
		    0) {
			full = 0;
			continue;
		}
		if (errno != EAGAIN)
			die("send");
		full++;
		nanosleep(&pause, NULL);
	}
	puts("full");
	fflush(stdout);
	return !dropped(fd);
}

static int crowd(const char *path, int count)
{
	int fds[CROWD], i;

	if (count > CROWD)
		return 2;
	for (i = 0; i < count; i++)
		fds[i] = enter(path);
	puts("in");
	fflush(stdout);
	for (i = 0; i < count; i++)
		if (!dropped(fds[i]))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";

	if (argc == 4 && !strcmp(what, "ask"))
		return ask(enter(argv[1]), argv[3]);
	if (argc == 4 && !strcmp(what, "garbage"))
		return garbage(enter(argv[1]), atol(argv[3]));
	if (argc == 3 && !strcmp(what, "slow"))
		return slow(enter(argv[1]));
	if (argc == 4 && !strcmp(what, "crowd"))
		return crowd(argv[1], atoi(argv[3]));
	fputs(
	    "usage: control_client PATH ask|garbage|slow|crowd ...\n", stderr);
	return 2;
}
