/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_disks.h"

#include "fuse-fs/fs_prober.h"
#include "fuse-fs/fs_shown.h"

static void forget_node(struct fs *fs, struct fs_node node)
{
	fuse_lowlevel_notify_inval_inode(
	    fs->session, fs->single ? FUSE_ROOT_ID : fs_node_ino(node), -1, 0);
}

/* The kernel asks for size and state anew; it needs no answer, so it cannot
 * wait. */
static void forget_attributes(struct fs *fs, struct aoe_addr addr)
{
	const struct fs_disk *disk = fs_tree_find(&fs->tree, addr);
	struct fs_node node = {.kind = FS_DISK, .disk = disk};

	if (!disk || !fs->live)
		return;
	forget_node(fs, node);
	node.kind = FS_PART;
	for (unsigned i = 0; !fs->single && i < disk->part_count; i++) {
		node.part = disk->parts[i].number;
		if (node.part)
			forget_node(fs, node);
	}
}

void fs_disks_event(struct fs *fs, struct device *dev, unsigned events)
{
	struct engine_device_info info;

	engine_device_info(dev, &info);
	if (events & ENGINE_GONE) {
		fs_tree_hide(&fs->tree, info.addr);
		return;
	}
	/* What has another size now is still the same disk. */
	fs_shown_look(
	    fs, dev, events & ENGINE_RESIZED && !(events & ENGINE_FOUND));
	if (events & (ENGINE_RESIZED | ENGINE_SWAPPED))
		forget_attributes(fs, info.addr);
	if (events & ENGINE_RESIZED)
		fs_tree_set_unread(&fs->tree, info.addr, true);
	fs_prober_kick(fs->prober);
}

void fs_disks_written(struct fs *fs, struct aoe_addr addr)
{
	fs_tree_set_unread(&fs->tree, addr, true);
	fs_prober_kick(fs->prober);
}
