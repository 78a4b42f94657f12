/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/opts.h"

#define DISCOVER_SECS_MAX 3600
#define DISCOVER_DEFAULT (10 * NSEC_SEC)
#define OPTION_NAME 32

/* clang-format off */
const char fs_options_help[] =
    "usage: aoe-fuse [options] [SOURCE] MOUNTPOINT\n"
    "SOURCE: interfaces, eth0 or eth0,eth1; \"aoe\" or \"none\": all\n"
    "  -f                     stay in front\n"
    "  -d                     stay in front and show what happens\n"
    "  -s                     accepted; there is only one thread\n"
    "  -o OPTION[,OPTION...]  any long option below without the dashes, or\n"
    "     ro, rw              disks cannot be written (default), can be\n"
    "     writable            as rw, which mount(8) says without being asked\n"
    "     interface=NAME      use this interface (repeatable; default: all)\n"
    "     only=ADDR           show these disks: e1.0, e1.* (repeatable)\n"
    "     serial=SERIAL       of several disks at one address show this one\n"
    "                         (repeatable)\n"
    "     allow_other         let other users in, and loop devices\n"
    "     uid=N, gid=N        owner of the files (default: who mounts)\n"
    "     umask=OCTAL         rights that nobody has\n"
    "     fsname=NAME         what mount(8) shows as source\n"
    "     cache               keep data in the page cache\n"
    "     discover_secs=SECS  look for disks so often, 1..3600 (default: 10)\n";
/* clang-format on */

static const struct option long_options[] = {
    SETUP_LONG,
    {NULL, 0, NULL, 0},
};

/* What libfuse or the kernel want to know, as it stands. */
static const char *const kernel_flags[] = {"allow_other", "allow_root",
    "auto_unmount", "suid", "nosuid", "dev", "nodev", "exec", "noexec", "atime",
    "noatime", "sync", "async", "dirsync"};
static const char *const kernel_values[] = {
    "fsname", "subtype", "context", "fscontext", "defcontext", "rootcontext"};
/* For mount(8) and those around it. "x-..." is theirs too. */
static const char *const ignored[] = {"", "defaults", "default_permissions",
    "nofail", "_netdev", "auto", "noauto", "user", "nouser", "users", "owner",
    "group"};

static bool is_among(const char *text, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(text, names[i]))
			return true;
	return false;
}

/* ---- single values ---- */

static int tell_kernel(struct fs_options *o, const char *text, char *why)
{
	size_t len = strlen(o->kernel);
	int n = snprintf(o->kernel + len, sizeof(o->kernel) - len, "%s%s",
	    len ? "," : "", text);

	if ((size_t)n < sizeof(o->kernel) - len)
		return 0;
	snprintf(why, AOE_WHY, "-o: more than can be told to the kernel");
	return -EINVAL;
}

static int take_only(struct fs_options *o, const char *text, char *why)
{
	_Static_assert(ADDR_WHY <= AOE_WHY, "why has room for both");
	if (o->only_count == FS_OPTIONS_ONLY) {
		snprintf(why, AOE_WHY, "only=: at most %d", FS_OPTIONS_ONLY);
		return -EINVAL;
	}
	return addr_parse_pattern(text, &o->only[o->only_count++], why);
}

static int take_id(const char *what, const char *text, unsigned *out, char *why)
{
	uint64_t n = 0;
	/* The greatest of all stands for "none". */
	int rc = opts_number(what, text, 0, UINT32_MAX - 1, &n, why);

	*out = (unsigned)n;
	return rc;
}

static int take_umask(struct fs_options *o, const char *text, char *why)
{
	char *end;
	unsigned long mask = strtoul(text, &end, 8);

	if (*text < '0' || *text > '7' || *end || mask > 0777) {
		snprintf(why, AOE_WHY, "umask=: \"%.16s\" is not octal, 0..777",
		    text);
		return -EINVAL;
	}
	o->umask = (mode_t)mask;
	o->masked = true;
	return 0;
}

static int take_discover(struct fs_options *o, const char *text, char *why)
{
	uint64_t n = 0;
	int rc =
	    opts_number("discover_secs", text, 1, DISCOVER_SECS_MAX, &n, why);

	o->discover = n * NSEC_SEC;
	return rc;
}

/* ---- -o ---- */

/* Options with a value that only this program has. 1: it was one. */
static int take_valued(
    struct fs_options *o, const char *name, const char *value, char *why)
{
	int rc;

	if (!strcmp(name, "only"))
		rc = take_only(o, value, why);
	else if (!strcmp(name, "uid"))
		rc = take_id(name, value, &o->uid, why);
	else if (!strcmp(name, "gid"))
		rc = take_id(name, value, &o->gid, why);
	else if (!strcmp(name, "umask"))
		rc = take_umask(o, value, why);
	else if (!strcmp(name, "discover_secs"))
		rc = take_discover(o, value, why);
	else
		return 0;
	return rc ? rc : 1;
}

static bool take_flag(struct fs_options *o, const char *name)
{
	if (!strcmp(name, "ro"))
		o->rw = false;
	else if (!strcmp(name, "rw"))
		o->rw = true;
	else if (!strcmp(name, "writable"))
		o->writable = true;
	else if (!strcmp(name, "cache"))
		o->cache = true;
	else if (!strcmp(name, "debug"))
		o->foreground = o->debug = true;
	else
		return false;
	return true;
}

