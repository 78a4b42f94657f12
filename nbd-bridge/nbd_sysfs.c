/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/addr.h"
#include "common/opts.h"
#include "nbd-bridge/nbd_sysfs.h"

#define BLOCK_DIR "/sys/block"
#define SECTOR 512u

int nbd_sysfs_parse(const char *text, unsigned *index, char *why)
{
	const char *digits = text;
	char reason[OPTS_WHY];
	uint64_t value;

	if (!strncmp(digits, "/dev/", 5))
		digits += 5;
	if (!strncmp(digits, "nbd", 3))
		digits += 3;
	else if (digits != text)
		digits = "";
	if (!isdigit((unsigned char)*digits) ||
	    opts_number(
		"device", digits, 0, NBD_SYSFS_INDEX_MAX, &value, reason)) {
		snprintf(why, NBD_SYSFS_USER,
		    "'%.64s' is no NBD device: give /dev/nbdN, nbdN or N (0 "
		    "to %u)",
		    text, NBD_SYSFS_INDEX_MAX);
		return -EINVAL;
	}
	*index = (unsigned)value;
	return 0;
}

char *nbd_sysfs_node(unsigned index, char *buf)
{
	snprintf(buf, NBD_SYSFS_NODE, "/dev/nbd%u", index);
	return buf;
}

/* One attribute's first line, without its newline. 0 or -errno. */
static int read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	error = errno;
	close(fd);
	if (n < 0)
		return -error;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

static int read_attribute(
    unsigned index, const char *name, char *buf, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), BLOCK_DIR "/nbd%u/%s", index, name);
	return read_file(path, buf, size);
}

int64_t nbd_sysfs_number(unsigned index, const char *name)
{
	char text[32], why[OPTS_WHY];
	uint64_t value;
	int rc = read_attribute(index, name, text, sizeof(text));

	if (rc < 0)
		return rc;
	rc = opts_number(name, text, 0, INT64_MAX, &value, why);
	return rc < 0 ? rc : (int64_t)value;
}

int nbd_sysfs_write(unsigned index, const char *name, const char *value)
{
	size_t len = strlen(value);
	char path[128];
	int fd, rc = 0;

	snprintf(path, sizeof(path), BLOCK_DIR "/nbd%u/%s", index, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, value, len) != (ssize_t)len)
		rc = -errno;
	close(fd);
	return rc;
}

int nbd_sysfs_read(unsigned index, struct nbd_sysfs *out)
{
	int64_t sectors = nbd_sysfs_number(index, "size"), pid;

	*out = (struct nbd_sysfs){0};
	if (sectors < 0)
		return (int)sectors;
	out->size = (uint64_t)sectors * SECTOR;
	out->read_only = nbd_sysfs_number(index, "ro") == 1;
	pid = nbd_sysfs_number(index, "pid");
	out->connected = pid >= 0;
	out->pid = pid > 0 ? (int)pid : 0;
	if (read_attribute(
		index, "backend", out->backend, sizeof(out->backend)))
		out->backend[0] = '\0';
	return 0;
}

int nbd_sysfs_next(unsigned from, unsigned *index)
{
	DIR *dir = opendir(BLOCK_DIR);
	char why[NBD_SYSFS_USER];
	struct dirent *entry;
	bool found = false;
	unsigned i;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, "nbd", 3) ||
		    nbd_sysfs_parse(entry->d_name, &i, why) || i < from ||
		    (found && i > *index))
			continue;
		*index = i;
		found = true;
	}
	closedir(dir);
	return found ? 0 : -ENOENT;
}

int nbd_sysfs_find(const char *backend, unsigned *index)
{
	struct nbd_sysfs s;

	for (*index = 0; !nbd_sysfs_next(*index, index); ++*index) {
		if (!nbd_sysfs_read(*index, &s) && s.connected &&
		    !strcmp(s.backend, backend))
			return 0;
	}
	return -ENOENT;
}
