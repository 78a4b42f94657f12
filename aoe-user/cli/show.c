/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/cli/show.h"

#include <inttypes.h>
#include <string.h>
#include "common/nsec.h"

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

struct counters {
	const char *lead;
	FILE *f;
	bool any;
};

static void show_counter(void *ctx, const char *name, uint64_t value)
{
	struct counters *c = ctx;

	if (!value)
		return;
	fprintf(c->f, "%s%s %" PRIu64, c->any ? ", " : c->lead, name, value);
	c->any = true;
}

void show_counters(const char *lead, const struct json_value *in, FILE *f)
{
	struct counters c = {.lead = lead, .f = f};

	json_each_u64(json_get(in, "counters"), show_counter, &c);
	if (c.any)
		putc('\n', f);
}

static double milliseconds(nsec_t t)
{
	return (double)t / (double)NSEC_MS;
}

static void show_path(const struct json_value *path, FILE *f)
{
	uint64_t inflight = json_get_u64(path, "inflight");
	uint64_t srtt = json_get_u64(path, "srtt_ns");

	fprintf(f,
	    "            path %s %s %s: payload %" PRIu64 ", window %" PRIu64
	    ", cap %" PRIu64,
	    json_get_text(path, "port"), json_get_text(path, "mac"),
	    json_get_text(path, "state"), json_get_u64(path, "payload"),
	    json_get_u64(path, "window"), json_get_u64(path, "cap"));
	if (inflight)
		fprintf(f, ", in flight %" PRIu64, inflight);
	if (srtt)
		fprintf(f, ", rtt %.3f ms, rto %.3f ms", milliseconds(srtt),
		    milliseconds(json_get_u64(path, "rto_ns")));
	putc('\n', f);
	show_counters("                 ", path, f);
}

static void show_identity(const struct json_value *disk, FILE *f)
{
	fprintf(f, "            %s, serial %s, firmware %s\n",
	    json_get_text(disk, "model"), json_get_text(disk, "serial"),
	    json_get_text(disk, "firmware"));
}

void show_details(const struct json_value *device, FILE *f)
{
	const struct json_value *path;
	size_t n;

	if (strcmp(json_get_text(device, "state"), "new"))
		show_identity(device, f);
	show_counters("            ", device, f);
	for (n = 0; (path = json_nth(json_get(device, "paths"), n)); n++)
		show_path(path, f);
}

void show_rival(const struct json_value *device, const struct json_value *rival,
    bool details, FILE *f)
{
	char line[SHOW_ROW];
	struct show_row row = {
	    .name = json_get_text(device, "device"),
	    .size = json_get_u64(rival, "bytes"),
	    .ports = json_get_text(rival, "interfaces"),
	    .state = json_get_text(rival, "state"),
	};

	fprintf(f, "%s\n", show_row(&row, line, sizeof(line)));
	if (details)
		show_identity(rival, f);
}

void show_device(const struct json_value *device, const char *by, FILE *f)
{
	char line[SHOW_ROW];
	struct show_row row = {
	    .name = json_get_text(device, "device"),
	    .size = json_get_u64(device, "bytes"),
	    .ports = json_get_text(device, "interfaces"),
	    .payload = (unsigned)json_get_u64(device, "payload"),
	    .state = json_get_text(device, "state"),
	};

	fprintf(f, "%s%s%s\n", show_row(&row, line, sizeof(line)),
	    by ? " " : "", by ? by : "");
}
