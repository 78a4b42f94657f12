/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/daemon/setup.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include "aoe-user/daemon/control_socket.h"
#include "common/opts.h"

#define DEAD_SECS_MAX 86400
#define LATE_COPY_MS_MAX 60000
#define WINDOW_MAX 1024

/* clang-format off */
const char setup_help[] =
    "  -i, --interface NAME   use this interface (repeatable; default: all)\n"
    "  -v, --verbose          say more; twice for debugging\n"
    "  -h, --help             show this help\n"
    "  -V, --version          show the version\n"
    "      --dead-secs SECS   fail requests of a silent disk after 1..86400 s\n"
    "                         (default: 180)\n"
    "      --queue            never fail them, wait for the disk\n"
    "      --late-copy-ms MS  how late a lost write may still arrive, 0..60000\n"
    "                         (default: 1000)\n"
    "      --max-window N     at most N frames out per target, 1..1024\n"
    "      --shared           let other processes on this host write too\n"
    "      --strict-flush     a target's restart fails the next flush\n"
    "      --serial SERIAL    of several disks at one address use this one\n"
    "                         (repeatable)\n"
    "      --ignore-serial    tell disks apart by model and size only\n"
    "      --control DIR      where daemons can be asked (default: " CONTROL_DIR
    ")\n"
    "      --no-control       nowhere: be not asked, and ask nobody\n"
    "      --allow-4095       use shelf 4095, which means \"not configured\"\n"
    "      --capture FILE     write all frames to a pcap file\n"
    "      --capture-limit SIZE\n"
    "                         stop capturing at this size (default: 1G)\n";
/* clang-format on */

void setup_init(struct setup *s, const char *program)
{
	*s = (struct setup){
	    .log = {LOG_LEVEL_WARN, log_to_stderr, (void *)(uintptr_t)program},
	};
	s->options.size = sizeof(s->options);
	s->options.log = &s->log;
	s->options.interfaces = s->interfaces;
	s->options.serials = s->serials;
	s->control = CONTROL_DIR;
}

static int setup_interface(struct setup *s, const char *name, char *why)
{
	size_t len = strlen(name);

	if (!len || len >= IF_NAMESIZE || strchr(name, '/')) {
		snprintf(why, AOE_WHY,
		    "--interface: \"%.32s\" is no name of "
		    "an interface (see: ip link)",
		    name);
		return -EINVAL;
	}
	if (s->options.interface_count == SETUP_INTERFACES) {
		snprintf(why, AOE_WHY,
		    "--interface: at most %d can be named; "
		    "name none to use all",
		    SETUP_INTERFACES);
		return -EINVAL;
	}
	s->interfaces[s->options.interface_count++] = name;
	return 1;
}

/* As IDENTIFY has it, without the spaces around it. */
static int setup_serial(struct setup *s, const char *serial, char *why)
{
	struct ata_identity id;

	if (!*serial || strlen(serial) >= sizeof(id.serial)) {
		snprintf(why, AOE_WHY,
		    "--serial: \"%.32s\" is no serial number of a disk: they "
		    "have 1 to %zu characters (see: aoe discover)",
		    serial, sizeof(id.serial) - 1);
		return -EINVAL;
	}
	if (s->options.serial_count == SETUP_SERIALS) {
		snprintf(why, AOE_WHY, "--serial: at most %d can be named",
		    SETUP_SERIALS);
		return -EINVAL;
	}
	s->serials[s->options.serial_count++] = serial;
	return 1;
}

/* Absolute: a daemon changes its folder before it removes its socket. */
static int setup_control(struct setup *s, const char *dir, char *why)
{
	if (*dir != '/') {
		snprintf(why, AOE_WHY,
		    "--control: \"%.64s\" is not an absolute path", dir);
		return -EINVAL;
	}
	s->control = dir;
	return 1;
}

static int setup_number(const char *what, const char *arg, uint64_t min,
    uint64_t max, uint64_t *out, char *why)
{
	_Static_assert(OPTS_WHY <= AOE_WHY, "why has room for both");
	return opts_number(what, arg, min, max, out, why) ? -EINVAL : 1;
}

static int setup_value(struct setup *s, int c, const char *arg, char *why)
{
	struct aoe_options *o = &s->options;
	uint64_t n = 0;
	int ret;

	switch (c) {
	case SETUP_CAPTURE_LIMIT:
		ret = opts_size("--capture-limit", arg, &n, why);
		if (!ret && !n)
			snprintf(
			    why, AOE_WHY, "--capture-limit: must not be 0");
		o->capture_limit = n;
		return ret || !n ? -EINVAL : 1;
	case SETUP_DEAD_SECS:
		ret =
		    setup_number("--dead-secs", arg, 1, DEAD_SECS_MAX, &n, why);
		o->dead_time = n * NSEC_SEC;
		return ret;
	case SETUP_LATE_COPY:
		ret = setup_number(
		    "--late-copy-ms", arg, 0, LATE_COPY_MS_MAX, &n, why);
		/* In the struct 0 stands for the default. */
		o->late_copy = n ? n * NSEC_MS : 1;
		return ret;
	case SETUP_MAX_WINDOW:
		ret = setup_number("--max-window", arg, 1, WINDOW_MAX, &n, why);
		o->max_window = (unsigned)n;
		return ret;
	default:
		return 0;
	}
}

int setup_option(struct setup *s, int c, const char *arg, char *why)
{
	struct aoe_options *o = &s->options;

	switch (c) {
	case 'i':
		return setup_interface(s, arg, why);
	case 'v':
		s->verbose++;
		s->log.level =
		    s->verbose > 1 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
		return 1;
	case 'h':
		s->help = true;
		return 1;
	case 'V':
		s->version = true;
		return 1;
	case SETUP_CAPTURE:
		o->capture = arg;
		return 1;
	case SETUP_SERIAL:
		return setup_serial(s, arg, why);
	case SETUP_CONTROL:
		return setup_control(s, arg, why);
	case SETUP_NO_CONTROL:
		s->control = NULL;
		return 1;
	case SETUP_QUEUE:
		o->dead_time = NSEC_NEVER;
		return 1;
	case SETUP_ALLOW_4095:
		o->allow_unset = true;
		return 1;
	case SETUP_IGNORE_SERIAL:
		o->ignore_serial = true;
		return 1;
	case SETUP_SHARED:
		o->shared = true;
		return 1;
	case SETUP_STRICT_FLUSH:
		o->strict_flush = true;
		return 1;
	default:
		return setup_value(s, c, arg, why);
	}
}
