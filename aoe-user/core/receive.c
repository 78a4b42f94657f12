/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/receive.h"
#include <errno.h>
#include <string.h>
#include "aoe-user/core/answer.h"
#include "aoe-user/core/ask.h"
#include "aoe-user/core/errand.h"
#include "aoe-user/core/flight.h"
#include "aoe-user/core/flush.h"
#include "aoe-user/core/held.h"
#include "aoe-user/core/life.h"
#include "aoe-user/core/loss.h"
#include "aoe-user/core/outcome.h"
#include "aoe-user/core/request_run.h"
#include "aoe-user/core/setting.h"
#include "aoe-user/core/state.h"
#include "aoe-user/core/verify.h"

/*
 * A refusal of valid I/O: the target may have restarted with its first limits
 * (AoE error 2), take fewer sectors than before (others abort), or its disk may
 * be smaller now (sector not found).
 */
static void receive_doubt(const struct answer *a, const struct err_verdict *v)
{
	bool aoe = a->h->flags & WIRE_FLAG_ERROR;
	bool many = v->action == ERR_SINGLE && a->c->count > 1 &&
		    (a->ata.feature & ATA_ERROR_ABRT);

	if (aoe ? v->action == ERR_REQUERY : many)
		ask_doubt(a->c->path, PATH_NEED_BOTH, a->now);
	else if (!aoe && (a->ata.feature & ATA_ERROR_IDNF))
		ask_doubt(a->c->path, PATH_NEED_IDENTIFY, a->now);
}

/*
 * This answer ends a silence in which the disk may have been changed for
 * another: before it, IDENTIFY was answered too long ago to count.
 */
static bool receive_ends_silence(const struct path *p, nsec_t now)
{
	if (p->state != PATH_UP && p->need != PATH_NEED_CONFIG)
		return false;
	return nsec_since(p->last_answer, now) >= PATH_STALE;
}

/* The answer to a question or to a setting: it counts, then others are due. */
static void receive_answered(struct copy *c, nsec_t now)
{
	bool late = receive_ends_silence(c->path, now);

	life_answered(c, now);
	if (late)
		ask_start(c->path, PATH_NEED_BOTH, now);
}

/*
 * True when the sender is this disk now. Else the answer is held, if it was the
 * disk and may be it still, or nothing becomes of it: an answer that did no
 * good is not worth to be held, but its copy is given up.
 */
static bool receive_trusted(const struct answer *a, bool good)
{
	struct copy *c = a->c;
	struct path *p = c->path;

	if (receive_ends_silence(p, a->now))
		ask_start(p, PATH_NEED_BOTH, a->now);
	switch (remote_trust(a->sender)) {
	case TRUST_FULL:
		return true;
	case TRUST_NONE:
		c->dev->e->stats.untrusted++;
		break;
	case TRUST_HOLD:
		if (good)
			held_keep(c, a->sender,
			    c->kind == COPY_READ ? a->ata.data : NULL);
		else
			loss_one(c, a->now);
		break;
	}
	return false;
}

static void receive_data(struct answer *a)
{
	struct err_verdict v = answer_judge(a);
	struct copy *c = a->c;
	struct path *p = c->path;
	struct aoe_request *rq = c->rq;
	bool good = v.action == ERR_DONE;

	if (good && answer_is_short(a, &v))
		good = false;
	if (!receive_trusted(a, good))
		return;
	if (!good && rq != NULL) /* the request may have failed already */
		answer_log(a, &v);
	if (good)
		p->worked_at = a->now;
	if (good && c->kind == COPY_WRITE)
		flush_mark(c->dev, p->remote);
	p->stats.rx_bytes += a->ata.data_len + WIRE_ATA_HEADER;
	life_answered(c, a->now);
	device_activate(c->dev);
	if (!good)
		receive_doubt(a, &v);
	if (rq == NULL)
		return;
	if (good)
		outcome_good(
		    rq, c, c->kind == COPY_READ ? a->ata.data : NULL, a->now);
	else
		outcome_failed(rq, c, &v, a->now);
}

/* It will not flush when it is asked like this, now or later. */
static bool receive_refused(const struct answer *a, const struct err_verdict *v)
{
	if (a->h->flags & WIRE_FLAG_ERROR)
		return a->h->error == WIRE_ERR_COMMAND ||
		       a->h->error == WIRE_ERR_ARGUMENT;
	return v->error == -EOPNOTSUPP;
}

