/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/verify.h"
#include <errno.h>
#include <string.h>
#include "aoe-user/core/loss.h"
#include "aoe-user/core/request_run.h"
#include "aoe-user/core/state.h"

#define VERIFY_FIRST_MIN (20 * NSEC_MS) /* first resend of a control frame */
#define VERIFY_RESEND_MAX NSEC_SEC
#define VERIFY_SILENT_TRIES 3u /* rounds without answer: the path is dead */
#define VERIFY_SIZE_ROUNDS 8u  /* paths that disagree are asked no more */
#define VERIFY_FLUSH_MAX (30 * NSEC_SEC) /* a flush excuses silence so long */
#define VERIFY_IDLE_TRIES 8u /* ... and nobody needs it: stop asking */

/* Control answers asked for before `now` do not count any more. */
static void verify_drop_copies(struct path *p)
{
	struct list *l, *tmp;
	struct copy *c;

	list_each(l, tmp, &p->slow) {
		c = list_entry(l, struct copy, path_link);
		if (copy_is_control(c))
			copy_put(&p->dev->e->copies, c, COPY_GONE);
	}
}

static void verify_offer(struct path *p)
{
	p->offer = p->need;
	p->control_at = NSEC_NEVER;
	if (p->port != NULL && list_empty(&p->control_link))
		list_append(&p->port->control, &p->control_link);
}

void verify_start(struct path *p, unsigned need, nsec_t now)
{
	p->need |= need;
	p->verified = false;
	p->tries = 0;
	verify_drop_copies(p);
	if (p->port == NULL || !p->port->up)
		return;
	verify_offer(p);
	timer_at_latest(&p->dev->e->timers, &p->timer, now);
}

void verify_kick(struct device *dev, nsec_t now)
{
	struct list *l;
	struct path *p;

	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		p = list_entry(l, struct path, dev_link);
		if (p->need != 0 && p->offer == 0 &&
		    p->control_at == NSEC_NEVER)
			verify_start(p, p->need, now);
	}
}

static bool verify_flushing(const struct list *copies, nsec_t now)
{
	const struct list *l;
	const struct copy *c;

	for (l = copies->next; l != copies; l = l->next) {
		c = list_entry(l, struct copy, path_link);
		if (c->kind == COPY_FLUSH && c->rq != NULL &&
		    nsec_since(c->sent_at, now) < VERIFY_FLUSH_MAX)
			return true;
	}
	return false;
}

/* A target that is flushing may answer nothing else until it is done. */
static bool verify_excused(const struct path *p, nsec_t now)
{
	return verify_flushing(&p->slow, now) || verify_flushing(&p->lost, now);
}

static nsec_t verify_interval(const struct path *p)
{
	nsec_t first = MAX(4 * rtt_rto(&p->rtt), VERIFY_FIRST_MIN);

	if (p->rtt.srtt == 0)
		first = RTT_INITIAL;
	if (first >= VERIFY_RESEND_MAX >> p->tries)
		return VERIFY_RESEND_MAX;
	return first << p->tries;
}

void verify_sent(struct path *p, nsec_t now)
{
	p->control_at = nsec_add(now, verify_interval(p));
	timer_at_latest(&p->dev->e->timers, &p->timer, p->control_at);
}

/* When it was the last one, the device's line says so. */
static void verify_miss(struct path *p)
{
	if (p->dev->up)
		path_log(
		    p, LOG_LEVEL_WARN, "answers nothing; going on without it");
	p->missed = true;
}

