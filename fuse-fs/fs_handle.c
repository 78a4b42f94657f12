/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_handle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include "fuse-fs/fs_config.h"
#include "fuse-fs/fs_disks.h"
#include "fuse-fs/fs_list.h"
#include "fuse-fs/fs_shown.h"
#include "fuse-fs/fs_text.h"

/* `writes`: to the disk itself, which one process may do (rule 9). */
static int open_device(
    struct fs *fs, struct fs_node node, struct fs_handle *h, bool writes)
{
	struct device *dev = aoe_find(fs->aoe, node.disk->addr);
	int error = dev ? aoe_open(fs->aoe, dev, writes) : -ENOENT;

	if (!error)
		h->dev = dev;
	/* What was found is not what is there now. */
	return error == -EAGAIN || error == -ENOTUNIQ ? ENOENT : -error;
}

static int open_disk(struct fs *fs, struct fs_node node, struct fs_handle *h)
{
	const struct fs_part *part = fs_disk_part(node.disk, node.part);

	h->start = node.kind == FS_PART ? part->start : 0;
	h->size = node.kind == FS_PART ? part->length : UINT64_MAX;
	return open_device(fs, node, h, h->writable);
}

static int open_file(struct fs *fs, struct fs_node node, struct fs_handle *h)
{
	int error;

	if (h->writable && !fs->options->rw)
		return EROFS;
	if (h->writable && !fs_kind_is_writable(node.kind))
		return EACCES;
	if (fs_kind_is_data(node.kind))
		return open_disk(fs, node, h);
	error = fs_text(fs, node, &h->text, &h->length);
	if (!error && h->writable)
		error = fs_config_open(h);
	return error || !h->config ? error : open_device(fs, node, h, false);
}

static int open_dir(struct fs *fs, struct fs_node node, struct fs_handle *h)
{
	h->list = fs_list_new(&fs->tree, node);
	return h->list ? 0 : ENOMEM;
}

int fs_handle_open(
    struct fs *fs, struct fs_node node, int flags, struct fs_handle **out)
{
	struct fs_handle *h = calloc(1, sizeof(*h));
	int error;

	if (!h)
		return ENOMEM;
	h->writable = (flags & O_ACCMODE) != O_RDONLY;
	error = fs_kind_is_dir(node.kind) ? open_dir(fs, node, h)
					  : open_file(fs, node, h);
	if (error) {
		free(h->text);
		free(h);
		return error;
	}
	list_init(&h->closers);
	list_append(&fs->handles, &h->link);
	*out = h;
	return 0;
}

static void handle_free(struct fs_handle *h)
{
	list_del(&h->link);
	fs_list_free(h->list);
	free(h->text);
	free(h);
}

void fs_handle_close(struct fs *fs, struct fs_handle *h)
{
	if (h->dev) {
		struct engine_device_info info;

		engine_device_info(h->dev, &info);
		aoe_close(fs->aoe, h->dev);
		if (h->written)
			fs_disks_written(fs, info.addr);
		fs_shown_closed(fs, info.addr);
	}
	handle_free(h);
}

void fs_handle_fini(struct fs *fs)
{
	while (!list_empty(&fs->handles))
		handle_free(list_first(&fs->handles, struct fs_handle, link));
}

uint64_t fs_handle_size(const struct fs_handle *h)
{
	uint64_t end;

	if (h->text)
		return h->length;
	end = engine_device_sectors(h->dev) * WIRE_SECTOR;
	return MIN(h->size, end - MIN(h->start, end));
}
