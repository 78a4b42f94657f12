/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/path.h"
#include "aoe-user/core/loss.h"
#include "aoe-user/core/request_run.h"
#include "aoe-user/core/state.h"
#include "aoe-user/core/verify.h"

#define PATH_SECTORS_UNSAID 2u /* when the target does not say its limit */

struct path *path_find(
    const struct device *dev, const struct port *port, struct mac mac)
{
	const struct list *l;
	struct path *p;

	for (l = dev->paths.next; l != &dev->paths; l = l->next) {
		p = list_entry(l, struct path, dev_link);
		if (p->port == port && mac_equal(p->remote->mac, mac))
			return p;
	}
	return NULL;
}

struct path *path_new(
    struct device *dev, struct remote *remote, struct port *port)
{
	struct path *p = engine_get(dev->e, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->peer = peer_get(dev->e, port, remote->mac);
	if (p->peer == NULL) {
		engine_put(dev->e, p, sizeof(*p));
		return NULL;
	}
	p->dev = dev;
	p->remote = remote;
	p->port = port;
	port->paths++;
	rtt_init(&p->rtt);
	payload_init(&p->payload_in);
	payload_init(&p->payload_out);
	list_init(&p->control_link);
	list_init(&p->out);
	list_init(&p->slow);
	list_init(&p->lost);
	p->timer.kind = TIMER_PATH;
	p->control_at = NSEC_NEVER;
	list_append(&dev->paths, &p->dev_link);
	dev->path_count++;
	path_update_caps(p);
	return p;
}

static void path_end_copies(struct engine *e, struct list *copies)
{
	struct list *l, *tmp;

	list_each(l, tmp, copies)
		copy_put(&e->copies, list_entry(l, struct copy, path_link),
		    COPY_GONE);
}

void path_free(struct engine *e, struct path *p)
{
	struct list *l;

	/* Other slots behind the MAC go on with the window. */
	for (l = p->out.next; l != &p->out; l = l->next)
		path_uncharge(
		    p, list_entry(l, struct copy, path_link), p->last_answer);
	path_end_copies(e, &p->out);
	path_end_copies(e, &p->slow);
	path_end_copies(e, &p->lost);
	timer_clear(&e->timers, &p->timer);
	list_del(&p->control_link);
	list_del(&p->dev_link);
	p->dev->path_count--;
	if (p->port != NULL) {
		p->port->paths--;
		peer_release(e, p->peer);
	}
	engine_put(e, p, sizeof(*p));
}

/* What MTU and target allow. */
static unsigned path_most(const struct path *p)
{
	unsigned n = p->port != NULL ? wire_sectors_for_mtu(p->port->mtu) : 1;
	unsigned said = p->remote->sectors_max;

	n = MIN(n, said ? said : PATH_SECTORS_UNSAID);
	if (p->limit != 0)
		n = MIN(n, p->limit);
	return MAX(n, 1u);
}

static struct payload *path_payload_of(struct path *p, enum copy_kind kind)
{
	return kind == COPY_WRITE ? &p->payload_out : &p->payload_in;
}

unsigned path_payload(struct path *p, enum copy_kind kind, nsec_t now)
{
	struct payload *pl = path_payload_of(p, kind);

	payload_set_most(pl, path_most(p));
	return payload_next(pl, now);
}

unsigned path_payload_shown(const struct path *p)
{
	unsigned most = path_most(p);

	if (p->payload_in.most == most)
		most = MIN(most, payload_shown(&p->payload_in));
	if (p->payload_out.most == most)
		most = MIN(most, payload_shown(&p->payload_out));
	return most;
}

bool path_usable(struct path *p, nsec_t now)
{
	if (p->port == NULL || !p->port->up || p->refused || !p->verified)
		return false;
	if (nsec_since(p->last_answer, now) < PATH_STALE)
		return true;
	verify_start(p, PATH_NEED_BOTH, now);
	return false;
}

bool path_has_room(const struct path *p)
{
	/* First, as it wants to know of every time when it was full. */
	return window_has_room(&p->peer->window) &&
	       p->remote->inflight < remote_cap(p->dev, p->remote);
}

/* Slots behind one MAC share its window: the largest use is all their caps. */
void path_update_caps(struct path *p)
{
	struct engine *e = p->dev->e;
	unsigned i, sum = 0;
	struct path *q;

	for (i = 0; i < e->device_count; i++) {
		q = path_find(e->devices[i], p->port, p->remote->mac);
		if (q != NULL && q->remote->buffers != 0)
			sum += remote_cap(q->dev, q->remote);
	}
	window_set_max(&p->peer->window, sum);
}

void path_charge(struct path *p, const struct copy *c, nsec_t now)
{
	payload_sent(path_payload_of(p, c->kind), c->count, c->tag);
	p->inflight++;
	p->remote->inflight++;
	window_sent(&p->peer->window, now);
}

void path_leave(struct path *p)
{
	p->inflight--;
	p->remote->inflight--;
}

void path_uncharge(struct path *p, const struct copy *c, nsec_t now)
{
	payload_unsent(path_payload_of(p, c->kind), c->tag);
	path_leave(p);
	window_on_drop(&p->peer->window, now);
}

void path_sent(struct path *p, struct copy *c, nsec_t now)
{
	size_t bytes = c->frame.iov[0].iov_len + c->frame.iov[1].iov_len;

	c->state = COPY_OUT;
	c->sent_at = now;
	c->seq = ++p->seq;
	p->stats.sent++;
	p->stats.tx_bytes += bytes;
	p->stats.resent += c->resend;
	p->stats.probes += c->probe;
	if (!copy_is_data(c)) {
		list_append(&p->slow, &c->path_link);
		if (copy_is_errand(c))
			timer_at_latest(&p->dev->e->timers, &p->timer,
			    nsec_add(now, LOSS_SLOW_RESEND));
		return;
	}
	if (list_empty(&p->out)) {
		p->quiet_since = now;
		p->backoff = 0;
		p->probe_at = nsec_add(now, rtt_probe(&p->rtt));
		timer_at_latest(&p->dev->e->timers, &p->timer, p->probe_at);
	}
	list_append(&p->out, &c->path_link);
}

static void path_payload_news(const struct path *p, enum payload_news news)
{
	if (news == PAYLOAD_FELL)
		path_log(p, LOG_LEVEL_WARN,
		    "large frames get lost; using smaller ones");
	if (news == PAYLOAD_ROSE)
		path_log(p, LOG_LEVEL_INFO, "large frames pass again");
}

void path_lost_size(struct path *p, const struct copy *c, nsec_t now)
{
	if (copy_is_data(c))
		path_payload_news(p, payload_lost(path_payload_of(p, c->kind),
					 c->count, c->tag, c->sent_at, now));
}

/*
 * This answer ends a silence in which the disk may have been changed for
 * another: before it, IDENTIFY was answered too long ago to count.
 */
static bool path_answers_late(const struct path *p, nsec_t now)
{
	if (!p->verified && p->need != PATH_NEED_CONFIG)
		return false;
	return nsec_since(p->last_answer, now) >= PATH_STALE;
}

/* What a data copy's answer says of window, payload and order. */
static void path_data_answered(
    struct path *p, const struct copy *c, bool was_out, nsec_t now)
{
	if (was_out) {
		path_leave(p);
		window_on_answer(&p->peer->window, now);
	} else if (p->peer != NULL) {
		window_on_needless(&p->peer->window, now);
	}
	path_payload_news(p, payload_answered(path_payload_of(p, c->kind),
				 c->count, c->tag, now));
	/* Never passed: not behind at all. */
	rtt_passed(&p->rtt, nsec_since(c->passed_at, now));
}

void path_answered(struct path *p, struct copy *c, nsec_t now)
{
	nsec_t age = nsec_since(c->sent_at, now), next;
	bool was_out = c->state == COPY_OUT;

	p->stats.answered++;
	list_del(&c->path_link);
	if (copy_is_data(c))
		path_data_answered(p, c, was_out, now);
	if (!was_out) {
		p->stats.spurious++;
		/* Only what was judged by order says something of order. */
		if (c->passed_at != NSEC_NEVER && !copy_is_errand(c))
			rtt_needless(&p->rtt, age, now);
	}
	if (!copy_is_errand(c))
		rtt_sample(&p->rtt, age);
	if (c->seq > p->answered_seq) {
		p->answered_seq = c->seq;
		p->answered_sent = c->sent_at;
	}
	if (path_answers_late(p, now))
		verify_start(p, PATH_NEED_BOTH, now);
	loss_resume(p, now);
	p->last_answer = p->quiet_since = now;
	p->backoff = 0;
	p->probe_credit = false;
	next = loss_judge(p, now);
	p->probe_at = loss_patience(p, now);
	if (!list_empty(&p->lost))
		next = nsec_min(next, nsec_add(now, loss_gone_after(p, now)));
	if (next != NSEC_NEVER)
		timer_at_latest(&p->dev->e->timers, &p->timer, next);
}

void path_down(struct path *p, nsec_t now)
{
	loss_all(p, now);
	p->verified = p->alive = p->suspect = false;
	p->need = PATH_NEED_BOTH;
	p->offer = 0;
	p->limit = 0;
	payload_init(&p->payload_in);
	payload_init(&p->payload_out);
	p->control_at = NSEC_NEVER;
	list_del(&p->control_link);
	device_check_up(p->dev);
}

void path_tick(struct path *p, nsec_t now)
{
	struct engine *e = p->dev->e;
	nsec_t next = loss_judge(p, now);

	next = nsec_min(next, loss_silence_tick(p, now));
	next = nsec_min(next, loss_slow(p, now));
	next = nsec_min(next, verify_tick(p, now));
	next = nsec_min(next, loss_bury(p, now));
	if (p->port == NULL && list_empty(&p->lost) && list_empty(&p->out) &&
	    list_empty(&p->slow)) {
		path_free(e, p);
		return;
	}
	timer_set(&e->timers, &p->timer, next);
}

enum engine_path_state path_state(const struct path *p)
{
	if (p->port == NULL || !p->port->up)
		return ENGINE_PATH_DOWN;
	if (p->refused)
		return ENGINE_PATH_REFUSED;
	if (p->suspect)
		return ENGINE_PATH_SUSPECT;
	if (p->verified || p->alive)
		return ENGINE_PATH_UP;
	return p->seq == 0 || p->answered_seq == 0 ? ENGINE_PATH_NEW
						   : ENGINE_PATH_SILENT;
}

void path_log(const struct path *p, enum log_level level, const char *text)
{
	char mac[MAC_TEXT];

	device_log(p->dev, level, "path to %s: %s",
	    mac_format(p->remote->mac, mac), text);
}
