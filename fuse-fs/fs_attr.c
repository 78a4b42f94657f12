/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_attr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "fuse-fs/fs_text.h"

#define STAT_BLOCK 512u
#define STATFS_BLOCK 4096u

/* Without a umask, what a disk holds is for its owner and group. */
static mode_t file_mode(const struct fs *fs, enum fs_kind kind)
{
	const struct fs_options *o = fs->options;
	mode_t mode = fs_kind_is_writable(kind) && o->rw ? 0666 : 0444;

	if (o->masked)
		return mode & ~o->umask;
	return fs_kind_is_data(kind) ? mode & 0660 : mode & 0644;
}

static mode_t dir_mode(const struct fs *fs)
{
	return fs->options->masked ? 0555 & ~fs->options->umask : 0555;
}

/*
 * Of an exchanged disk there is none, also for who has it open: the kernel does
 * not say for which handle it asks.
 */
static int data_size(const struct fs *fs, struct fs_node node,
    const struct fs_handle *h, uint64_t *size)
{
	const struct device *dev = aoe_find(fs->aoe, node.disk->addr);
	struct engine_device_info info;

	if (!dev)
		return ENOENT;
	engine_device_info(dev, &info);
	if (info.state == ENGINE_DEVICE_SWAPPED)
		return ESTALE;
	if (h)
		*size = fs_handle_size(h);
	else if (node.kind == FS_PART)
		*size = fs_disk_part(node.disk, node.part)->length;
	else
		*size = info.sectors * WIRE_SECTOR;
	return 0;
}

/* Texts are made to be measured: programs believe a size of 0. */
static int text_size(struct fs *fs, struct fs_node node,
    const struct fs_handle *h, uint64_t *size)
{
	size_t length = 0;
	char *text = NULL;
	int error;

	if (h) {
		*size = fs_handle_size(h);
		return 0;
	}
	error = fs_text(fs, node, &text, &length);
	free(text);
	*size = length;
	return error;
}

int fs_attr(struct fs *fs, struct fs_node node, const struct fs_handle *h,
    struct stat *out)
{
	char target[FS_TARGET];
	uint64_t size = 0;
	int error = 0;

	*out = (struct stat){
	    .st_ino = fs_node_ino(node),
	    .st_nlink = 1,
	    .st_uid = fs->options->uid,
	    .st_gid = fs->options->gid,
	    .st_blksize = FS_BLOCK,
	    .st_atim = fs->born,
	    .st_mtim = fs->born,
	    .st_ctim = fs->born,
	};
	if (fs->single)
		out->st_ino = FUSE_ROOT_ID;
	if (fs_kind_is_dir(node.kind)) {
		out->st_mode = S_IFDIR | dir_mode(fs);
		out->st_nlink = 2;
	} else if (fs_kind_is_link(node.kind)) {
		out->st_mode = S_IFLNK | 0777;
		size = strlen(fs_node_target(node, target));
	} else {
		out->st_mode = S_IFREG | file_mode(fs, node.kind);
		error = fs_kind_is_data(node.kind)
			    ? data_size(fs, node, h, &size)
			    : text_size(fs, node, h, &size);
	}
	out->st_size = (off_t)size;
	out->st_blocks = (blkcnt_t)(size / STAT_BLOCK);
	return error;
}

void fs_attr_total(const struct fs *fs, struct statvfs *out)
{
	struct device *dev = NULL;
	uint64_t sectors = 0;

	while ((dev = aoe_next(fs->aoe, dev))) {
		struct engine_device_info info;

		engine_device_info(dev, &info);
		sectors += info.sectors;
	}
	*out = (struct statvfs){
	    .f_bsize = STATFS_BLOCK,
	    .f_frsize = STATFS_BLOCK,
	    .f_blocks = sectors / (STATFS_BLOCK / WIRE_SECTOR),
	    .f_namemax = FS_NAME - 1,
	};
}