nsec_t verify_tick(struct path *p, nsec_t now)
{
	bool needed = p->dev->opens > 0 || p->dev->expect_until > now;

	if (p->need == 0 || p->control_at == NSEC_NEVER)
		return NSEC_NEVER;
	if (p->control_at > now)
		return p->control_at;
	verify_drop_copies(p);
	/* A round that did not leave in full says nothing of the target. */
	if (p->offer == 0 && p->tries < VERIFY_IDLE_TRIES)
		p->tries++;
	if (p->tries >= VERIFY_SILENT_TRIES && p->alive &&
	    !verify_excused(p, now)) {
		p->alive = false;
		loss_all(p, now);
		device_check_up(p->dev);
		verify_miss(p);
	}
	if (p->tries >= VERIFY_IDLE_TRIES && !needed) {
		p->control_at = NSEC_NEVER;
		return NSEC_NEVER;
	}
	verify_offer(p);
	return NSEC_NEVER;
}

static void verify_done(struct path *p, unsigned part, nsec_t now)
{
	p->need &= ~part;
	p->offer &= ~part;
	if (p->offer == 0)
		list_del(&p->control_link);
	if (p->need != 0 || p->refused)
		return;
	if (p->suspect || p->missed)
		path_log(p, LOG_LEVEL_INFO, "answers again");
	p->verified = p->alive = true;
	p->doubted = p->missed = false;
	p->remote->ours = true;
	p->suspect = false;
	p->tries = 0;
	p->control_at = NSEC_NEVER;
	p->last_answer = now;
	device_check_up(p->dev);
	p->dev->admit |= p->dev->waiting > 0;
	device_activate(p->dev);
}

void verify_config(struct path *p, nsec_t now)
{
	verify_done(p, PATH_NEED_CONFIG, now);
}

/*
 * A path other than `p` that stands for the disk we know, even if it is just
 * being asked again.
 */
static bool verify_others(const struct path *p)
{
	const struct list *l;
	const struct path *q;

	for (l = p->dev->paths.next; l != &p->dev->paths; l = l->next) {
		q = list_entry(l, struct path, dev_link);
		if (q != p && q->alive)
			return true;
	}
	return false;
}

/* Those that had to wait for it show the device's size now. */
static void verify_admit_resized(struct device *dev, nsec_t now)
{
	struct list *l;
	struct path *p;

	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		p = list_entry(l, struct path, dev_link);
		if (p->refused && p->need == 0 && p->sectors == dev->sectors)
			verify_start(p, PATH_NEED_IDENTIFY, now);
	}
}

/*
 * The size of an open disk changes once every live path says the same, and only
 * by the word of a MAC that was ours. Else, and that is false, the path may as
 * well lead to another disk, exported under this name by mistake.
 */
static bool verify_adopt_size(
    struct device *dev, const struct path *p, uint64_t sectors, nsec_t now)
{
	bool agreed = dev->opens == 0 || p->remote->ours;
	struct list *l;
	struct path *q;

	if (sectors == dev->sectors)
		return true;
	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		q = list_entry(l, struct path, dev_link);
		if (!q->alive || q->sectors == sectors)
			continue;
		agreed = false;
		if (dev->size_rounds < VERIFY_SIZE_ROUNDS)
			verify_start(q, PATH_NEED_IDENTIFY, now);
	}
	if (!agreed) {
		dev->size_rounds++;
		if (dev->size_rounds == VERIFY_SIZE_ROUNDS)
			device_log(dev, LOG_LEVEL_WARN,
			    "its paths do not agree about its size");
		return false;
	}
	dev->size_rounds = 0;
	device_log(dev, LOG_LEVEL_WARN, "size %llu -> %llu sectors",
	    (unsigned long long)dev->sectors, (unsigned long long)sectors);
	dev->sectors = sectors;
	dev->id.sectors = sectors;
	request_cut_off(dev, now);
	device_event(dev, ENGINE_RESIZED);
	verify_admit_resized(dev, now);
	return true;
}

static void verify_learn(
    struct path *p, const struct ata_identity *id, const uint8_t *block)
{
	struct device *dev = p->dev;