/* One of the options that all programs have. 1: it was one. */
static int take_common(
    struct fs_options *o, const char *name, const char *value, char *why)
{
	for (const struct option *l = long_options; l->name; l++) {
		char text[OPTION_NAME];

		snprintf(text, sizeof(text), "%s", l->name);
		for (char *p = text; *p; p++)
			if (*p == '-')
				*p = '_';
		if (strcmp(text, name) || l->val == 'h' || l->val == 'V')
			continue;
		if ((l->has_arg == required_argument) != (value != NULL)) {
			snprintf(why, AOE_WHY, "-o %s: %s", name,
			    value ? "takes no value" : "needs a value");
			return -EINVAL;
		}
		return setup_option(&o->setup, l->val, value, why);
	}
	return 0;
}

static int take_kernel(struct fs_options *o, const char *whole,
    const char *name, bool has_value, char *why)
{
	bool flag = !has_value &&
		    is_among(name, kernel_flags, ARRAY_SIZE(kernel_flags));
	bool value = has_value &&
		     is_among(name, kernel_values, ARRAY_SIZE(kernel_values));

	if (!flag && !value)
		return 0;
	o->named |= !strcmp(name, "fsname");
	return tell_kernel(o, whole, why) ? -EINVAL : 1;
}

static int take_one(struct fs_options *o, char *text, char *why)
{
	const char *value = strchr(text, '=');
	char name[OPTION_NAME];
	int rc;

	snprintf(name, sizeof(name), "%.*s",
	    (int)(value ? value - text : (ptrdiff_t)strlen(text)), text);
	if (value)
		value++;
	if (!strncmp(text, "x-", 2) ||
	    is_among(text, ignored, ARRAY_SIZE(ignored)))
		return 0;
	if (!value && take_flag(o, name))
		return 0;
	rc = take_kernel(o, text, name, value != NULL, why);
	if (!rc && value)
		rc = take_valued(o, name, value, why);
	if (!rc)
		rc = take_common(o, name, value, why);
	if (!rc)
		snprintf(why, AOE_WHY, "-o: unknown option \"%.64s\"", text);
	return rc > 0 ? 0 : rc < 0 ? rc : -EINVAL;
}

/* A copy that lives as long as the options, for what points into it. */
static char *keep(struct fs_options *o, const char *text)
{
	char **copies =
	    realloc(o->copies, (o->copy_count + 1) * sizeof(*copies));

	if (!copies)
		return NULL;
	o->copies = copies;
	copies[o->copy_count] = strdup(text);
	return copies[o->copy_count] ? copies[o->copy_count++] : NULL;
}

static int take_list(struct fs_options *o, const char *list, char *why)
{
	char *rest = keep(o, list), *text;
	int rc = rest ? 0 : -ENOMEM;

	if (rc)
		snprintf(why, AOE_WHY, "%s", strerror(ENOMEM));
	while (!rc && (text = strsep(&rest, ",")))
		rc = take_one(o, text, why);
	return rc;
}

/* ---- the rest of the line ---- */

static int take_source(struct fs_options *o, const char *source, char *why)
{
	char *rest, *name;
	int rc = 1;

	if (!o->named) {
		char text[64];

		snprintf(text, sizeof(text), "fsname=%s", source);
		/* A comma would end it. */
		for (char *p = text; (p = strchr(p, ','));)
			*p = '+';
		if (tell_kernel(o, text, why))
			return -EINVAL;
		o->named = true;
	}
	if (!strcmp(source, "aoe") || !strcmp(source, "none"))
		return 0;
	rest = keep(o, source);
	while (rest && rc > 0 && (name = strsep(&rest, ",")))
		rc = setup_option(&o->setup, 'i', name, why);
	return rc > 0 ? 0 : rc;
}

static int take_arguments(
    struct fs_options *o, int count, char **args, char *why)
{
	int rc = 0;

	if (o->setup.help || o->setup.version)
		return 0;
	if (count < 1 || count > 2) {
		snprintf(why, AOE_WHY,
		    count < 1 ? "where to? Name an empty folder"
			      : "too many arguments");
		return -EINVAL;
	}
	if (count == 2)
		rc = take_source(o, args[0], why);
	/* mount(8) says rw unless it is told ro: nobody has meant it. */
	o->unmeant = count == 2 && o->rw && !o->writable;
	o->rw = o->writable || (o->rw && !o->unmeant);
	o->mountpoint = args[count - 1];
	if (!rc && !o->named)
		rc = tell_kernel(o, "fsname=aoe", why);
	if (!rc)
		rc = tell_kernel(o, "default_permissions", why);
	return rc ? rc : tell_kernel(o, o->rw ? "rw" : "ro", why);
}

static int take_letter(struct fs_options *o, int c, char *why)
{
	int rc = setup_option(&o->setup, c, optarg, why);

	if (rc)
		return rc > 0 ? 0 : rc;
	switch (c) {
	case 'd':
		o->debug = true;
		/* fallthrough */
	case 'f':
		o->foreground = true;
		return 0;
	case 's':
		return 0;
	case 'o':
		return take_list(o, optarg, why);
	default:
		return -EINVAL;
	}
}

int fs_options_parse(struct fs_options *o, int argc, char **argv, char *why)
{
	int c, rc = 0;

	*o = (struct fs_options){
	    .uid = geteuid(),
	    .gid = getegid(),
	    .discover = DISCOVER_DEFAULT,
	};
	setup_init(&o->setup, "aoe-fuse");
	*why = '\0';
	while (!rc && (c = getopt_long(argc, argv, SETUP_SHORT "o:fds",
			   long_options, NULL)) != -1)
		rc = take_letter(o, c, why);
	if (!rc)
		rc = take_arguments(o, argc - optind, argv + optind, why);
	if (o->debug)
		o->setup.log.level = LOG_LEVEL_DEBUG;
	return rc;
}

void fs_options_fini(struct fs_options *o)
{
	for (size_t i = 0; i < o->copy_count; i++)
		free(o->copies[i]);
	free(o->copies);
	o->copies = NULL;
	o->copy_count = 0;
}
