/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/target.h"

#include <stdlib.h>
#include <string.h>
#include "tests/sim/drive.h"

/* Config and IDENTIFY, while the disk hangs. */
#define AWAKE_TIME (50 * NSEC_US)

struct job {
	struct event ev; /* unordered targets: when it is done */
	struct list link;
	struct target *t;
	struct net_port *port; /* where it came in, and is answered */
	uint64_t order;        /* when it was sent, among all frames */
	bool data;             /* reads or writes */
	bool answered; /* already, and it only holds its place in the queue */
	size_t len;
	uint8_t frame[];
};

static unsigned queue_limit(const struct target *t)
{
	if (t->opt.queue)
		return t->opt.queue;
	if (t->persona->queue)
		return t->persona->queue;
	return t->opt.buffers ? t->opt.buffers : 1;
}

static enum service service_order(const struct target *t)
{
	return t->opt.order ? t->opt.order : t->persona->order;
}

static void describe(struct target *t, struct msg *m)
{
	m->command = MSG_CONFIG;
	m->buffers = t->opt.buffers;
	m->firmware = t->opt.firmware;
	m->sectors =
	    t->opt.old_sectors ? t->opt.sectors : (uint8_t)drive_sectors(t);
	m->ccmd = 0;
	m->data = t->set ? t->string : t->opt.config;
	m->data_len = t->set ? t->string_len : t->opt.config_len;
	m->string_len =
	    (uint16_t)(t->opt.config_claim ? t->opt.config_claim : m->data_len);
}

static bool execute_other(struct target *t, const struct msg *q, struct msg *m)
{
	t->n.refused++;
	return persona_outcome(t->persona, t->persona->command, q, m, t->data);
}

static void execute_config(struct target *t, const struct msg *q,
    const struct script_rule *rule, struct msg *m)
{
	bool taken = !rule || rule->act != SCRIPT_EMPTY || !rule->value;

	t->n.configs++;
	if (q->ccmd == MSG_FORCE && taken &&
	    q->string_len <= MIN(q->data_len, 1024u)) {
		t->n.settings++;
		t->set = true;
		t->string_len = q->string_len;
		memcpy(t->string, q->data, q->string_len);
	}
	t->limit = drive_sectors(t);
	describe(t, m);
}

/* False: no answer. `whole` is false for a frame that was cut short. */
static bool work(struct target *t, const struct msg *q, bool whole,
    const struct script_rule *rule, struct msg *m)
{
	if (!whole)
		return persona_outcome(t->persona, t->persona->cut, q, m, NULL);
	if (q->command == MSG_CONFIG)
		execute_config(t, q, rule, m);
	else if (q->command != MSG_ATA)
		return execute_other(t, q, m);
	else if (!rule || script_executes(rule))
		return drive_execute(t, q, m);
	return true;
}

static void send(struct target *t, struct net_port *port, const struct msg *q,
    const struct msg *m, nsec_t wait)
{
	uint8_t frame[sizeof(t->room)];
	size_t len = msg_put(m, frame), least = t->opt.padded ? 60 : 0;

	if (m->error && t->persona->bare_errors)
		len = MSG_HEADER;
	if (persona_padding(t->persona, q, m) > least)
		least = 60;
	if (len < least)
		memset(frame + len, 0, least - len);
	net_send(port, frame, MAX(len, least), wait);
}

/* What a hostile or broken target may say: nothing of it is to be believed. */
static struct script_rule make_up(
    struct target *t, const struct msg *q, struct msg *m)
{
	struct rng *rng = &t->w->rng;
	static const uint16_t odd[] = {0, 1, 255, 65535};

	if (q->command == MSG_CONFIG) {
		m->buffers = odd[rng_below(rng, ARRAY_SIZE(odd))];
		m->firmware = (uint16_t)rng_u64(rng);
		m->sectors = (uint8_t)rng_u64(rng);
	}
	if (q->ata == MSG_IDENTIFY)
		t->data[rng_below(rng, MSG_SECTOR)] ^= 1;
	if (rng_chance(rng, 0.2))
		m->tag = t->old_tag;
	t->old_tag = q->tag;
	return (struct script_rule){
	    .act = (enum script_act)rng_below(rng, SCRIPT_ZERO + 1),
	    .value = rng_below(rng, 1500)};
}

/* It looks like the answer to somebody's query of long ago. */
static void stray(struct target *t, struct net_port *port, const struct msg *q,
    unsigned buffers)
{
	struct msg m = {
	    .dst = q->src,
	    .src = port->mac,
	    .version = 1,
	    .response = true,
	    .addr = t->opt.addr,
	    .tag = q->tag & 0xff000000,
	};

	describe(t, &m);
	m.buffers = (uint16_t)rng_between(&t->w->rng, 1, buffers);
	send(t, port, &m, &m, 0);
}

