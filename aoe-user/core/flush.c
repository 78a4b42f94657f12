/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/flush.h"
#include <assert.h>
#include "aoe-user/core/errand.h"
#include "aoe-user/core/path.h"
#include "aoe-user/core/state.h"

/*
 * Before the first flush somebody else may have written there; that is for
 * others to flush if it is gone and they are not.
 */
static bool flush_needed(const struct device *dev, const struct remote *r)
{
	if (flush_opcode(r) == 0)
		return false;
	if (remote_has_debt(r))
		return true;
	return !r->flushed && r->ours && (r->alive > 0 || dev->alive == 0);
}

bool flush_is_vain(const struct device *dev, const struct remote *r)
{
	return r->alive == 0 && !flush_needed(dev, r);
}

int flush_plan(struct aoe_request *rq)
{
	int error = errand_plan(rq, flush_needed);
	const struct list *l;
	struct slice *s;

	for (l = rq->s.slices.next; l != &rq->s.slices; l = l->next) {
		s = list_entry(l, struct slice, link);
		s->covers = s->remote->written_seq;
	}
	return error;
}

uint8_t flush_opcode(const struct remote *r)
{
	if (r->flush_ext)
		return ATA_FLUSH_EXT;
	return r->flush ? ATA_FLUSH : 0;
}

/* What was refused is to be tried again. */
static void flush_believe(struct remote *r)
{
	r->flush = r->flush_said;
	r->flush_ext = r->flush_ext_said;
	r->flush_counted = false;
}

void flush_learn(struct remote *r, const struct ata_identity *id, bool anew)
{
	if (!anew && r->flush_said == id->flush &&
	    r->flush_ext_said == id->flush_ext)
		return;
	r->flush_said = id->flush;
	r->flush_ext_said = id->flush_ext;
	flush_believe(r);
}

bool flush_refused(struct device *dev, const struct copy *c, bool by_aoe)
{
	struct remote *r = c->path->remote;

	assert(c->kind == COPY_FLUSH);
	/* Plan 9's vblade refuses what has no sectors. */
	if (by_aoe && !c->counted)
		r->flush_counted = true;
	else if (c->opcode == ATA_FLUSH_EXT)
		r->flush_ext = false;
	else
		r->flush = false;
	if (flush_opcode(r) != 0)
		return true;
	if (!r->flush_warned)
		device_log(dev, LOG_LEVEL_WARN,
		    "the target refuses FLUSH CACHE: flushes succeed without "
		    "it, and nothing says when writes are on the medium");
	r->flush_warned = true;
	return false;
}

void flush_look(struct device *dev, nsec_t now)
{
	struct remote *r;
	struct list *l;

	for (l = dev->remotes.next; l != &dev->remotes; l = l->next) {
		r = list_entry(l, struct remote, link);
		if (r->alive > 0)
			r->away_since = 0;
		else if (r->away_since == 0)
			r->away_since = now;
	}
}

static void flush_move_one(struct device *dev, struct remote *gone)
{
	char mac[MAC_TEXT];
	struct remote *r;
	struct list *l;

	assert(gone->alive == 0 && remote_has_debt(gone));
	for (l = dev->remotes.next; l != &dev->remotes; l = l->next) {
		r = list_entry(l, struct remote, link);
		if (r != gone && r->ours && r->alive > 0)
			flush_mark(dev, r);
	}
	flush_forget(gone);
	device_arm(dev, 0); /* flushes under way are for others now */
	dev->stats.flushes_moved++;
	if (dev->e->cfg.strict_flush)
		dev->lost_writes = true;
	device_log(dev, LOG_LEVEL_WARN,
	    "%s is gone with writes that it did not flush: others %s",
	    mac_format(gone->mac, mac),
	    dev->e->cfg.strict_flush ? "cannot; a flush fails for that"
				     : "flush for it");
}

bool flush_move(struct device *dev, nsec_t now, nsec_t *next)
{
	bool moved = false;
	struct remote *r;
	struct list *l;
	nsec_t due;

	flush_look(dev, now);
	for (l = dev->remotes.next; l != &dev->remotes; l = l->next) {
		r = list_entry(l, struct remote, link);
		if (r->alive > 0 || !remote_has_debt(r))
			continue;
		due = nsec_add(r->away_since, dev->e->cfg.late_copy);
		if (due > now) {
			*next = nsec_min(*next, due);
		} else if (device_has_other(dev, r)) {
			flush_move_one(dev, r);
			moved = true;
		}
	}
	return moved;
}

void flush_forget(struct remote *r)
{
	r->flushed_seq = MAX(r->flushed_seq, r->written_seq);
	/* When it comes back it may have some of it still. */
	r->flushed = false;
}

void flush_mark(struct device *dev, struct remote *r)
{
	assert(r->written_seq <= dev->write_seq);
	r->written_seq = ++dev->write_seq;
}

void flush_restarted(struct device *dev, struct remote *r, nsec_t now)
{
	unsigned dropped;

	dev->stats.restarts++;
	flush_believe(r);
	if (r->written_seq <= MAX(r->flushed_seq, r->doubted_seq))
		return;
	dev->stats.dirty_restarts++;
	/* In a storm that is said already, and better. */
	if (now >= dev->storm_until &&
	    log_allow(&dev->restart_limit, now, &dropped))
		device_log(dev, LOG_LEVEL_WARN,
		    "the target restarted with writes that were not flushed");
	dev->lost_writes = true;
	/* Not flushed by that: its host may still hold them in memory. */
	r->doubted_seq = r->written_seq;
}
