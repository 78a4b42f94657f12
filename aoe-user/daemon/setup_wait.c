/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waiting for a device, and saying where one has waited. */
#include "aoe-user/daemon/setup.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include "aoe-user/io/rivals.h"

/* With nothing amiss a disk that is there can be opened long before. */
#define TELL (300 * NSEC_MS)

#define PORTS_TEXT 128
#define OTHERS_TEXT (AOE_WHY - 128)

static enum engine_device_state device_state(const struct device *dev)
{
	struct engine_device_info info;

	engine_device_info(dev, &info);
	return info.state;
}

/* A device that is only expected has no path: nobody has answered for it. */
static bool device_is_mute(const struct device *dev)
{
	struct engine_device_info info;

	engine_device_info(dev, &info);
	return info.state == ENGINE_DEVICE_NEW && info.paths;
}

static int setup_other_serial(const struct aoe *a, struct aoe_addr addr,
    const struct device *dev, char *why)
{
	char text[ADDR_TEXT], others[OTHERS_TEXT];

	snprintf(why, AOE_WHY,
	    "%s: no disk with serial number %s%s answers; there is %s",
	    addr_format(addr, text), aoe_serial(a, 0),
	    aoe_serial(a, 1) ? " or another that was given" : "",
	    rivals_text(a, dev, others, sizeof(others)));
	return -ETIMEDOUT;
}

static int setup_contested(const struct aoe *a, struct aoe_addr addr,
    const struct device *dev, char *why)
{
	char text[ADDR_TEXT], refusal[AOE_WHY];

	snprintf(why, AOE_WHY, "%s: %.*s", addr_format(addr, text),
	    AOE_WHY - ADDR_TEXT - 2,
	    rivals_refusal(a, dev, "--serial", refusal));
	return -ENOTUNIQ;
}

static int setup_timed_out(const struct aoe *a, struct aoe_addr addr,
    nsec_t limit, const struct device *dev, char *why)
{
	char text[ADDR_TEXT], ports[PORTS_TEXT];
	const char *what = dev && device_is_mute(dev)
			       ? "found, but it does not answer IDENTIFY"
			       : "no answer";

	if (dev && device_state(dev) == ENGINE_DEVICE_NEW &&
	    engine_identity(dev, 0))
		return setup_other_serial(a, addr, dev, why);
	snprintf(why, AOE_WHY,
	    "%s: %s within %.3g s on %s; is the target on this segment?",
	    addr_format(addr, text), what, (double)limit / 1e9,
	    setup_port_list(a, ports, sizeof(ports)));
	return -ETIMEDOUT;
}

/* A path whose end has been heard, and has not said which disk it is. */
static bool setup_mute_path(
    const struct device *dev, struct engine_path_info *out)
{
	unsigned n;

	for (n = 0; engine_path_info(dev, n, out); n++)
		if (out->state == ENGINE_PATH_NEW)
			return true;
	return false;
}

/* Why it takes longer than it usually does. */
static void setup_tell(const struct aoe *a, struct aoe_addr addr,
    const struct device *dev, nsec_t limit)
{
	char name[ADDR_TEXT], mac[MAC_TEXT], ports[PORTS_TEXT];
	struct engine_path_info path;
	bool mute = dev && setup_mute_path(dev, &path);

	addr_format(addr, name);
	if (mute)
		log_msg(aoe_log(a), LOG_LEVEL_INFO, name,
		    "waiting for %s on %s, which has not said yet which disk "
		    "it is",
		    mac_format(path.mac, mac), aoe_port_name(a, path.port));
	else
		log_msg(aoe_log(a), LOG_LEVEL_INFO, name,
		    "waiting up to %.3g s for an answer on %s",
		    (double)limit / 1e9,
		    setup_port_list(a, ports, sizeof(ports)));
}

/* Dispatches once something has happened, or at `end`. */
static int setup_turn(struct aoe *a, nsec_t end)
{
	struct pollfd pfd = {.fd = aoe_get_fd(a), .events = POLLIN};
	nsec_t left = nsec_since(aoe_now(), end);

	/* Rounded up: zero would spin through the last millisecond. */
	poll(&pfd, 1, (int)nsec_min(left / NSEC_MS + 1, 1000));
	return aoe_dispatch(a);
}

int setup_listen(struct aoe *a, nsec_t time)
{
	nsec_t end = nsec_add(aoe_now(), time);
	int ret = 0;

	while (!ret && aoe_now() < end)
		ret = setup_turn(a, end);
	return ret;
}

int setup_wait_device(struct aoe *a, struct aoe_addr addr, nsec_t limit,
    struct device **out, char *why)
{
	nsec_t now = aoe_now(), end = nsec_add(now, limit);
	nsec_t tell = nsec_add(now, TELL);
	int ret = aoe_expect(a, addr);
	enum engine_device_state state;

	while (!ret) {
		*out = aoe_find(a, addr);
		state = *out ? device_state(*out) : ENGINE_DEVICE_NEW;
		if (state == ENGINE_DEVICE_UP)
			return 0;
		if (state == ENGINE_DEVICE_CONTESTED)
			return setup_contested(a, addr, *out, why);
		now = aoe_now();
		if (now >= end)
			return setup_timed_out(a, addr, limit, *out, why);
		if (now >= tell) {
			setup_tell(a, addr, *out, limit);
			tell = NSEC_NEVER;
		}
		ret = setup_turn(a, nsec_min(tell, end));
	}
	snprintf(why, AOE_WHY, "cannot wait for the disk: %s", strerror(-ret));
	return ret;
}

char *setup_port_list(const struct aoe *a, char *buf, size_t size)
{
	struct aoe_port_info info;
	size_t len = 0;

	snprintf(buf, size, "no interface");
	for (unsigned n = 0; len < size && aoe_port(a, n, &info); n++) {
		const char *state = info.up        ? ""
				    : info.ifindex ? " (down)"
						   : " (gone)";
		int ret = snprintf(buf + len, size - len, "%s%s%s",
		    n ? ", " : "", info.name, state);

		len += ret > 0 ? (size_t)ret : 0;
	}
	return buf;
}
