/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "aoe-user/daemon/daemon.h"
#include "common/json.h"
#include "common/opts.h"
#include "nbd-bridge/nbd_controller.h"
#include "nbd-bridge/nbd_sysfs.h"
#include "nbd-bridge/nbd_users.h"
#include "nbd-bridge/verb.h"

int verb_check(struct verb_args *a)
{
	char why[NBD_SYSFS_USER];
	struct nbd_sysfs s;
	unsigned index;
	int rc;

	if (!verb_takes(a, 1, 1, "-c DEVICE"))
		return VERB_USAGE;
	if (nbd_sysfs_parse(a->args[0], &index, why)) {
		verb_complain(a, "%s", why);
		return VERB_USAGE;
	}
	rc = nbd_sysfs_read(index, &s);
	if (rc == -ENOENT || (rc == 0 && !s.connected))
		return VERB_FAILED;
	if (rc < 0)
		return VERB_USAGE;
	printf("%d\n", s.pid);
	return VERB_OK;
}

/* ---- what the daemons say ---- */

struct show {
	struct verb_args *args;
	struct json *daemons; /* their answers, in an array of this name */
	struct json *json;    /* what is shown, or NULL: lines */
	bool titled;
};

static void answered(void *ctx, int pid, const struct json_value *answer)
{
	const struct show *s = ctx;

	(void)pid;
	json_put_value(s->daemons, NULL, answer);
}

static void failed(void *ctx, int pid, int error)
{
	const struct show *s = ctx;

	if (pid)
		verb_complain(s->args, "process %d gives no answer: %s", pid,
		    strerror(-error));
	else
		verb_complain(s->args, "%s: %s", s->args->setup.control,
		    strerror(-error));
}

static void ask(struct show *s)
{
	const struct daemon_asker asker = {
	    .dir = s->args->setup.control,
	    .request = "{\"cmd\":\"stats\"}",
	    .answered = answered,
	    .failed = failed,
	    .ctx = s,
	};

	json_begin_array(s->daemons, "daemons");
	if (asker.dir)
		daemon_ask(&asker);
	json_end(s->daemons);
	json_end(s->daemons);
}

static const struct json_value *daemons(const struct show *s)
{
	return json_get(json_value(s->daemons), "daemons");
}

/* What the daemon of an attached device says about its disk; or NULL. */
static const struct json_value *find_disk(
    const struct show *s, int pid, const char *target)
{
	const struct json_value *d, *disk;
	size_t n, i;

	for (n = 0; (d = json_nth(daemons(s), n)); n++) {
		if (json_get_u64(d, "pid") != (uint64_t)pid)
			continue;
		for (i = 0; (disk = json_nth(json_get(d, "devices"), i)); i++)
			if (!strcmp(json_get_text(disk, "device"), target))
				return disk;
	}
	return NULL;
}

/* ---- lines ---- */

struct row {
	const char *device, *target, *daemon;
	uint64_t size;
	bool read_only, used;
	const struct json_value *disk; /* as its daemon knows it; or NULL */
};

/* "up 1/2": the state of the disk, and how many of its paths are up. */
static char *disk_text(const struct json_value *disk, char *buf, size_t size)
{
	const struct json_value *path;
	unsigned n, up = 0;

	if (!disk) {
		snprintf(buf, size, "?");
		return buf;
	}
	for (n = 0; (path = json_nth(json_get(disk, "paths"), n)); n++)
		up += !strcmp(json_get_text(path, "state"), "up");
	snprintf(buf, size, "%-7s %u/%u", json_get_text(disk, "state"), up, n);
	return buf;
}

static void print_row(struct show *s, const struct row *r)
{
	char size[32], disk[64];

	if (!s->titled)
		printf("%-12s %-12s %10s %-4s %-4s %-7s %-7s %s\n", "DEVICE",
		    "TARGET", "SIZE", "MODE", "USED", "DAEMON", "STATE",
		    "PATHS");
	s->titled = true;
	printf("%-12s %-12s %10s %-4s %-4s %-7s %s\n", r->device, r->target,
	    opts_format_size(r->size, size, sizeof(size)),
	    r->read_only ? "ro" : "rw", r->used ? "yes" : "no", r->daemon,
	    disk_text(r->disk, disk, sizeof(disk)));
}

