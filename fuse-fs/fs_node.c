/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_node.h"

#include <stddef.h>

bool fs_kind_is_dir(enum fs_kind kind)
{
	return kind >= FS_ROOT && kind <= FS_DIR;
}

bool fs_kind_is_link(enum fs_kind kind)
{
	return kind >= FS_SERIAL_LINK && kind <= FS_UUID_LINK;
}

bool fs_kind_is_data(enum fs_kind kind)
{
	return kind == FS_DISK || kind == FS_PART;
}

bool fs_kind_is_writable(enum fs_kind kind)
{
	return fs_kind_is_data(kind) || kind == FS_CONFIG;
}

const struct fs_part *fs_disk_part(const struct fs_disk *disk, unsigned number)
{
	for (unsigned i = 0; i < disk->part_count; i++)
		if (disk->parts[i].number == number)
			return &disk->parts[i];
	return NULL;
}
