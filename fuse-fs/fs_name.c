/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_name.h"

#include <stdio.h>

/* What a target says of itself may hold anything, slashes too. */
static size_t put_clean(char *buf, size_t len, const char *text)
{
	for (; *text && len < FS_NAME - 1; text++) {
		char c = *text;
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '-' || c == '.';

		buf[len++] = plain ? c : '_';
	}
	buf[len] = '\0';
	return len;
}

/* No name can be "." or "..", and none is hidden. */
static void unhide(char *buf)
{
	if (*buf == '.')
		*buf = '_';
}

/* "" when the target does not tell. */
static void serial_name(const struct fs_disk *disk, char *buf)
{
	size_t len = put_clean(buf, 0, disk->id.model);

	if (!*disk->id.serial) {
		*buf = '\0';
		return;
	}
	if (len)
		len = put_clean(buf, len, "_");
	put_clean(buf, len, disk->id.serial);
}

void fs_name_link(struct fs_node node, char *buf)
{
	const struct fs_part *part = fs_disk_part(node.disk, node.part);

	*buf = '\0';
	if (node.kind == FS_SERIAL_LINK)
		serial_name(node.disk, buf);
	else if (part)
		put_clean(buf, 0,
		    node.kind == FS_LABEL_LINK ? part->label : part->uuid);
	unhide(buf);
}

void fs_name_part(unsigned number, char *buf)
{
	snprintf(buf, FS_NAME, "p%u", number);
}
