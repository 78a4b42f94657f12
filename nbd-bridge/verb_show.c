/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
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

static bool is_alive(int pid)
{
	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

static void put_json(struct json *j, unsigned index, const char *target,
    const struct nbd_sysfs *s, bool used)
{
	char node[NBD_SYSFS_NODE];

	json_begin_object(j, NULL);
	json_put_text(j, "device", nbd_sysfs_node(index, node));
	json_put_text(j, "target", target);
	json_put_u64(j, "size", s->size);
	json_put_bool(j, "read_only", s->read_only);
	json_put_u64(j, "pid", (uint64_t)s->pid);
	json_put_bool(j, "alive", is_alive(s->pid));
	json_put_bool(j, "used", used);
	json_end(j);
}

static void print_line(unsigned index, const char *target,
    const struct nbd_sysfs *s, bool used, bool first)
{
	char node[NBD_SYSFS_NODE], size[32], pid[16];

	if (first)
		printf("%-12s %-12s %10s %-4s %-4s %s\n", "DEVICE", "TARGET",
		    "SIZE", "MODE", "USED", "DAEMON");
	snprintf(pid, sizeof(pid), "%d", s->pid);
	printf("%-12s %-12s %10s %-4s %-4s %s\n", nbd_sysfs_node(index, node),
	    target, opts_format_size(s->size, size, sizeof(size)),
	    s->read_only ? "ro" : "rw", used ? "yes" : "no",
	    is_alive(s->pid) ? pid : "gone");
}

/* Shows one device when it is ours. */
static void show(struct json *j, unsigned index, bool *first)
{
	char text[NBD_USERS_TEXT], target[ADDR_TEXT];
	struct aoe_addr addr;
	struct nbd_sysfs s;
	bool used;

	if (nbd_sysfs_read(index, &s) || !s.connected ||
	    nbd_controller_parse_mark(s.backend, &addr))
		return;
	used = nbd_users_find(index, text) == 1;
	addr_format(addr, target);
	if (j)
		put_json(j, index, target, &s, used);
	else
		print_line(index, target, &s, used, *first);
	*first = false;
}

int verb_show(struct verb_args *a)
{
	struct json *j = NULL;
	bool first = true;
	const char *text;
	unsigned index;

	if (!verb_takes(a, 0, 0, "--status [--json]"))
		return VERB_USAGE;
	if (a->json) {
		j = json_new();
		if (!j)
			return VERB_FAILED;
		json_begin_array(j, "attached");
	}
	for (index = 0; !nbd_sysfs_next(index, &index); index++)
		show(j, index, &first);
	if (!a->json)
		return VERB_OK;
	json_end(j);
	json_end(j);
	text = json_text(j);
	if (text)
		puts(text);
	json_free(j);
	return text ? VERB_OK : VERB_FAILED;
}
