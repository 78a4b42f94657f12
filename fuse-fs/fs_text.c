/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "aoe-user/daemon/report.h"

#define LINE 128

static int put_bytes(const void *bytes, size_t length, char **text, size_t *out)
{
	*text = malloc(length ? length : 1);
	if (!*text)
		return ENOMEM;
	if (length)
		memcpy(*text, bytes, length);
	*out = length;
	return 0;
}

static int put_line(const void *bytes, size_t length, char **text, size_t *out)
{
	*text = malloc(length + 1);
	if (!*text)
		return ENOMEM;
	if (length)
		memcpy(*text, bytes, length);
	(*text)[length] = '\n';
	*out = length + 1;
	return 0;
}

static int put_string(const char *from, char **text, size_t *out)
{
	return put_line(from, strlen(from), text, out);
}

static int put_size(uint64_t bytes, char **text, size_t *out)
{
	char line[LINE];

	snprintf(line, sizeof(line), "%" PRIu64, bytes);
	return put_string(line, text, out);
}

static int put_json(struct fs *fs, const struct device *dev, bool counters,
    char **text, size_t *out)
{
	struct json *j = json_new();
	const char *line;
	int error = ENOMEM;

	if (counters)
		report_put_device(j, fs->aoe, dev);
	else
		report_put_disk(j, fs->aoe, dev);
	json_end(j);
	line = json_text(j);
	if (line)
		error = put_string(line, text, out);
	json_free(j);
	return error;
}

int fs_text(struct fs *fs, struct fs_node node, char **text, size_t *length)
{
	const struct device *dev = aoe_find(fs->aoe, node.disk->addr);
	struct engine_device_info info;

	if (!dev)
		return ENOENT;
	engine_device_info(dev, &info);
	switch (node.kind) {
	case FS_INFO:
		return put_json(fs, dev, false, text, length);
	case FS_STATS:
		return put_json(fs, dev, true, text, length);
	case FS_CONFIG:
		return put_line(info.config, info.config_len, text, length);
	case FS_IDENTIFY:
		return put_bytes(info.identify, info.identify ? WIRE_SECTOR : 0,
		    text, length);
	case FS_MODEL:
		return put_string(info.identity.model, text, length);
	case FS_SERIAL:
		return put_string(info.identity.serial, text, length);
	case FS_SIZE:
		return put_size(info.sectors * WIRE_SECTOR, text, length);
	default:
		return EIO;
	}
}