static void receive_flush(struct answer *a)
{
	struct err_verdict v = answer_judge(a);
	struct copy *c = a->c;
	struct aoe_request *rq = c->rq;
	struct remote *r = c->path->remote;
	bool good = v.action == ERR_DONE, refused;

	if (!receive_trusted(a, good))
		return;
	refused = receive_refused(a, &v);
	life_answered(c, a->now);
	if (good) {
		outcome_flushed(c->dev, r, c->flush_seq, a->now);
		return;
	}
	if (refused) {
		good = !flush_refused(c->dev, c, a->h->flags & WIRE_FLAG_ERROR);
		v.action = ERR_REQUERY;
	} else {
		answer_log(a, &v);
	}
	if (rq == NULL)
		return;
	if (good)
		outcome_good(rq, c, NULL, a->now);
	else
		outcome_failed(rq, c, &v, a->now);
}

/*
 * `config` is NULL with the E flag. When what it says is not to be believed, it
 * is asked.
 */
static void receive_setting(struct answer *a, const struct wire_config *config)
{
	struct copy *c = a->c;
	struct aoe_request *rq = c->rq;
	struct err_verdict v = setting_judge(rq, a->h->error, config);
	struct slice *s;

	c->dev->stats.aoe_errors += config == NULL;
	/* Not known to be this disk just now: it is set again when it is. */
	if (c->path->remote->up == 0)
		return;
	receive_answered(c, a->now);
	device_activate(c->dev);
	if (setting_is_vague(rq, config)) {
		s = errand_slice(rq, c->remote);
		if (s == NULL) /* done by another copy */
			return;
		s->read_at = a->now;
		ask_start(c->path, PATH_NEED_CONFIG, a->now);
		return;
	}
	if (rq == NULL)
		return;
	if (v.action == ERR_DONE) {
		discover_set(c->dev, c->path->remote, config);
		outcome_good(rq, c, NULL, a->now);
	} else {
		answer_log(a, &v);
		outcome_failed(rq, c, &v, a->now);
	}
}

/* The config answer to a copy: perhaps a setting was to be read back by it. */
static void receive_read_back(
    struct answer *a, const struct wire_config *config)
{
	struct device *dev = a->c->dev;
	struct aoe_request *rq;
	struct err_verdict v;
	struct list *l, *tmp;
	struct slice *s;

	list_each(l, tmp, &dev->errand_requests) {
		rq = list_entry(l, struct aoe_request, s.ready);
		s = errand_slice(rq, a->c->path->remote);
		if (s == NULL || s->read_at == 0)
			continue;
		if (a->c->sent_at < s->read_at) { /* asked before that */
			ask_start(a->c->path, PATH_NEED_CONFIG, a->now);
			return;
		}
		v = setting_judge(rq, 0, config);
		if (v.action == ERR_DONE) {
			discover_set(dev, s->remote, config);
			request_slice_done(s, a->now);
		} else {
			answer_log(a, &v);
			request_finish(rq, v.error, a->now);
		}
	}
}

static void receive_identify(struct answer *a)
{
	struct err_verdict v = answer_judge(a);
	struct copy *c = a->c;
	struct path *p = c->path;

	receive_answered(c, a->now);
	if (v.action != ERR_DONE) {
		answer_log(a, &v);
		return;
	}
	if (a->ata.data_len < WIRE_SECTOR) {
		c->dev->stats.short_data++;
		return;
	}
	verify_identified(p, a->ata.data, a->now);
}

/*
 * Data may come back from any MAC of the device (bonded targets); who answers
 * a control frame must be who was asked, or the wrong path is verified. So must
 * who answers a setting: each has a string of its own.
 */
static struct remote *receive_sender(const struct copy *c, struct mac src)
{
	if (mac_equal(c->path->remote->mac, src))
		return c->path->remote;
	if (copy_is_control(c) || c->kind == COPY_SETTING)
		return NULL;
	return device_remote(c->dev, src);
}

/* A forgery, or a target that answers from where it was never asked. */
static void receive_stranger(
    const struct copy *c, const struct wire_header *h, nsec_t now)
{
	char mac[MAC_TEXT];

	device_warn(c->dev, now, "answered by %s, who was not asked: ignored",
	    mac_format(h->src, mac));
}

/* True when the frame answers copy `c`; counts why not. */
static bool receive_matches(struct engine *e, const struct copy *c,
    const struct wire_header *h, nsec_t now)
{
	bool config = c->kind == COPY_CONFIG || c->kind == COPY_SETTING;
	uint8_t command = config ? WIRE_CONFIG : WIRE_ATA;

	if (c->state == COPY_OFFERED) {
		e->stats.unexpected++;
		return false;
	}
	if (c->state == COPY_ANSWERED) {
		e->stats.dup++;
		return false;
	}
	if (c->state == COPY_GONE) {
		e->stats.late++;
		return false;
	}
	if (!addr_equal(c->dev->addr, h->addr) || h->command != command) {
		e->stats.mismatched++;
		return false;
	}
	if (receive_sender(c, h->src) == NULL) {
		e->stats.mismatched++;
		receive_stranger(c, h, now);
		return false;
	}
	return true;
}

