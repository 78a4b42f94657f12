/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/target.h"

#include <stdlib.h>
#include <string.h>

#define STATUS_OK 0x40
#define STATUS_BAD 0x41
#define ERROR_ABRT 0x04
#define ERROR_IDNF 0x10
#define AOE_ARGUMENT 2
#define AOE_COMMAND 1

struct job {
	struct event ev; /* unordered targets: when it is done */
	struct list link;
	struct target *t;
	bool data; /* reads or writes */
	size_t len;
	uint8_t frame[];
};

static unsigned fits(const struct target *t)
{
	unsigned n = (t->opt.mtu - 36) / MSG_SECTOR;

	if (t->opt.old_sectors && t->opt.sectors < n)
		n = t->opt.sectors ? t->opt.sectors : 2;
	return n > 255 ? 255 : n;
}

static unsigned queue_limit(const struct target *t)
{
	if (t->opt.queue)
		return t->opt.queue;
	return t->opt.buffers ? t->opt.buffers : 1;
}

static void put_text(uint8_t *at, const char *text, size_t len)
{
	/* ATA strings: blank padded, the two bytes of a word swapped. */
	for (size_t i = 0; i < len; i++) {
		at[i ^ 1] = (uint8_t)(*text ? *text : ' ');
		text += *text != 0;
	}
}

static void put_word(uint8_t *block, unsigned word, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < 2 * n; i++)
		block[2 * word + i] = (uint8_t)(v >> (8 * i));
}

static void identify(const struct target *t, uint8_t *b)
{
	uint64_t size = t->opt.disk->sectors;
	unsigned w83 = 0x5000 | (t->opt.lba28 ? 0 : 0x400) |
		       (t->opt.flush_ext ? 0x2000 : 0);

	memset(b, 0, MSG_SECTOR);
	put_text(b + 20, t->opt.serial, 20);
	put_text(b + 46, "V25", 8);
	put_text(b + 54, t->opt.model, 40);
	put_word(b, 47, 0x8000, 1);
	put_word(b, 49, 0x0200, 1);
	put_word(b, 50, 0x4000, 1);
	put_word(b, 60, size > 0x0fffffff ? 0x0fffffff : size, 2);
	put_word(b, 83, w83, 1);
	put_word(b, 84, 0x4000, 1);
	put_word(b, 86, w83 & 0x3fff, 1);
	put_word(b, 87, 0x4000, 1);
	put_word(b, 93, 0x400b, 1);
	if (!t->opt.lba28 && !t->opt.no_w100)
		put_word(b, 100, size, 4);
}

static void fail(struct msg *m, uint8_t error)
{
	m->ata = STATUS_BAD;
	m->feature = error;
}

static void refuse(struct target *t, struct msg *m, uint8_t code)
{
	/* The status byte stays the opcode, as vblade leaves it. */
	m->error = true;
	m->code = code;
	t->n.refused++;
}

static void transfer(struct target *t, const struct msg *q, struct msg *m)
{
	uint64_t lba = msg_sector(q), size = t->opt.disk->sectors;
	bool write = msg_is_write(q);

	if (q->count > t->limit ||
	    (write && q->data_len < q->count * MSG_SECTOR)) {
		refuse(t, m, AOE_ARGUMENT);
		return;
	}
	if (lba > size || q->count > size - lba) {
		t->n.out_of_range++;
		fail(m, ERROR_IDNF);
		return;
	}
	for (unsigned i = 0; i < q->count; i++)
		if (write)
			disk_write(
			    t->opt.disk, lba + i, q->data + MSG_SECTOR * i);
		else
			disk_read(
			    t->opt.disk, lba + i, t->data + MSG_SECTOR * i);
	m->ata = STATUS_OK;
	m->count = 0;
	if (q->count > t->largest)
		t->largest = q->count;
	if (write) {
		t->n.writes++;
		t->n.sectors_written += q->count;
		t->dirty++;
		return;
	}
	t->n.reads++;
	m->data = t->data;
	m->data_len = q->count * MSG_SECTOR;
}

static void flush(struct target *t, const struct msg *q, struct msg *m)
{
	if (q->ata == MSG_FLUSH48 && !t->opt.flush_ext) {
		fail(m, ERROR_ABRT);
		return;
	}
	t->n.flushes++;
	t->dirty = 0;
	m->ata = t->opt.flush_status;
}

static void execute_ata(struct target *t, const struct msg *q, struct msg *m)
{
	if (msg_is_read(q) || msg_is_write(q)) {
		transfer(t, q, m);
	} else if (msg_is_flush(q)) {
		flush(t, q, m);
	} else if (q->ata != MSG_IDENTIFY) {
		fail(m, ERROR_ABRT);
	} else if (q->count != 1) {
		refuse(t, m, AOE_ARGUMENT);
	} else {
		t->n.identifies++;
		identify(t, t->data);
		m->ata = STATUS_OK;
		m->count = 0;
		m->data = t->data;
		m->data_len = MSG_SECTOR;
	}
}