static void answer(struct target *t, struct net_port *port, const struct msg *q,
    bool whole, nsec_t wait)
{
	const struct script_rule *rule = script_find(&t->script, q);
	struct msg m = *q;
	struct script_rule lie;
	uint64_t again = 0;

	m.dst = q->src;
	m.src = port->mac;
	m.response = true;
	m.addr = t->opt.addr;
	m.data = NULL;
	m.data_len = 0;
	if (!work(t, q, whole, rule, &m))
		return;
	persona_finish(t->persona, q, &m);
	if (rng_chance(&t->w->rng, t->opt.lies)) {
		lie = make_up(t, q, &m);
		rule = &lie;
	}
	if (rule && !script_spoil(rule, q, &m, t->room))
		return;
	if (rule && rule->act == SCRIPT_LATE)
		wait += rule->value;
	if (rule && rule->act == SCRIPT_DUP)
		again = MIN(rule->value, 100u);
	do
		send(t, port, q, &m, wait);
	while (again--);
	if (rule && rule->act == SCRIPT_STRAY)
		stray(t, port, q, (unsigned)rule->value);
}

static void job_free(struct job *job)
{
	event_cancel(&job->t->w->events, &job->ev);
	list_del(&job->link);
	job->t->queued--;
	job->t->data_queued -= job->data;
	free(job);
}

static void job_work(struct job *job, nsec_t wait)
{
	struct msg q;
	bool whole = msg_get(&q, job->frame, job->len);

	q.order = job->order;
	answer(job->t, job->port, &q, whole, wait);
}

static void job_finish(struct job *job)
{
	if (!job->answered)
		job_work(job, 0);
	job_free(job);
}

static nsec_t service_time(const struct target *t, const struct job *job)
{
	struct msg q;

	if (!msg_get(&q, job->frame, job->len))
		return 0;
	if (msg_is_flush(&q) && t->opt.flush_time)
		return t->opt.flush_time;
	return t->opt.service +
	       (msg_is_read(&q) || msg_is_write(&q) ? q.count : 0) *
		   t->opt.per_sector;
}

static void next_job(struct target *t)
{
	struct world *w = t->w;

	if (t->stalled || service_order(t) != SERVICE_FIFO ||
	    list_empty(&t->jobs) || t->service.place)
		return;
	event_at(&w->events, &t->service,
	    world_now(w) +
		service_time(t, list_first(&t->jobs, struct job, link)));
}

static void service_fire(struct event *ev)
{
	struct target *t = container_of(ev, struct target, service);

	if (!list_empty(&t->jobs))
		job_finish(list_first(&t->jobs, struct job, link));
	next_job(t);
}

static void job_fire(struct event *ev)
{
	job_finish(container_of(ev, struct job, ev));
}

static void schedule(struct target *t, struct job *job)
{
	enum service order = service_order(t);
	nsec_t wait;

	if (t->stalled || job->ev.place)
		return;
	if (order == SERVICE_FIFO) {
		next_job(t);
		return;
	}
	wait = service_draw(order, &t->w->rng);
	if (order == SERVICE_TAIL && !job->answered) {
		job->answered = true;
		job_work(job, wait);
	}
	event_at(&t->w->events, &job->ev, world_now(t->w) + wait);
}

static bool wanted(const struct target *t, const struct msg *q, size_t len)
{
	return !q->response && persona_takes(t->persona, q, len) &&
	       (q->addr.shelf == t->opt.addr.shelf ||
		   q->addr.shelf == 0xffff) &&
	       (q->addr.slot == t->opt.addr.slot || q->addr.slot == 0xff);
}

/*
 * VSX works on one I/O for a sector. A request that it has already gets one
 * answer, for the last copy; another one there is dropped.
 */
static bool taken(
    struct target *t, const struct msg *q, const uint8_t *frame, size_t len)
{
	struct list *node, *tmp;

	if (!msg_is_read(q) && !msg_is_write(q))
		return false;
	list_each(node, tmp, &t->jobs) {
		struct job *job = list_entry(node, struct job, link);
		struct msg m;

		msg_get(&m, job->frame, job->len);
		if (!job->data || q->lba >= m.lba + m.count ||
		    m.lba >= q->lba + q->count)
			continue;
		if (m.lba != q->lba || m.count != q->count || m.ata != q->ata ||
		    job->len != len) {
			t->n.clashes++;
			return true;
		}
		t->n.merged++;
		memcpy(job->frame, frame, len);
		job->order = t->w->net.arriving;
		return true;
	}
	return false;
}

