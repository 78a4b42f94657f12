/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "nbd-bridge/nbd_users.h"

bool nbd_users_is_part(const char *name, unsigned index)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;
	char disk[16];
	size_t len;

	snprintf(disk, sizeof(disk), "nbd%u", index);
	len = strlen(disk);
	if (strncmp(base, disk, len))
		return false;
	base += len;
	if (!*base)
		return true;
	return base[0] == 'p' && base[1] &&
	       base[1 + strspn(base + 1, "0123456789")] == '\0';
}

/* mountinfo writes blanks and backslashes as three octal digits. */
static void unescape(char *out, size_t size, const char *in, size_t len)
{
	size_t i = 0, n = 0;

	while (i < len && n + 1 < size) {
		if (in[i] == '\\' && len - i >= 4 && in[i + 1] >= '0' &&
		    in[i + 1] <= '3' && in[i + 2] >= '0' && in[i + 2] <= '7' &&
		    in[i + 3] >= '0' && in[i + 3] <= '7') {
			out[n++] =
			    (char)((in[i + 1] - '0') << 6 |
				   (in[i + 2] - '0') << 3 | (in[i + 3] - '0'));
			i += 4;
		} else {
			out[n++] = in[i++];
		}
	}
	out[n] = '\0';
}

/* The next word of a line; its length, 0 at the end. */
static size_t next_word(const char **p)
{
	*p += strspn(*p, " \t\n");
	return strcspn(*p, " \t\n");
}

/*
 * "36 35 43:1 / /mnt rw,noatime shared:1 - ext4 /dev/nbd0p1 rw": words 3 and 5,
 * and the second after the lone dash that ends the optional ones.
 */
bool nbd_users_parse_mount(const char *line, struct nbd_users_mount *out)
{
	unsigned word, after_dash = 0;
	bool dash = false;
	size_t len;

	*out = (struct nbd_users_mount){.numbers = ""};
	for (word = 1; (len = next_word(&line)); word++, line += len) {
		if (word == 3)
			unescape(out->numbers, sizeof(out->numbers), line, len);
		else if (word == 5)
			unescape(out->where, sizeof(out->where), line, len);
		else if (dash && ++after_dash == 2)
			unescape(out->source, sizeof(out->source), line, len);
		else if (word > 6 && !dash)
			dash = len == 1 && *line == '-';
	}
	return out->source[0] != '\0';
}

/* The kernel has a link for each pair of numbers: 43:1 -> ../nbd0/nbd0p1. */
static bool numbers_are_part(const char *numbers, unsigned index)
{
	char path[64], target[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/dev/block/%s", numbers);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return false;
	target[n] = '\0';
	return nbd_users_is_part(target, index);
}

/* Some filesystems (btrfs) have numbers of their own: ask the source too. */
static bool mount_uses(const char *line, unsigned index, char *text)
{
	struct nbd_users_mount m;

	if (!nbd_users_parse_mount(line, &m))
		return false;
	if (!numbers_are_part(m.numbers, index) &&
	    (strncmp(m.source, "/dev/", 5) ||
		!nbd_users_is_part(m.source, index)))
		return false;
	snprintf(
	    text, NBD_USERS_TEXT, "%s is mounted on %s", m.source, m.where);
	return true;
}

static bool swap_uses(const char *line, unsigned index, char *text)
{
	size_t len = next_word(&line);
	char source[64];

	unescape(source, sizeof(source), line, len);
	if (strncmp(source, "/dev/", 5) || !nbd_users_is_part(source, index))
		return false;
	snprintf(text, NBD_USERS_TEXT, "%s is used for swap", source);
	return true;
}

static int search_lines(const char *path,
    bool (*uses)(const char *line, unsigned index, char *text), unsigned index,
    char *text)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int found = 0;

	/* A kernel without swap has no /proc/swaps. */
	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (!found && getline(&line, &size, f) >= 0)
		found = uses(line, index, text);
	free(line);
	fclose(f);
	return found;
}

/* The first entry of /sys/block/<path>/holders. */
static bool has_holder(const char *path, const char *name, char *text)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(text, NBD_USERS_TEXT,
		    "/dev/%.40s is used by /dev/%.200s", name, entry->d_name);
		found = true;
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool find_holder(unsigned index, char *text)
{
	char base[64], path[384], name[16];
	struct dirent *entry;
	bool found;
	DIR *dir;

	snprintf(name, sizeof(name), "nbd%u", index);
	snprintf(base, sizeof(base), "/sys/block/%s", name);
	snprintf(path, sizeof(path), "%s/holders", base);
	found = has_holder(path, name, text);
	dir = opendir(base);
	while (dir && !found && (entry = readdir(dir))) {
		if (!strncmp(entry->d_name, name, strlen(name)) &&
		    nbd_users_is_part(entry->d_name, index)) {
			snprintf(path, sizeof(path), "%s/%s/holders", base,
			    entry->d_name);
			found = has_holder(path, entry->d_name, text);
		}
	}
	if (dir)
		closedir(dir);
	return found;
}

int nbd_users_find(unsigned index, char *text)
{
	int rc = search_lines("/proc/self/mountinfo", mount_uses, index, text);

	if (!rc)
		rc = search_lines("/proc/swaps", swap_uses, index, text);
	if (!rc)
		rc = find_holder(index, text);
	return rc;
}
