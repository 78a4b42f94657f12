/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/daemon/report.h"

#include "aoe-user/io/pathlist.h"
#include "aoe-user/io/rivals.h"

#define LIST_TEXT 1024 /* names of ports; longer lists are cut */

bool report_is_there(const struct device *dev)
{
	struct engine_device_info info;

	engine_device_info(dev, &info);
	return info.state != ENGINE_DEVICE_NEW || info.paths;
}

/* As aoe_next(), those that are there. */
static const struct device *next_there(
    const struct aoe *a, const struct device *dev)
{
	do
		dev = aoe_next(a, dev);
	while (dev && !report_is_there(dev));
	return dev;
}

static void put_counters(
    struct json *j, const void *stats, const struct stats_name *names)
{
	json_begin_object(j, "counters");
	for (; names->name; names++)
		json_put_u64(j, names->name, stats_value(stats, names));
	json_end(j);
}

static void put_path(
    struct json *j, const struct aoe *a, const struct engine_path_info *path)
{
	char mac[MAC_TEXT];

	json_begin_object(j, NULL);
	json_put_text(j, "port", aoe_port_name(a, path->port));
	json_put_text(j, "mac", mac_format(path->mac, mac));
	json_put_text(j, "state", engine_path_state_text(path->state));
	json_put_u64(j, "payload", path->payload);
	json_put_u64(j, "window", path->window);
	json_put_u64(j, "cap", path->cap);
	json_put_u64(j, "inflight", path->inflight);
	json_put_u64(j, "srtt_ns", path->srtt);
	json_put_u64(j, "rttvar_ns", path->rttvar);
	json_put_u64(j, "rto_ns", path->rto);
	json_put_u64(j, "reorder_ns", path->reorder);
	put_counters(j, path->stats, path_stats_names);
	json_end(j);
}

static void put_paths(
    struct json *j, const struct aoe *a, const struct device *dev)
{
	struct engine_path_info path;
	unsigned n;

	json_begin_array(j, "paths");
	for (n = 0; engine_path_info(dev, n, &path); n++)
		put_path(j, a, &path);
	json_end(j);
}

/* Other disks that answer for the same address. */
static void put_rivals(
    struct json *j, const struct aoe *a, const struct device *dev)
{
	char list[LIST_TEXT];
	struct rival r;
	unsigned n;

	json_begin_array(j, "rivals");
	for (n = 0; rivals_nth(dev, n, &r); n++) {
		if (r.own)
			continue;
		json_begin_object(j, NULL);
		json_put_text(j, "state", r.state);
		json_put_u64(j, "bytes", r.id->sectors * WIRE_SECTOR);
		json_put_text(j, "interfaces",
		    pathlist_ports_of(a, dev, (int)n, list, sizeof(list)));
		json_put_text(j, "macs",
		    pathlist_macs_of(a, dev, (int)n, list, sizeof(list)));
		json_put_text(j, "model", r.id->model);
		json_put_text(j, "serial", r.id->serial);
		json_put_text(j, "firmware", r.id->firmware);
		json_end(j);
	}
	json_end(j);
}

/* What the tables show of a disk. */
static void put_summary(struct json *j, const struct aoe *a,
    const struct device *dev, const struct engine_device_info *info)
{
	char name[ADDR_TEXT], ports[LIST_TEXT];

	json_put_text(j, "device", addr_format(info->addr, name));
	json_put_text(j, "state", engine_device_state_text(info->state));
	json_put_u64(j, "bytes", info->sectors * WIRE_SECTOR);
	json_put_text(
	    j, "interfaces", pathlist_ports(a, dev, ports, sizeof(ports)));
	json_put_u64(j, "payload", info->payload);
	json_put_u64(j, "opens", info->opens);
	put_rivals(j, a, dev);
}

void report_put_disk(
    struct json *j, const struct aoe *a, const struct device *dev)
{
	struct engine_device_info info;

	engine_device_info(dev, &info);
	put_summary(j, a, dev, &info);
	json_put_u64(j, "sectors", info.sectors);
	json_put_text(j, "model", info.identity.model);
	json_put_text(j, "serial", info.identity.serial);
	json_put_text(j, "firmware", info.identity.firmware);
	json_put_u64(j, "target_buffers", info.buffers);
	json_put_u64(j, "target_sectors", info.sectors_max);
	json_put_u64(j, "target_firmware", info.firmware);
	json_put_bytes(j, "config", info.config, info.config_len);
}

void report_put_device(
    struct json *j, const struct aoe *a, const struct device *dev)
{
	struct engine_device_info info;

	engine_device_info(dev, &info);
	report_put_disk(j, a, dev);
	json_put_u64(j, "pending", info.pending);
	json_put_u64(j, "fences", info.fences);
	put_counters(j, info.stats, device_stats_names);
	put_paths(j, a, dev);
}

static void put_port(struct json *j, const struct aoe_port_info *port)
{
	char mac[MAC_TEXT];

	json_begin_object(j, NULL);
	json_put_text(j, "port", port->name);
	json_put_text(j, "mac", mac_format(port->mac, mac));
	json_put_u64(j, "mtu", port->mtu);
	json_put_bool(j, "up", port->up);
	json_put_u64(j, "rx_frames", port->rx_frames);
	json_put_u64(j, "tx_frames", port->tx_frames);
	json_put_u64(j, "rx_dropped", port->rx_dropped);
	json_put_u64(j, "tx_errors", port->tx_errors);
	json_end(j);
}

void report_put(struct json *j, const struct aoe *a)
{
	const struct device *dev;
	struct aoe_port_info port;
	unsigned n;

	put_counters(j, aoe_stats(a), engine_stats_names);
	json_begin_array(j, "ports");
	for (n = 0; aoe_port(a, n, &port); n++)
		put_port(j, &port);
	json_end(j);
	json_begin_array(j, "devices");
	for (dev = next_there(a, NULL); dev; dev = next_there(a, dev)) {
		json_begin_object(j, NULL);
		report_put_device(j, a, dev);
		json_end(j);
	}
	json_end(j);
}

struct json *report_new(const struct aoe *a)
{
	struct json *j = json_new();

	report_put(j, a);
	json_end(j);
	return j;
}

void report_put_paths(struct json *j, const struct aoe *a)
{
	struct engine_device_info info;
	const struct device *dev;

	json_begin_array(j, "devices");
	for (dev = next_there(a, NULL); dev; dev = next_there(a, dev)) {
		engine_device_info(dev, &info);
		json_begin_object(j, NULL);
		put_summary(j, a, dev, &info);
		put_paths(j, a, dev);
		json_end(j);
	}
	json_end(j);
}