static void receive_ata(struct engine *e, const struct wire_header *h,
    const uint8_t *frame, size_t len, nsec_t now)
{
	struct answer a = {.h = h, .now = now};

	a.c = copy_find(&e->copies, h->tag);
	if (a.c == NULL) {
		if (tag_is_ours(&e->copies.key, h->tag))
			e->stats.unexpected++;
		else
			e->stats.foreign++;
		return;
	}
	if (!receive_matches(e, a.c, h, now))
		return;
	a.sender = receive_sender(a.c, h->src);
	/* ggaoed cuts error answers to the common header. */
	if (wire_get_ata(frame, len, &a.ata) != WIRE_OK &&
	    !(h->flags & WIRE_FLAG_ERROR)) {
		e->stats.malformed++;
		return;
	}
	if (copy_is_data(a.c))
		receive_data(&a);
	else if (a.c->kind == COPY_FLUSH)
		receive_flush(&a);
	else
		receive_identify(&a);
}

/* An answer that has the tag of a setting. */
static void receive_set(struct engine *e, struct port *port, struct copy *c,
    const struct wire_header *h, const uint8_t *frame, size_t len, nsec_t now)
{
	struct answer a = {.c = c, .h = h, .now = now};
	bool refused = h->flags & WIRE_FLAG_ERROR;
	struct wire_config config;

	if (!refused && wire_get_config(frame, len, &config) != WIRE_OK) {
		e->stats.malformed++;
		return;
	}
	if (receive_matches(e, c, h, now))
		receive_setting(&a, refused ? NULL : &config);
	else if (!refused)
		discover_answer(e, port, h, &config, NSEC_NEVER, now);
}

/* That MAC was asked itself, and the answer is the first one. */
static bool receive_is_late(const struct copy *c, const struct wire_header *h)
{
	struct wire_header asked;

	return c->kind == COPY_CONFIG && c->state == COPY_GONE &&
	       wire_get_header(c->header, sizeof(c->header), &asked) ==
		   WIRE_OK &&
	       mac_equal(asked.dst, h->src) && addr_equal(asked.addr, h->addr);
}

/* An answer that has the tag of a query. */
static void receive_queried(struct engine *e, struct port *port, struct copy *c,
    const struct wire_header *h, const struct wire_config *config, nsec_t now)
{
	struct answer a = {.c = c, .h = h, .now = now};
	bool matched = receive_matches(e, c, h, now);
	nsec_t asked_at = NSEC_NEVER;
	struct path *p = c->path;

	/* Two may answer for one MAC: the first one counts. */
	if (c->state == COPY_ANSWERED && !matched &&
	    memcmp(c->header, h->src.b, sizeof(h->src.b)) == 0)
		return;
	if (receive_is_late(c, h)) {
		flight_late(c);
		asked_at = c->sent_at;
	}
	if (matched) {
		asked_at = c->sent_at;
		receive_answered(c, now);
		receive_read_back(&a, config);
	}
	discover_answer(e, port, h, config, asked_at, now);
	if (matched)
		verify_config(p, now);
}

static void receive_config(struct engine *e, struct port *port,
    const struct wire_header *h, const uint8_t *frame, size_t len, nsec_t now)
{
	struct copy *c = copy_find(&e->copies, h->tag);
	struct wire_config config;

	if (c != NULL && c->kind == COPY_SETTING) {
		receive_set(e, port, c, h, frame, len, now);
		return;
	}
	if (h->flags & WIRE_FLAG_ERROR)
		return;
	if (wire_get_config(frame, len, &config) != WIRE_OK) {
		e->stats.malformed++;
		return;
	}
	if (c != NULL)
		receive_queried(e, port, c, h, &config, now);
	else
		discover_answer(e, port, h, &config, NSEC_NEVER, now);
}

void receive_frame(struct engine *e, struct port *port, const uint8_t *frame,
    size_t len, nsec_t now)
{
	struct wire_header h;

	e->stats.rx_frames++;
	if (wire_get_header(frame, len, &h) != WIRE_OK) {
		e->stats.malformed++;
		return;
	}
	if (!(h.flags & WIRE_FLAG_RESPONSE) || mac_equal(h.src, port->mac)) {
		e->stats.foreign++;
		return;
	}
	if (h.command == WIRE_CONFIG)
		receive_config(e, port, &h, frame, len, now);
	else if (h.command == WIRE_ATA)
		receive_ata(e, &h, frame, len, now);
	else
		e->stats.foreign++;
}