static void enqueue(struct target *t, struct net_port *port,
    const struct msg *q, const uint8_t *frame, size_t len)
{
	struct job *job = calloc(1, sizeof(*job) + len);

	if (!job)
		abort();
	event_init(&job->ev, job_fire);
	job->t = t;
	job->port = port;
	job->order = t->w->net.arriving;
	job->len = len;
	memcpy(job->frame, frame, len);
	list_append(&t->jobs, &job->link);
	job->data = msg_is_read(q) || msg_is_write(q);
	t->queued++;
	t->data_queued += job->data;
	if (t->data_queued > t->data_max)
		t->data_max = t->data_queued;
	schedule(t, job);
}

/* Its disk hangs, but what it says of itself it knows without the disk. */
static bool answered_awake(
    struct target *t, struct net_port *port, const struct msg *q)
{
	if (!t->stalled || !t->opt.awake)
		return false;
	if (q->command == MSG_ATA && q->ata != MSG_IDENTIFY)
		return false;
	answer(t, port, q, true, AWAKE_TIME);
	return true;
}

static void target_receive(
    struct net_sink *sink, const uint8_t *frame, size_t len)
{
	struct target_nic *nic = container_of(sink, struct target_nic, sink);
	struct target *t = nic->t;
	struct msg q;

	if (!t->running || len < MSG_HEADER)
		return;
	if (!msg_get(&q, frame, len) && t->persona->cut == PERSONA_SILENCE)
		return;
	if (!wanted(t, &q, len))
		return;
	t->n.received++;
	if (answered_awake(t, nic->port, &q))
		return;
	if (t->persona->one_per_sector && taken(t, &q, frame, len))
		return;
	if (t->queued >= queue_limit(t)) {
		t->n.overflow++;
		return;
	}
	enqueue(t, nic->port, &q, frame, len);
}

static void drop_jobs(struct target *t)
{
	while (!list_empty(&t->jobs))
		job_free(list_first(&t->jobs, struct job, link));
	event_cancel(&t->w->events, &t->service);
}

static void target_destroy(struct owned *o)
{
	struct target *t = container_of(o, struct target, owned);

	drop_jobs(t);
	for (unsigned i = 0; i < t->nics; i++)
		net_detach(&t->nic[i].sink);
	free(t);
}

void target_attach(struct target *t, struct net_port *port)
{
	struct target_nic *nic = &t->nic[t->nics++];

	if (t->nics > TARGET_NICS)
		abort();
	nic->t = t;
	nic->port = port;
	nic->sink.receive = target_receive;
	net_attach(port, &nic->sink);
}

struct target *target_new(
    struct world *w, struct net_port *port, const struct target_options *opt)
{
	struct target *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->w = w;
	t->port = port;
	t->opt = *opt;
	if (!t->opt.mtu)
		t->opt.mtu = 1500;
	t->persona = persona_get(opt->kind);
	if (!t->opt.serial)
		t->opt.serial = t->persona->serial;
	if (!t->opt.model)
		t->opt.model = t->persona->model;
	if (!t->opt.firmware)
		t->opt.firmware = t->persona->firmware;
	list_init(&t->jobs);
	event_init(&t->service, service_fire);
	t->running = true;
	t->limit = 2;
	target_attach(t, port);
	world_own(w, &t->owned, target_destroy);
	return t;
}

void target_kill(struct target *t)
{
	t->running = false;
	drop_jobs(t);
}

void target_announce(struct target *t)
{
	struct msg m = {
	    .dst = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
	    .version = 0,
	    .response = true,
	    .addr = t->opt.addr,
	};

	describe(t, &m);
	for (unsigned i = 0; i < t->nics; i++) {
		m.src = t->nic[i].port->mac;
		send(t, t->nic[i].port, &m, &m, 0);
	}
}

void target_start(struct target *t)
{
	t->running = true;
	t->set = false;
	t->limit = 2;
	target_announce(t);
}

void target_stall(struct target *t, bool stalled)
{
	struct list *node, *tmp;

	t->stalled = stalled;
	if (stalled) {
		event_cancel(&t->w->events, &t->service);
		list_each(node, tmp, &t->jobs)
			event_cancel(&t->w->events,
			    &list_entry(node, struct job, link)->ev);
		return;
	}
	list_each(node, tmp, &t->jobs)
		schedule(t, list_entry(node, struct job, link));
}

unsigned target_held_writes(const struct target *t)
{
	const struct list *l;
	unsigned n = 0;
	struct msg q;

	for (l = t->jobs.next; l != &t->jobs; l = l->next) {
		const struct job *job = list_entry(l, struct job, link);

		n += !job->answered && msg_get(&q, job->frame, job->len) &&
		     msg_is_write(&q);
	}
	return n;
}
