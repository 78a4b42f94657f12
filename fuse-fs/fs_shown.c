/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_shown.h"

/* With a serial that says nothing, another size is another disk. */
static bool is_same(const struct fs *fs, const struct engine_device_info *info)
{
	const struct fs_disk *disk = fs_tree_find(&fs->tree, info->addr);

	return disk && ata_same_identity(&disk->id, &info->identity,
			   ata_serial_is_constant(&info->identity));
}

void fs_shown_look(struct fs *fs, const struct device *dev, bool same)
{
	struct engine_device_info info;
	bool shown;

	engine_device_info(dev, &info);
	shown = info.state == ENGINE_DEVICE_UP ||
		(info.state != ENGINE_DEVICE_NEW && info.opens);
	if (!shown)
		fs_tree_hide(&fs->tree, info.addr);
	else if (!fs_tree_show(&fs->tree, info.addr, &info.identity,
		     same || is_same(fs, &info)))
		log_msg(fs->log, LOG_LEVEL_ERROR, NULL,
		    "no memory for the name of a disk");
}

void fs_shown_closed(struct fs *fs, struct aoe_addr addr)
{
	const struct device *dev = aoe_find(fs->aoe, addr);

	if (dev)
		fs_shown_look(fs, dev, false);
	else
		fs_tree_hide(&fs->tree, addr);
}
