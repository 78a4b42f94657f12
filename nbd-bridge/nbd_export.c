/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "common/opts.h"
#include "nbd-bridge/nbd_export.h"

#define PREFIX "aoe:"

static bool served(const struct nbd_export *x, const struct device *dev)
{
	struct engine_device_info info;

	engine_device_info(dev, &info);
	if (!info.sectors || info.state == ENGINE_DEVICE_CONTESTED)
		return false;
	for (size_t i = 0; i < x->only_count; i++)
		if (addr_match(x->only[i], info.addr))
			return true;
	return !x->only_count;
}

void nbd_export_info(const struct nbd_export *x, const struct device *dev,
    struct nbd_export_info *out)
{
	struct engine_device_info info;
	char size[32];

	engine_device_info(dev, &info);
	*out = (struct nbd_export_info){
	    .size = info.sectors * WIRE_SECTOR,
	    .min_block = x->min_block,
	    /* All connections share one client, and so does a flush. */
	    .flags = NBD_WIRE_HAS_FLAGS | NBD_WIRE_CAN_MULTI_CONN |
		     NBD_WIRE_SEND_CACHE,
	};
	if (info.identity.flush || info.identity.flush_ext)
		out->flags |= NBD_WIRE_SEND_FLUSH | NBD_WIRE_SEND_FUA;
	if (x->read_only)
		out->flags |= NBD_WIRE_READ_ONLY;
	addr_format(info.addr, out->name);
	snprintf(out->description, sizeof(out->description), "%s %s %s",
	    info.identity.model, info.identity.serial,
	    opts_format_size(out->size, size, sizeof(size)));
}

static struct device *next_served(
    const struct nbd_export *x, const struct device *from)
{
	struct device *dev = aoe_next(x->aoe, from);

	while (dev && !served(x, dev))
		dev = aoe_next(x->aoe, dev);
	return dev;
}

static bool is_behind(const struct device *dev, struct aoe_addr addr)
{
	struct engine_device_info info;

	engine_device_info(dev, &info);
	return addr_compare(info.addr, addr) > 0;
}

struct device *nbd_export_next(const struct nbd_export *x, const char *after)
{
	struct device *dev = NULL;
	char bad[ADDR_WHY];
	struct aoe_addr addr;

	if (!*after || addr_parse(after, &addr, bad))
		return next_served(x, NULL);
	dev = next_served(x, aoe_find(x->aoe, addr));
	/* Where that one has gone, from the first on. */
	while (dev && !is_behind(dev, addr))
		dev = next_served(x, dev);
	return dev;
}

static bool is_contested(const struct device *dev)
{
	struct engine_device_info info;

	engine_device_info(dev, &info);
	return info.state == ENGINE_DEVICE_CONTESTED;
}

static struct device *find_only(const struct nbd_export *x, char *why)
{
	struct device *dev = next_served(x, NULL);

	if (dev && !next_served(x, dev))
		return dev;
	snprintf(why, NBD_EXPORT_WHY,
	    dev ? "several disks are here; name one that LIST shows"
		: "no disk has answered yet");
	return NULL;
}

struct device *nbd_export_find(
    const struct nbd_export *x, const char *name, char *why)
{
	char text[ADDR_TEXT], bad[ADDR_WHY];
	struct device *dev;
	struct aoe_addr addr;

	if (!*name)
		return find_only(x, why);
	if (!strncmp(name, PREFIX, strlen(PREFIX)))
		name += strlen(PREFIX);
	if (addr_parse(name, &addr, bad)) {
		snprintf(why, NBD_EXPORT_WHY,
		    "export names look like e1.0; LIST shows them");
		return NULL;
	}
	dev = aoe_find(x->aoe, addr);
	if (dev && served(x, dev))
		return dev;
	if (dev && is_contested(dev)) {
		aoe_expect(x->aoe, addr); /* one of them may have gone */
		snprintf(why, NBD_EXPORT_WHY,
		    "several disks answer for %s; serve it with --serial",
		    addr_format(addr, text));
		return NULL;
	}
	snprintf(why, NBD_EXPORT_WHY,
	    "no disk %s here; LIST shows those that are",
	    addr_format(addr, text));
	return NULL;
}

int nbd_export_open(const struct nbd_export *x, struct device *dev, char *why)
{
	int error = aoe_open(x->aoe, dev, !x->read_only);

	if (error == -EBUSY)
		snprintf(why, NBD_EXPORT_WHY,
		    "another process has this disk open "
		    "for writing; serve it read-only, or give both --shared");
	else if (error)
		snprintf(why, NBD_EXPORT_WHY, "cannot open this disk: %s",
		    strerror(-error));
	return error;
}