/* ---- attached devices ---- */

static bool is_alive(int pid)
{
	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

static void put_json(
    struct json *j, const struct row *r, const struct nbd_sysfs *s)
{
	json_begin_object(j, NULL);
	json_put_text(j, "device", r->device);
	json_put_text(j, "target", r->target);
	json_put_u64(j, "size", r->size);
	json_put_bool(j, "read_only", r->read_only);
	json_put_u64(j, "pid", (uint64_t)s->pid);
	json_put_bool(j, "alive", is_alive(s->pid));
	json_put_bool(j, "used", r->used);
	json_end(j);
}

/* Shows one device when it is ours. */
static void show_attached(struct show *s, unsigned index)
{
	char text[NBD_USERS_TEXT], target[ADDR_TEXT], node[NBD_SYSFS_NODE];
	char daemon[16];
	struct aoe_addr addr;
	struct nbd_sysfs f;
	struct row r;

	if (nbd_sysfs_read(index, &f) || !f.connected ||
	    nbd_controller_parse_mark(f.backend, &addr))
		return;
	addr_format(addr, target);
	snprintf(daemon, sizeof(daemon), "%d", f.pid);
	r = (struct row){
	    .device = nbd_sysfs_node(index, node),
	    .target = target,
	    .daemon = is_alive(f.pid) ? daemon : "gone",
	    .size = f.size,
	    .read_only = f.read_only,
	    .used = nbd_users_find(index, text) == 1,
	    .disk = find_disk(s, f.pid, target),
	};
	if (s->json)
		put_json(s->json, &r, &f);
	else
		print_row(s, &r);
}

/* ---- servers ---- */

static bool is_device(const char *name)
{
	return !*name || !strncmp(name, "/dev/nbd", 8);
}

static void show_server(struct show *s, const struct json_value *d)
{
	const char *serves = json_get_text(d, "serves");
	const struct json_value *disk;
	char daemon[24];
	size_t n;

	if (is_device(serves))
		return;
	snprintf(daemon, sizeof(daemon), "%" PRIu64, json_get_u64(d, "pid"));
	for (n = 0; (disk = json_nth(json_get(d, "devices"), n)); n++)
		print_row(s, &(struct row){
				 .device = serves,
				 .target = json_get_text(disk, "device"),
				 .daemon = daemon,
				 .size = json_get_u64(disk, "bytes"),
				 .read_only = json_get_bool(d, "read_only"),
				 .used = json_get_u64(disk, "opens") > 0,
				 .disk = disk,
			     });
}

/* ---- all ---- */

static void show_all(struct show *s)
{
	const struct json_value *d;
	unsigned index;
	size_t n;

	json_begin_array(s->json, "attached");
	for (index = 0; !nbd_sysfs_next(index, &index); index++)
		show_attached(s, index);
	json_end(s->json);
	json_begin_array(s->json, "daemons");
	for (n = 0; (d = json_nth(daemons(s), n)); n++) {
		if (s->json)
			json_put_value(s->json, NULL, d);
		else
			show_server(s, d);
	}
	json_end(s->json);
	json_end(s->json);
}

int verb_show(struct verb_args *a)
{
	struct show s = {.args = a};
	const char *text;

	if (!verb_takes(a, 0, 0, "--status [--json]"))
		return VERB_USAGE;
	s.daemons = json_new();
	s.json = a->json ? json_new() : NULL;
	ask(&s);
	show_all(&s);
	text = json_text(s.json);
	if (text)
		puts(text);
	json_free(s.json);
	json_free(s.daemons);
	return text || !a->json ? VERB_OK : VERB_FAILED;
}