static void describe(struct target *t, struct msg *m)
{
	m->command = MSG_CONFIG;
	m->buffers = t->opt.buffers;
	m->firmware = t->opt.firmware;
	m->sectors = t->opt.old_sectors ? t->opt.sectors : (uint8_t)fits(t);
	m->ccmd = 0;
	m->string_len = (uint16_t)(t->opt.config_claim ? t->opt.config_claim
						       : t->opt.config_len);
	m->data = t->opt.config;
	m->data_len = t->opt.config_len;
}

static void execute_config(struct target *t, struct msg *m)
{
	t->n.configs++;
	t->limit = fits(t);
	describe(t, m);
}

static void send(struct target *t, const struct msg *m, nsec_t wait)
{
	uint8_t frame[sizeof(t->room)];

	net_send(t->port, frame, msg_put(m, frame), wait);
}

static void answer(struct target *t, const struct msg *q)
{
	const struct script_rule *rule = script_find(&t->script, q);
	struct msg m = *q;
	nsec_t wait = 0;
	uint64_t again = 0;

	m.dst = q->src;
	m.src = t->port->mac;
	m.response = true;
	m.addr = t->opt.addr;
	m.data = NULL;
	m.data_len = 0;
	if (q->command == MSG_CONFIG)
		execute_config(t, &m);
	else if (q->command != MSG_ATA)
		refuse(t, &m, AOE_COMMAND);
	else if (!rule || script_executes(rule))
		execute_ata(t, q, &m);
	if (rule && !script_spoil(rule, q, &m, t->room))
		return;
	if (rule && rule->act == SCRIPT_LATE)
		wait = rule->value;
	if (rule && rule->act == SCRIPT_DUP)
		again = rule->value;
	do
		send(t, &m, wait);
	while (again--);
}

static void job_free(struct job *job)
{
	event_cancel(&job->t->w->events, &job->ev);
	list_del(&job->link);
	job->t->queued--;
	job->t->data_queued -= job->data;
	free(job);
}

static void job_finish(struct job *job)
{
	struct target *t = job->t;
	struct msg q;

	if (msg_get(&q, job->frame, job->len))
		answer(t, &q);
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

	if (t->stalled || t->opt.unordered || list_empty(&t->jobs) ||
	    t->service.place)
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

static void schedule_unordered(struct target *t, struct job *job)
{
	struct world *w = t->w;

	if (!t->stalled)
		event_at(&w->events, &job->ev,
		    world_now(w) +
			rng_between(&w->rng, 50 * NSEC_US, 10 * NSEC_MS));
}

static bool wanted(const struct target *t, const struct msg *q)
{
	return !q->response && q->version == 1 &&
	       (q->addr.shelf == t->opt.addr.shelf ||
		   q->addr.shelf == 0xffff) &&
	       (q->addr.slot == t->opt.addr.slot || q->addr.slot == 0xff);
}

static void target_receive(
    struct net_sink *sink, const uint8_t *frame, size_t len)
{
	struct target *t = container_of(sink, struct target, sink);
	struct job *job;
	struct msg q;

	if (!t->running || !msg_get(&q, frame, len) || !wanted(t, &q))
		return;
	t->n.received++;
	if (t->queued >= queue_limit(t)) {
		t->n.overflow++;
		return;
	}
	job = calloc(1, sizeof(*job) + len);
	if (!job)
		abort();
	event_init(&job->ev, job_fire);
	job->t = t;
	job->len = len;
	memcpy(job->frame, frame, len);
	list_append(&t->jobs, &job->link);
	job->data = msg_is_read(&q) || msg_is_write(&q);
	t->queued++;
	t->data_queued += job->data;
	if (t->data_queued > t->data_max)
		t->data_max = t->data_queued;
	if (t->opt.unordered)
		schedule_unordered(t, job);
	else
		next_job(t);
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
	net_detach(&t->sink);
	free(t);
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
	if (!t->opt.serial)
		t->opt.serial = "1.0:sim";
	if (!t->opt.model)
		t->opt.model = "Coraid EtherDrive vblade";
	if (!t->opt.firmware)
		t->opt.firmware = 0x4019;
	list_init(&t->jobs);
	event_init(&t->service, service_fire);
	t->running = true;
	t->limit = 2;
	t->sink.receive = target_receive;
	net_attach(port, &t->sink);
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
	    .src = t->port->mac,
	    .version = 0,
	    .response = true,
	    .addr = t->opt.addr,
	};

	describe(t, &m);
	send(t, &m, 0);
}

void target_start(struct target *t)
{
	t->running = true;
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
		if (t->opt.unordered)
			schedule_unordered(
			    t, list_entry(node, struct job, link));
	next_job(t);
}
