/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/cli/show.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "common/json.h"

char *show_size(uint64_t bytes, char *buf, size_t size)
{
	snprintf(buf, size, "%" PRIu64 ".%03" PRIu64 "GB", bytes / 1000000000,
	    bytes % 1000000000 / 1000000);
	return buf;
}

char *show_row(const struct show_row *row, char *buf, size_t size)
{
	char amount[SHOW_SIZE] = "(NA)", payload[SHOW_SIZE] = "(NA)";

	if (row->size)
		show_size(row->size, amount, sizeof(amount));
	if (row->payload)
		snprintf(payload, sizeof(payload), "%u", row->payload);
	snprintf(buf, size, "%10s %15s %10s %-5s %-14s", row->name, amount,
	    row->ports && *row->ports ? row->ports : "(NA)", payload,
	    row->state ? row->state : "");
	return buf;
}

bool show_is_there(const struct device *dev)
{
	struct engine_device_info info;

	engine_device_info(dev, &info);
	return info.state != ENGINE_DEVICE_NEW || info.paths;
}

void show_counters(const char *lead, const void *stats,
    const struct stats_name *names, FILE *f)
{
	bool any = false;

	for (; names->name; names++) {
		uint64_t value = stats_value(stats, names);

		if (!value)
			continue;
		fprintf(
		    f, "%s%s %" PRIu64, any ? ", " : lead, names->name, value);
		any = true;
	}
	if (any)
		putc('\n', f);
}

static double milliseconds(nsec_t t)
{
	return (double)t / (double)NSEC_MS;
}

static void show_path(
    const struct aoe *a, const struct engine_path_info *path, FILE *f)
{
	char mac[MAC_TEXT];

	fprintf(f, "            path %s %s %s: payload %u, window %u, cap %u",
	    aoe_port_name(a, path->port), mac_format(path->mac, mac),
	    engine_path_state_text(path->state), path->payload, path->window,
	    path->cap);
	if (path->inflight)
		fprintf(f, ", in flight %u", path->inflight);
	if (path->srtt)
		fprintf(f, ", rtt %.3f ms, rto %.3f ms",
		    milliseconds(path->srtt), milliseconds(path->rto));
	putc('\n', f);
	show_counters("                 ", path->stats, path_stats_names, f);
}

void show_details(const struct aoe *a, const struct device *dev, FILE *f)
{
	struct engine_device_info info;
	struct engine_path_info path;
	unsigned n;

	engine_device_info(dev, &info);
	if (info.state != ENGINE_DEVICE_NEW)
		fprintf(f, "            %s, serial %s, firmware %s\n",
		    info.identity.model, info.identity.serial,
		    info.identity.firmware);
	show_counters("            ", info.stats, device_stats_names, f);
	for (n = 0; engine_path_info(dev, n, &path); n++)
		show_path(a, &path, f);
}

static void json_counters(
    struct json *j, const void *stats, const struct stats_name *names)
{
	json_begin_object(j, "counters");
	for (; names->name; names++)
		json_put_u64(j, names->name, stats_value(stats, names));
	json_end(j);
}

static void json_path(
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
	json_counters(j, path->stats, path_stats_names);
	json_end(j);
}

static void json_device(
    struct json *j, const struct aoe *a, const struct device *dev)
{
	struct engine_device_info info;
	struct engine_path_info path;
	char name[ADDR_TEXT];
	unsigned n;

	engine_device_info(dev, &info);
	json_begin_object(j, NULL);
	json_put_text(j, "device", addr_format(info.addr, name));
	json_put_text(j, "state", engine_device_state_text(info.state));
	json_put_u64(j, "bytes", info.sectors * WIRE_SECTOR);
	json_put_u64(j, "sectors", info.sectors);
	json_put_text(j, "model", info.identity.model);
	json_put_text(j, "serial", info.identity.serial);
	json_put_text(j, "firmware", info.identity.firmware);
	json_put_u64(j, "payload", info.payload);
	json_put_u64(j, "target_buffers", info.buffers);
	json_put_u64(j, "target_sectors", info.sectors_max);
	json_put_u64(j, "target_firmware", info.firmware);
	json_put_bytes(j, "config", info.config, info.config_len);
	json_put_u64(j, "opens", info.opens);
	json_put_u64(j, "pending", info.pending);
	json_put_u64(j, "fences", info.fences);
	json_counters(j, info.stats, device_stats_names);
	json_begin_array(j, "paths");
	for (n = 0; engine_path_info(dev, n, &path); n++)
		json_path(j, a, &path);
	json_end(j);
	json_end(j);
}

static void json_port(struct json *j, const struct aoe_port_info *port)
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

int show_json(const struct aoe *a, FILE *f)
{
	struct json *j = json_new();
	const struct device *dev;
	struct aoe_port_info port;
	const char *text;
	unsigned n;

	json_counters(j, aoe_stats(a), engine_stats_names);
	json_begin_array(j, "ports");
	for (n = 0; aoe_port(a, n, &port); n++)
		json_port(j, &port);
	json_end(j);
	json_begin_array(j, "devices");
	for (dev = aoe_next(a, NULL); dev; dev = aoe_next(a, dev))
		if (show_is_there(dev))
			json_device(j, a, dev);
	json_end(j);
	json_end(j);
	text = json_text(j);
	if (text)
		fprintf(f, "%s\n", text);
	json_free(j);
	return text ? 0 : -ENOMEM;
}
