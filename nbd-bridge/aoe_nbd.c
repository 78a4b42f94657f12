/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * aoe-nbd: AoE disks as NBD devices of the kernel, or as an NBD server.
 */
#include <errno.h>
#include <stdio.h>
#include "aoe-user/daemon/protect.h"
#include "common/opts.h"
#include "nbd-bridge/nbd_listen.h"
#include "nbd-bridge/verb.h"

#define MAX_CONNECTIONS 4096

enum {
	OPT_UNIX = SETUP_LAST,
	OPT_STATUS,
	OPT_JSON,
	OPT_FORCE,
	OPT_MIN_BLOCK,
	OPT_MAX_CONNECTIONS,
};

static const struct option long_options[] = {
    SETUP_LONG,
    {"detach", no_argument, NULL, 'd'},
    {"check", no_argument, NULL, 'c'},
    {"list", no_argument, NULL, 'l'},
    {"foreground", no_argument, NULL, 'f'},
    {"read-only", no_argument, NULL, 'r'},
    {"timeout", required_argument, NULL, 't'},
    {"unix", required_argument, NULL, OPT_UNIX},
    {"status", no_argument, NULL, OPT_STATUS},
    {"json", no_argument, NULL, OPT_JSON},
    {"force", no_argument, NULL, OPT_FORCE},
    {"min-block", required_argument, NULL, OPT_MIN_BLOCK},
    {"max-connections", required_argument, NULL, OPT_MAX_CONNECTIONS},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "usage: aoe-nbd [options] ADDR [DEVICE]           attach a disk\n"
    "       aoe-nbd [options] --unix PATH [ADDR...]  serve disks\n"
    "       aoe-nbd -d [--force] DEVICE|ADDR         detach\n"
    "       aoe-nbd -c DEVICE                        attached? by which pid?\n"
    "       aoe-nbd --status [--json]                what is in use\n"
    "       aoe-nbd -l                               targets that answer\n"
    "ADDR: e1.0. DEVICE: /dev/nbd0, nbd0, 0, or - for the first free one.\n"
    "  -f, --foreground       stay in front\n"
    "  -r, -R, --read-only    refuse writes\n"
    "  -t, --timeout SECS     wait for the target (default 10; -l: 1)\n"
    "      --force            detach even when mounted\n"
    "      --min-block BYTES  with --unix: 1 (default) or 512\n"
    "      --max-connections N  with --unix (default 128)\n";

struct command_line {
	struct verb_args args;
	int (*verb)(struct verb_args *a); /* NULL: follows from the rest */
	bool conflict;
};

static void choose(struct command_line *l, int (*verb)(struct verb_args *a))
{
	if (l->verb && l->verb != verb)
		l->conflict = true;
	l->verb = verb;
}

static int take_number(
    const char *what, const char *text, uint64_t max, unsigned *out, char *why)
{
	uint64_t value;
	int rc = opts_number(what, text, 1, max, &value, why);

	if (rc == 0)
		*out = (unsigned)value;
	return rc;
}

static int take_min_block(struct verb_args *a, const char *text, char *why)
{
	int rc = take_number("--min-block", text, 512, &a->min_block, why);

	if (rc == 0 && a->min_block != 1 && a->min_block != 512) {
		snprintf(why, AOE_WHY, "--min-block: 1 or 512, not %u",
		    a->min_block);
		rc = -EINVAL;
	}
	return rc;
}

static int take_wait(struct verb_args *a, const char *text, char *why)
{
	int rc = opts_duration("--timeout", text, &a->wait, why);

	if (rc == 0 && a->wait == 0) {
		snprintf(why, AOE_WHY, "--timeout: must be more than 0");
		rc = -EINVAL;
	}
	return rc;
}

/* One option of ours. 0; -EINVAL with one line in `why`, "" = unknown. */
static int take_option(struct command_line *l, int c, char *why)
{
	struct verb_args *a = &l->args;

	*why = '\0';
	switch (c) {
	case 'd':
		choose(l, verb_detach);
		return 0;
	case 'c':
		choose(l, verb_check);
		return 0;
	case 'l':
		choose(l, verb_list);
		return 0;
	case OPT_STATUS:
		choose(l, verb_show);
		return 0;
	case OPT_UNIX:
		a->unix_path = optarg;
		choose(l, verb_serve);
		return 0;
	case 'f':
		a->foreground = true;
		return 0;
	case 'r':
	case 'R':
		a->read_only = true;
		return 0;
	case OPT_JSON:
		a->json = true;
		return 0;
	case OPT_FORCE:
		a->force = true;
		return 0;
	case 't':
		return take_wait(a, optarg, why);
	case OPT_MIN_BLOCK:
		return take_min_block(a, optarg, why);
	case OPT_MAX_CONNECTIONS:
		return take_number("--max-connections", optarg, MAX_CONNECTIONS,
		    &a->max_connections, why);
	default:
		return -EINVAL;
	}
}

static int parse(struct command_line *l, int argc, char **argv)
{
	struct verb_args *a = &l->args;
	char why[AOE_WHY];
	int c, rc;

	while ((c = getopt_long(argc, argv,
		    SETUP_SHORT "dclfrRt:", long_options, NULL)) != -1) {
		rc = setup_option(&a->setup, c, optarg, why);
		if (rc == 0)
			rc = take_option(l, c, why);
		if (rc < 0) {
			if (*why)
				verb_complain(a, "%s", why);
			return rc;
		}
	}
	a->args = argv + optind;
	a->count = argc - optind;
	if (l->conflict) {
		verb_complain(a, "one of -d, -c, -l, --status, --unix");
		return -EINVAL;
	}
	if (!l->verb)
		l->verb = nbd_listen_activated() ? verb_serve : verb_attach;
	return 0;
}

int main(int argc, char **argv)
{
	struct command_line line = {.verb = NULL};

	protect_descriptors();
	setup_init(&line.args.setup, "aoe-nbd");
	if (parse(&line, argc, argv) < 0) {
		fputs("Try 'aoe-nbd -h'.\n", stderr);
		return VERB_USAGE;
	}
	if (line.args.setup.help) {
		printf("%s%s", usage, setup_help);
		return VERB_OK;
	}
	if (line.args.setup.version) {
		puts("aoe-nbd " AOE_VERSION);
		return VERB_OK;
	}
	return line.verb(&line.args);
}
