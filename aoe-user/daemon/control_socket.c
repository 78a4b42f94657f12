/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/daemon/control_socket.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".sock"

/* The process number in "1234.sock"; 0 when it is another name. */
static int name_pid(const char *name)
{
	char *end;
	long pid;

	if (*name < '1' || *name > '9')
		return 0;
	errno = 0;
	pid = strtol(name, &end, 10);
	if (errno || pid > INT_MAX || strcmp(end, SUFFIX))
		return 0;
	return (int)pid;
}

static int is_socket(const struct dirent *d)
{
	return name_pid(d->d_name) > 0;
}

static int compare(const struct dirent **a, const struct dirent **b)
{
	int x = name_pid((*a)->d_name), y = name_pid((*b)->d_name);

	return x < y ? -1 : x > y;
}

static int make_path(const char *dir, int pid, char *path)
{
	int len = snprintf(path, CONTROL_PATH, "%s/%d" SUFFIX, dir, pid);

	return len < CONTROL_PATH ? 0 : -ENAMETOOLONG;
}

int control_socket_each(const char *dir,
    void (*each)(void *ctx, const char *path, int pid), void *ctx)
{
	struct dirent **list;
	char path[CONTROL_PATH];
	int n = scandir(dir, &list, is_socket, compare), i, pid;

	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	for (i = 0; i < n; i++) {
		pid = name_pid(list[i]->d_name);
		if (!make_path(dir, pid, path))
			each(ctx, path, pid);
		free(list[i]);
	}
	free(list);
	return 0;
}

int control_socket_connect(const char *path, int pid)
{
	int fd = unixsock_connect(path);

	/* A process that lives may be about to listen there. */
	if (fd == -ECONNREFUSED && kill(pid, 0) && errno == ESRCH)
		unlink(path);
	return fd;
}

static void sweep(void *ctx, const char *path, int pid)
{
	int fd;

	(void)ctx;
	if (!kill(pid, 0) || errno != ESRCH)
		return;
	fd = control_socket_connect(path, pid);
	if (fd >= 0)
		close(fd);
}

void control_socket_open(
    struct control_socket *s, const char *dir, const struct log *log)
{
	char why[UNIXSOCK_WHY];

	*s = (struct control_socket){.sock.fd = -1, .pid = getpid()};
	if (!dir)
		return;
	if (mkdir(dir, 0755) && errno != EEXIST) {
		log_msg(log, LOG_LEVEL_DEBUG, NULL, "no control socket: %s: %s",
		    dir, strerror(errno));
		return;
	}
	control_socket_each(dir, sweep, NULL);
	if (make_path(dir, s->pid, s->path))
		log_msg(log, LOG_LEVEL_DEBUG, NULL, "no control socket: %s: %s",
		    dir, strerror(ENAMETOOLONG));
	else if (unixsock_listen(&s->sock, s->path, why))
		log_msg(
		    log, LOG_LEVEL_DEBUG, NULL, "no control socket: %s", why);
}

void control_socket_close(struct control_socket *s)
{
	unixsock_close(&s->sock);
}
