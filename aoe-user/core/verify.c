/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/verify.h"
#include <errno.h>
#include <string.h>
#include "aoe-user/core/ask.h"
#include "aoe-user/core/flush.h"
#include "aoe-user/core/held.h"
#include "aoe-user/core/loss.h"
#include "aoe-user/core/request_run.h"
#include "aoe-user/core/rival.h"
#include "aoe-user/core/state.h"
#include "aoe-user/core/swap.h"

#define VERIFY_SIZE_ROUNDS 8u /* paths that disagree are asked no more */

static void verify_done(struct path *p, unsigned part, nsec_t now)
{
	if (!ask_answered(p, part) || p->state == PATH_REFUSED)
		return;
	/* The disk was resized between its two answers. */
	if (p->id.sectors != p->dev->sectors) {
		ask_start(p, PATH_NEED_IDENTIFY, now);
		return;
	}
	if (p->state == PATH_SUSPECT || p->state == PATH_SILENT)
		path_log(p, LOG_LEVEL_INFO, "answers again");
	p->round = 0;
	p->remote->ours = true;
	p->tries = 0;
	p->control_at = NSEC_NEVER;
	p->last_answer = now;
	/* What it was asked before its silence is worth a probe now. */
	if (nsec_since(p->quiet_since, now) >= rtt_pto(&p->rtt))
		p->pto_at = now;
	timer_at_latest(&p->dev->e->timers, &p->timer, now);
	path_set(p, PATH_UP);
	ask_verified(p, now);
	held_release(p->remote, p->dev, now);
	device_activate(p->dev);
}

/* Others may be about to tell who they are, too. */
static void verify_told(struct device *dev, nsec_t now)
{
	rival_news(dev, now);
	rival_look(dev, now);
}

void verify_config(struct path *p, nsec_t now)
{
	verify_done(p, PATH_NEED_CONFIG, now);
	verify_told(p->dev, now);
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
		if (q != p && path_is_alive(q))
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
		if (p->state == PATH_REFUSED && p->need == 0 &&
		    p->id.sectors == dev->sectors)
			ask_start(p, PATH_NEED_IDENTIFY, now);
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
		if (!path_is_alive(q) || q->id.sectors == sectors)
			continue;
		agreed = false;
		if (dev->size_rounds < VERIFY_SIZE_ROUNDS)
			ask_start(q, PATH_NEED_IDENTIFY, now);
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
	request_cut_off(dev, now);
	device_event(dev, ENGINE_RESIZED);
	verify_admit_resized(dev, now);
	return true;
}

/* All that IDENTIFY says, at once: size and address form belong together. */
static void verify_adopt(
    struct device *dev, const struct ata_identity *id, const uint8_t *block)
{
	dev->id = *id;
	memcpy(dev->identify, block, sizeof(dev->identify));
}

static void verify_learn(
    struct path *p, const struct ata_identity *id, const uint8_t *block)
{
	struct device *dev = p->dev;

	verify_adopt(dev, id, block);
	dev->sectors = id->sectors;
	dev->known = true;
	device_log(dev, LOG_LEVEL_INFO, "%s, serial %s, %llu sectors",
	    id->model, id->serial, (unsigned long long)id->sectors);
	device_event(dev, ENGINE_FOUND);
}

/* It may be asked what it is missing, and come up again. */
static void verify_pardon(struct path *p)
{
	if (p->state == PATH_REFUSED)
		path_set(p, PATH_SILENT);
}

/* What stood for the old disk has to show that it stands for the new one. */
static void verify_disown(struct device *dev)
{
	struct list *l;

	struct remote *r;

	for (l = dev->remotes.next; l != &dev->remotes; l = l->next) {
		r = list_entry(l, struct remote, link);
		r->ours = false;
		flush_forget(r);
	}
}

/* It is asked again now and then; once is enough for the log. */
static enum log_level verify_level(const struct path *p, enum log_level level)
{
	return p->state == PATH_REFUSED ? LOG_LEVEL_DEBUG : level;
}

static void verify_shut(struct path *p, nsec_t now)
{
	if (p->state != PATH_REFUSED)
		p->refused_at = now;
	p->need = 0;
	ask_stop(p);
	p->round = 0;
	path_set(p, PATH_REFUSED);
	held_drop(p->remote, p->dev);
	loss_all(p, now);
}

static void verify_refuse(
    struct path *p, enum log_level level, const char *why, nsec_t now)
{
	path_log(p, verify_level(p, level), why);
	verify_shut(p, now);
}

