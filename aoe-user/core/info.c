/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the engine tells about its devices and paths.
 */
#include "aoe-user/core/engine.h"
#include "aoe-user/core/rival.h"
#include "aoe-user/core/state.h"

struct device *engine_next(const struct engine *e, const struct device *dev)
{
	return device_next(e, dev);
}

static enum engine_device_state info_state(const struct device *dev)
{
	if (dev->swapped)
		return ENGINE_DEVICE_SWAPPED;
	if (dev->up)
		return ENGINE_DEVICE_UP;
	if (dev->contested)
		return ENGINE_DEVICE_CONTESTED;
	if (!dev->known || dev->alive > 0)
		return ENGINE_DEVICE_NEW;
	return ENGINE_DEVICE_DOWN;
}

static enum engine_path_state info_path_state(const struct path *p)
{
	switch (p->state) {
	case PATH_NEW:
		break;
	case PATH_UP:
	case PATH_ASKED:
		return ENGINE_PATH_UP;
	case PATH_SUSPECT:
		return ENGINE_PATH_SUSPECT;
	case PATH_SILENT:
		return ENGINE_PATH_SILENT;
	case PATH_REFUSED:
		return ENGINE_PATH_REFUSED;
	case PATH_DOWN:
		return ENGINE_PATH_DOWN;
	}
	return ENGINE_PATH_NEW;
}

static unsigned info_length(const struct list *head)
{
	const struct list *l;
	unsigned n = 0;

	for (l = head->next; l != head; l = l->next)
		n++;
	return n;
}

void engine_device_info(
    const struct device *dev, struct engine_device_info *out)
{
	const struct list *l;
	const struct path *p;
	const struct remote *r;

	*out = (struct engine_device_info){
	    .addr = dev->addr,
	    .state = info_state(dev),
	    .sectors = dev->sectors,
	    .identity = dev->id,
	    .identify = dev->known ? dev->identify : NULL,
	    .config = dev->config,
	    .config_len = dev->config_len,
	    .opens = dev->opens,
	    .paths = dev->path_count,
	    .pending = dev->pending,
	    .fences = info_length(&dev->late),
	    .stats = &dev->stats,
	};
	if (!list_empty(&dev->remotes)) {
		r = list_first(&dev->remotes, struct remote, link);
		out->firmware = r->firmware;
		out->buffers = r->buffers;
		out->sectors_max = r->sectors_max;
	}
	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		p = list_entry(l, struct path, dev_link);
		out->paths_up += info_path_state(p) == ENGINE_PATH_UP;
		out->payload =
		    MAX(out->payload, path_payload_shown(p) * WIRE_SECTOR);
	}
}

uint64_t engine_device_sectors(const struct device *dev)
{
	return dev->sectors;
}

const struct ata_identity *engine_identity(const struct device *dev, unsigned n)
{
	return rival_identity(dev, n);
}

static int info_identity(const struct path *p)
{
	const struct ata_identity *id;
	int n = 0;

	if (p->id.sectors == 0)
		return -1;
	while ((id = rival_identity(p->dev, (unsigned)n)) != NULL) {
		if (rival_same(p->dev, id, &p->id))
			return n;
		n++;
	}
	return -1;
}

bool engine_path_info(
    const struct device *dev, unsigned n, struct engine_path_info *out)
{
	const struct list *l = dev->paths.next;
	struct path *p;

	while (l != &dev->paths && n > 0) {
		l = l->next;
		n--;
	}
	if (l == &dev->paths)
		return false;
	p = list_entry(l, struct path, dev_link);
	*out = (struct engine_path_info){
	    .port = p->port != NULL ? p->port->id : 0,
	    .mac = p->remote->mac,
	    .state = info_path_state(p),
	    .identity = info_identity(p),
	    .payload = path_payload_shown(p) * WIRE_SECTOR,
	    .window = p->peer != NULL ? p->peer->window.size : 0,
	    .cap = remote_cap(dev, p->remote),
	    .inflight = p->inflight,
	    .srtt = p->rtt.srtt,
	    .rttvar = p->rtt.rttvar,
	    .rto = rtt_rto(&p->rtt),
	    .reorder = MAX(p->rtt.reorder_window, p->rtt.srtt / 4),
	    .stats = &p->stats,
	};
	return true;
}

const char *engine_device_state_text(enum engine_device_state s)
{
	switch (s) {
	case ENGINE_DEVICE_NEW:
		return "new";
	case ENGINE_DEVICE_CONTESTED:
		return "contested";
	case ENGINE_DEVICE_UP:
		return "up";
	case ENGINE_DEVICE_DOWN:
		return "down";
	case ENGINE_DEVICE_SWAPPED:
		return "swapped";
	}
	return "?";
}

const char *engine_path_state_text(enum engine_path_state s)
{
	switch (s) {
	case ENGINE_PATH_NEW:
		return "new";
	case ENGINE_PATH_UP:
		return "up";
	case ENGINE_PATH_SUSPECT:
		return "suspect";
	case ENGINE_PATH_SILENT:
		return "silent";
	case ENGINE_PATH_REFUSED:
		return "refused";
	case ENGINE_PATH_DOWN:
		return "down";
	}
	return "?";
}
