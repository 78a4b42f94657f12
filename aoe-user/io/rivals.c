/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/io/rivals.h"

#include <stdio.h>
#include "aoe-user/io/pathlist.h"
#include "common/opts.h"

#define RIVALS_SHOWN 3u
#define RIVALS_LIST 64 /* ports or MACs of one; longer lists are cut */
#define RIVALS_SIZE 32
#define RIVALS_TEXT (AOE_WHY - 96)

bool rivals_nth(const struct device *dev, unsigned n, struct rival *out)
{
	const struct ata_identity *id = engine_identity(dev, n);
	struct engine_device_info info;

	if (!id)
		return false;
	engine_device_info(dev, &info);
	*out = (struct rival){.id = id, .own = n == 0 && info.identify};
	if (out->own || info.state == ENGINE_DEVICE_CONTESTED)
		out->state = engine_device_state_text(info.state);
	else
		out->state = engine_path_state_text(ENGINE_PATH_REFUSED);
	return true;
}

static size_t add(char *buf, size_t size, size_t used, const char *text)
{
	int n = snprintf(buf + used, size - used, "%s", text);

	return MIN(used + (size_t)n, size - 1);
}

static void describe(const struct aoe *a, const struct device *dev, unsigned n,
    const struct ata_identity *id, char *buf, size_t size)
{
	char amount[RIVALS_SIZE], macs[RIVALS_LIST], ports[RIVALS_LIST];

	snprintf(buf, size, "%s, serial %s, %s (%s on %s)", id->model,
	    id->serial,
	    opts_format_size(id->sectors * WIRE_SECTOR, amount, sizeof(amount)),
	    pathlist_macs_of(a, dev, (int)n, macs, sizeof(macs)),
	    pathlist_ports_of(a, dev, (int)n, ports, sizeof(ports)));
}

char *rivals_text(
    const struct aoe *a, const struct device *dev, char *buf, size_t size)
{
	char text[AOE_WHY];
	struct rival r;
	size_t used = 0;
	unsigned n;

	buf[0] = '\0';
	for (n = 0; n < RIVALS_SHOWN && rivals_nth(dev, n, &r); n++) {
		describe(a, dev, n, r.id, text, sizeof(text));
		used = add(buf, size, used, n ? " and " : "");
		used = add(buf, size, used, text);
	}
	if (n == RIVALS_SHOWN && rivals_nth(dev, n, &r))
		add(buf, size, used, " and others");
	return buf;
}

char *rivals_refusal(const struct aoe *a, const struct device *dev,
    const char *option, char *buf)
{
	char text[RIVALS_TEXT];

	snprintf(buf, AOE_WHY,
	    "several disks answer for this address: %s; choose with %s",
	    rivals_text(a, dev, text, sizeof(text)), option);
	return buf;
}

void rivals_log(const struct aoe *a, const struct device *dev,
    const char *option, const struct log *log)
{
	struct engine_device_info info;
	char name[ADDR_TEXT], why[AOE_WHY];

	engine_device_info(dev, &info);
	if (info.state == ENGINE_DEVICE_CONTESTED)
		log_msg(log, LOG_LEVEL_ERROR, addr_format(info.addr, name),
		    "%s", rivals_refusal(a, dev, option, why));
}