	dev->id = *id;
	memcpy(dev->identify, block, sizeof(dev->identify));
	dev->sectors = id->sectors;
	dev->known = true;
	device_log(dev, LOG_LEVEL_INFO, "%s, serial %s, %llu sectors",
	    id->model, id->serial, (unsigned long long)id->sectors);
	device_event(dev, ENGINE_FOUND);
}

/* What stood for the old disk has to show that it stands for the new one. */
static void verify_disown(struct device *dev)
{
	struct list *l;

	for (l = dev->remotes.next; l != &dev->remotes; l = l->next)
		list_entry(l, struct remote, link)->ours = false;
}

static void verify_refuse(struct path *p, const char *why, nsec_t now)
{
	/* It is asked again now and then; once is enough for the log. */
	path_log(p, p->refused ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, why);
	p->refused = p->missed = true;
	p->verified = p->alive = false;
	p->need = p->offer = 0;
	p->control_at = NSEC_NEVER;
	list_del(&p->control_link);
	loss_all(p, now);
	device_check_up(p->dev);
}

/*
 * Another disk answers for the address. While one of ours does too, or while
 * somebody has it open, it never gets a frame of data. At a MAC that was ours,
 * with no other left, the disk was swapped: open handles fail rather than wait
 * for it. A MAC that was never ours is no reason to give up the right one.
 */
static void verify_foreign(struct path *p, const struct ata_identity *id,
    const uint8_t *block, nsec_t now)
{
	struct device *dev = p->dev;

	if (verify_others(p)) {
		verify_refuse(p,
		    "another disk answers for this address too; refused", now);
		return;
	}
	if (dev->opens == 0) {
		/* Closed with requests under way, which it must not get. */
		request_finish_all(dev, -ESTALE, now);
		device_log(dev, LOG_LEVEL_WARN, "is another disk now");
		verify_disown(dev);
		verify_learn(p, id, block);
		p->refused = false;
		verify_done(p, PATH_NEED_IDENTIFY, now);
		return;
	}
	verify_refuse(p, "another disk took this address; refused", now);
	if (dev->swapped || !p->remote->ours)
		return;
	dev->swapped = true;
	device_event(dev, ENGINE_SWAPPED);
	request_finish_all(dev, -ESTALE, now);
	device_check_up(dev);
}

/*
 * Model and serial make the disk. Where the serial says nothing (kvblade has
 * one for all, mirrored targets differ) the size must do.
 */
static bool verify_same(const struct device *dev, const struct ata_identity *id)
{
	bool constant = ata_serial_is_constant(id);

	if (dev->e->cfg.ignore_serial)
		return strcmp(dev->id.model, id->model) == 0 &&
		       dev->sectors == id->sectors;
	return ata_same_identity(&dev->id, id, constant);
}

void verify_identified(struct path *p, const uint8_t *block, nsec_t now)
{
	struct device *dev = p->dev;
	struct ata_identity id;

	p->stats.identifies++;
	if (ata_parse_identity(block, &id) < 0) {
		verify_refuse(
		    p, "its IDENTIFY data names no disk; refused", now);
		return;
	}
	p->sectors = id.sectors;
	p->remote->flush = id.flush;
	p->remote->flush_ext = id.flush_ext;
	if (!dev->known)
		verify_learn(p, &id, block);
	if (!verify_same(dev, &id) || dev->swapped) {
		verify_foreign(p, &id, block, now);
		return;
	}
	if (!verify_adopt_size(dev, p, id.sectors, now)) {
		verify_refuse(
		    p, "its size is not that of the other paths; refused", now);
		return;
	}
	p->refused = false;
	memcpy(dev->identify, block, sizeof(dev->identify));
	verify_done(p, PATH_NEED_IDENTIFY, now);
}

void verify_forget(struct device *dev, nsec_t now)
{
	struct list *l;
	struct path *p;

	dev->swapped = dev->known = false;
	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		p = list_entry(l, struct path, dev_link);
		p->refused = false;
		p->remote->ours = false;
		verify_start(p, PATH_NEED_BOTH, now);
	}
}