/* What it says of itself is nothing that can be used. */
static void verify_unfit(
    struct path *p, int error, uint64_t sector_size, nsec_t now)
{
	char mac[MAC_TEXT];

	if (error != -EMEDIUMTYPE) {
		verify_refuse(p, LOG_LEVEL_ERROR,
		    "its IDENTIFY data names no disk; refused", now);
		return;
	}
	device_log(p->dev, verify_level(p, LOG_LEVEL_ERROR),
	    "path to %s: it has sectors of %llu bytes, not of %u; refused",
	    mac_format(p->remote->mac, mac), (unsigned long long)sector_size,
	    WIRE_SECTOR);
	verify_shut(p, now);
}

static const char verify_another[] =
    "another disk answers for this address too; refused";

/* Those that show another disk than the device's get nothing from now on. */
static void verify_refuse_others(struct device *dev, nsec_t now)
{
	struct list *l;
	struct path *p;

	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		p = list_entry(l, struct path, dev_link);
		if (path_is_alive(p) && !rival_same(dev, &dev->id, &p->id))
			verify_refuse(p, LOG_LEVEL_INFO, verify_another, now);
	}
}

/* Nobody has the device open: it stands for this disk from now on. */
static void verify_replace(struct path *p, const struct ata_identity *id,
    const uint8_t *block, nsec_t now)
{
	struct device *dev = p->dev;

	/* Closed with requests under way, which it must not get. */
	request_finish_all(dev, -ESTALE, now);
	device_log(dev, dev->settled ? LOG_LEVEL_WARN : LOG_LEVEL_INFO,
	    "is another disk now");
	verify_disown(dev);
	verify_learn(p, id, block);
	verify_pardon(p);
	verify_done(p, PATH_NEED_IDENTIFY, now);
	verify_refuse_others(dev, now);
}

/*
 * Another disk answers for the address. While one of ours does too, or while
 * somebody has it open, it never gets a frame of data, unless it is the one
 * that was asked for. At a MAC that was ours, with no other left, the disk was
 * swapped: open handles fail rather than wait for it (swap.h). A MAC that was
 * never ours is no reason to give up the right one.
 */
static void verify_foreign(struct path *p, const struct ata_identity *id,
    const uint8_t *block, nsec_t now)
{
	struct device *dev = p->dev;
	bool wins = rival_chosen(dev, id) && !rival_chosen(dev, &dev->id);

	if (dev->opens == 0 && (wins || !verify_others(p))) {
		verify_replace(p, id, block, now);
		return;
	}
	if (verify_others(p)) {
		/* Before it is open, the device tells of both. */
		verify_refuse(p,
		    dev->opens > 0 ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
		    verify_another, now);
		return;
	}
	verify_refuse(
	    p, LOG_LEVEL_ERROR, "another disk took this address; refused", now);
	if (p->remote->ours)
		swap_suspect(p, now);
}

static void verify_judge(struct path *p, const uint8_t *block, nsec_t now)
{
	struct device *dev = p->dev;
	struct ata_identity id;
	int error = ata_parse_identity(block, &id);

	p->stats.identifies++;
	if (error < 0) {
		verify_unfit(p, error, ata_sector_size(block), now);
		return;
	}
	p->id = id;
	flush_learn(p->remote, &id, !path_is_alive(p));
	if (dev->opens == 0 && !rival_allowed(dev, &id)) {
		verify_refuse(p, LOG_LEVEL_INFO,
		    "its serial number is not the one that is wanted; refused",
		    now);
		return;
	}
	if (!dev->known)
		verify_learn(p, &id, block);
	if (!rival_same(dev, &dev->id, &id) || dev->swapped) {
		verify_foreign(p, &id, block, now);
		return;
	}
	if (!verify_adopt_size(dev, p, id.sectors, now)) {
		verify_refuse(p, LOG_LEVEL_ERROR,
		    "its size is not that of the other paths; refused", now);
		return;
	}
	verify_pardon(p);
	verify_adopt(dev, &id, block);
	verify_done(p, PATH_NEED_IDENTIFY, now);
}

void verify_identified(struct path *p, const uint8_t *block, nsec_t now)
{
	verify_judge(p, block, now);
	verify_told(p->dev, now);
}

void verify_forget(struct device *dev, nsec_t now)
{
	struct list *l;
	struct path *p;

	verify_disown(dev);
	swap_clear(dev);
	dev->known = false;
	rival_restart(dev);
	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		p = list_entry(l, struct path, dev_link);
		verify_pardon(p);
		ask_start(p, PATH_NEED_BOTH, now);
	}
}
