/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client's questions and orders about devices, requests and ports. */
#include <errno.h>
#include "aoe-user/io/client.h"

static struct aoe_addr device_addr(const struct device *dev)
{
	struct engine_device_info info;

	engine_device_info(dev, &info);
	return info.addr;
}

/*
 * What makes frames or callbacks ready without being the data path wakes the
 * loop, so that nobody has to remember which calls want a flush.
 */
void aoe_discover(struct aoe *a)
{
	engine_discover(a->engine, clock_now());
	aoe_wake(a);
}

int aoe_expect(struct aoe *a, struct aoe_addr addr)
{
	int ret = engine_expect(a->engine, addr, clock_now());

	aoe_wake(a);
	return ret;
}

struct device *aoe_find(const struct aoe *a, struct aoe_addr addr)
{
	return engine_find(a->engine, addr);
}

struct device *aoe_next(const struct aoe *a, const struct device *dev)
{
	return engine_next(a->engine, dev);
}

int aoe_forget(struct aoe *a, struct device *dev)
{
	int ret = engine_forget(a->engine, dev);

	aoe_wake(a);
	return ret;
}

int aoe_open(struct aoe *a, struct device *dev, bool writable)
{
	struct aoe_addr addr = device_addr(dev);
	int ret = writer_open(&a->writers, addr, writable);

	if (ret)
		return ret;
	ret = engine_open(a->engine, dev);
	if (ret)
		writer_close(&a->writers, addr);
	if (ret == -ENOTUNIQ)
		aoe_expect(a, addr);
	return ret;
}

void aoe_close(struct aoe *a, struct device *dev)
{
	struct aoe_addr addr = device_addr(dev);

	engine_close(a->engine, dev, clock_now());
	writer_close(&a->writers, addr);
	aoe_wake(a);
}

int aoe_submit(struct aoe *a, struct device *dev, struct aoe_request *rq)
{
	return engine_submit(a->engine, dev, rq, clock_now());
}

void aoe_cancel(struct aoe *a, struct aoe_request *rq)
{
	engine_cancel(a->engine, rq, clock_now());
	aoe_wake(a);
}

void aoe_quiesce(struct aoe *a)
{
	engine_quiesce(a->engine, clock_now());
	aoe_wake(a);
}

unsigned aoe_fences(const struct aoe *a)
{
	return engine_fences(a->engine);
}

unsigned aoe_pending(const struct aoe *a)
{
	return engine_pending(a->engine);
}

bool aoe_port(const struct aoe *a, unsigned n, struct aoe_port_info *out)
{
	struct netport *p = portset_nth(&a->ports, n);

	if (!p)
		return false;
	*out = (struct aoe_port_info){
	    .ifindex = p->ifindex,
	    .name = p->name,
	    .mac = p->mac,
	    .mtu = p->mtu,
	    .up = p->up,
	    .rx_frames = p->rx_frames,
	    .tx_frames = p->tx_frames,
	    .rx_dropped = netport_dropped(p),
	    .tx_errors = p->tx_errors,
	};
	return true;
}

const char *aoe_port_name(const struct aoe *a, unsigned ifindex)
{
	const struct netport *p = portset_find(&a->ports, ifindex);

	return p ? p->name : "?";
}

const char *aoe_serial(const struct aoe *a, size_t n)
{
	return n < a->serial_count ? a->serials[n] : NULL;
}

const struct log *aoe_log(const struct aoe *a)
{
	return a->log;
}

const struct engine_stats *aoe_stats(const struct aoe *a)
{
	return engine_stats(a->engine);
}
