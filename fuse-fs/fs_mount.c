/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_mount.h"

#include <errno.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define READY_MADE "/dev/fd/"

extern char **environ;

/* For users without the right to unmount. */
static int run_fusermount(const char *path)
{
	const char *const argv[] = {
	    "fusermount3", "-u", "-q", "-z", "--", path, NULL};
	int status;
	pid_t pid;

	/* It takes pointers to what it does not change. */
	if (posix_spawnp(&pid, argv[0], NULL, NULL,
		(char *const *)(uintptr_t)argv, environ))
		return -1;
	if (waitpid(pid, &status, 0) < 0)
		return -1;
	return status ? -1 : 0;
}

static void detach(const struct log *log, const char *path)
{
	if (umount2(path, MNT_DETACH) && run_fusermount(path))
		return;
	log_msg(log, LOG_LEVEL_WARN, NULL,
	    "%s: a mount that nobody served any more has been replaced", path);
}

char *fs_mount_directory(
    const struct log *log, const char *path, bool *single, char *why)
{
	char *place;
	struct stat st;

	*single = false;
	if (!strncmp(path, READY_MADE, strlen(READY_MADE)))
		return strdup(path);
	if (stat(path, &st) && errno == ENOTCONN)
		detach(log, path);
	place = realpath(path, NULL);
	if (!place || stat(place, &st)) {
		snprintf(why, FS_MOUNT_WHY, "%.128s: %s%s", path,
		    strerror(errno),
		    errno == ENOTCONN ? "; unmount it: fusermount3 -u -z" : "");
		free(place);
		return NULL;
	}
	*single = S_ISREG(st.st_mode);
	if (!*single && !S_ISDIR(st.st_mode)) {
		snprintf(why, FS_MOUNT_WHY,
		    "%.128s: neither a folder nor a file", path);
		free(place);
		return NULL;
	}
	return place;
}
