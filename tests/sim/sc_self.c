/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The simulator itself: a model that never complains and a network that never
 * loses anything would prove nothing.
 */
#include <errno.h>
#include <string.h>
#include "tests/sim/host.h"
#include "tests/sim/model.h"
#include "tests/sim/scenario.h"

#define SECTOR 512u
#define OPS 4

struct history {
	struct world inner; /* whose failures are the expected result */
	struct disk *disk;
	struct model *model;
	struct model_op op[OPS];
	uint8_t buf[OPS][4 * SECTOR];
};

static void history_init(struct history *t, struct world *w)
{
	memset(t, 0, sizeof(*t));
	world_init(&t->inner, w->seed, NULL, w->verbose);
	t->inner.quiet = true;
	t->disk = disk_new(&t->inner, 64);
	t->model = model_new(&t->inner, t->disk);
}

static void begin(struct history *t, unsigned n, enum aoe_op op,
    uint64_t offset, size_t length)
{
	t->op[n] = (struct model_op){
	    .op = op, .offset = offset, .length = length, .buf = t->buf[n]};
	model_submit(t->model, &t->op[n]);
}

static void end(struct history *t, unsigned n, int error)
{
	model_done(t->model, &t->op[n], error);
}

/* The disk takes (a part of) what write `n` carries. */
static void land(struct history *t, unsigned n, unsigned sectors)
{
	for (unsigned i = 0; i < sectors; i++)
		disk_write(t->disk, t->op[n].offset / SECTOR + i,
		    t->buf[n] + SECTOR * i, 0);
}

static void read_back(struct history *t, unsigned n, unsigned sectors)
{
	for (unsigned i = 0; i < sectors; i++)
		disk_read(t->disk, t->op[n].offset / SECTOR + i,
		    t->buf[n] + SECTOR * i);
}

static void settle(struct world *w, struct history *t, unsigned damage)
{
	CHECK_EQ(w, t->inner.damage, damage);
	world_fini(&t->inner);
}

static void good_history(struct world *w)
{
	struct history t;

	history_init(&t, w);
	begin(&t, 0, AOE_WRITE, 0, 2 * SECTOR);
	land(&t, 0, 2);
	end(&t, 0, 0);
	begin(&t, 1, AOE_READ, 0, 4 * SECTOR);
	read_back(&t, 1, 4);
	end(&t, 1, 0);
	/* Of a failed write, one sector may be there and the other not. */
	begin(&t, 2, AOE_WRITE, 0, 2 * SECTOR);
	land(&t, 2, 1);
	end(&t, 2, -EIO);
	begin(&t, 3, AOE_READ, 0, 2 * SECTOR);
	read_back(&t, 3, 2);
	end(&t, 3, 0);
	land(&t, 2, 2);
	model_verify(t.model, t.disk);
	settle(w, &t, 0);
}

static void lost_write(struct world *w)
{
	struct history t;

	history_init(&t, w);
	begin(&t, 0, AOE_WRITE, 0, 2 * SECTOR);
	land(&t, 0, 1);
	end(&t, 0, 0);
	model_verify(t.model, t.disk);
	settle(w, &t, 1);
}

static void stale_read(struct world *w)
{
	struct history t;

	history_init(&t, w);
	begin(&t, 0, AOE_READ, 0, SECTOR);
	read_back(&t, 0, 1);
	begin(&t, 1, AOE_WRITE, 0, SECTOR);
	land(&t, 1, 1);
	end(&t, 1, 0);
	end(&t, 0, 0);
	/* The write overtook it, too, and both are found. */
	settle(w, &t, 2);
}

static void torn_write(struct world *w)
{
	struct history t;

	history_init(&t, w);
	begin(&t, 0, AOE_WRITE, 0, SECTOR);
	memset(t.buf[1], 0, SECTOR);
	end(&t, 0, -EIO);
	begin(&t, 1, AOE_READ, 0, SECTOR);
	read_back(&t, 1, 1);
	memcpy(t.buf[1], t.buf[0], SECTOR / 2);
	end(&t, 1, 0);
	settle(w, &t, 1);
}

static void resurrected_write(struct world *w)
{
	struct history t;

	history_init(&t, w);
	begin(&t, 0, AOE_WRITE, 0, SECTOR);
	end(&t, 0, -ECANCELED);
	begin(&t, 1, AOE_WRITE, 0, SECTOR);
	land(&t, 1, 1);
	end(&t, 1, 0);
	land(&t, 0, 1);
	model_verify(t.model, t.disk);
	settle(w, &t, 1);
}

static void vanished_write(struct world *w)
{
	struct history t;

	history_init(&t, w);
	begin(&t, 0, AOE_WRITE, 0, SECTOR);
	end(&t, 0, -ECANCELED);
	begin(&t, 1, AOE_READ, 0, SECTOR);
	memcpy(t.buf[1], t.buf[0], SECTOR);
	end(&t, 1, 0);
	/* Once seen it must stay; here the disk never got it. */
	model_verify(t.model, t.disk);
	settle(w, &t, 1);
}

static void bad_completions(struct world *w)
{
	struct history t;

	history_init(&t, w);
	begin(&t, 0, AOE_READ, 0, SECTOR);
	end(&t, 0, 0); /* never filled */
	end(&t, 0, 0); /* twice */
	begin(&t, 1, AOE_WRITE, 0, SECTOR);
	t.buf[1][3] ^= 1; /* the caller's data changed */
	end(&t, 1, -EIO);
	begin(&t, 2, AOE_READ, 8 * SECTOR, SECTOR);
	model_verify(t.model, t.disk); /* never ended */
	settle(w, &t, 4);
}

static void self_model(struct world *w)
{
	good_history(w);
	lost_write(w);
	stale_read(w);
	torn_write(w);
	resurrected_write(w);
	vanished_write(w);
	bad_completions(w);
}

struct ear {
	struct net_sink sink;
	struct world *w;
	unsigned heard, disorder, last;
	nsec_t at;
};

static void hear(struct net_sink *sink, const uint8_t *frame, size_t len)
{
	struct ear *ear = container_of(sink, struct ear, sink);
	unsigned n = frame[14] * 256u + frame[15];

	(void)len;
	ear->heard++;
	ear->disorder += n < ear->last;
	ear->last = n;
	ear->at = world_now(ear->w);
}

/* Sends 1000 frames of 100 bytes, one each 10 us, and lets them arrive. */
static void talk(struct world *w, struct net_port *from, struct ear *ear)
{
	uint8_t frame[100] = {2, 0, 0, 0, 0, 2};

	ear->heard = ear->disorder = ear->last = 0;
	for (unsigned i = 0; i < 1000; i++) {
		frame[14] = (uint8_t)(i / 256);
		frame[15] = (uint8_t)i;
		net_send(from, frame, sizeof(frame), 0);
		world_run(w, 10 * NSEC_US);
	}
	world_run(w, NSEC_SEC);
}

static void self_net(struct world *w)
{
	struct net_port *a = net_port_new(&w->net, net_mac(1));
	struct net_port *b = net_port_new(&w->net, net_mac(2));
	struct ear ear = {.sink.receive = hear, .w = w};

	net_attach(b, &ear.sink);
	a->out = (struct net_cable){.delay = NSEC_MS};
	talk(w, a, &ear);
	CHECK_EQ(w, ear.heard, 1000);
	CHECK_EQ(w, ear.disorder, 0);
	a->out = (struct net_cable){.jitter = NSEC_MS};
	talk(w, a, &ear);
	CHECK_EQ(w, ear.heard, 1000);
	CHECK(w, ear.disorder > 100);
	a->out = (struct net_cable){.loss = 0.3};
	talk(w, a, &ear);
	CHECK(w, ear.heard > 600 && ear.heard < 800);
	a->out = (struct net_cable){.burst = 0.01, .burst_len = 20};
	talk(w, a, &ear);
	CHECK(w, ear.heard < 980);
	a->out = (struct net_cable){.dup = 0.5};
	talk(w, a, &ear);
	CHECK(w, ear.heard > 1400);
	a->out = (struct net_cable){.mtu = 85};
	talk(w, a, &ear);
	CHECK_EQ(w, ear.heard, 0);
	/* 124 bytes at 10 Mbit/s take 99.2 us; ten times too much arrives. */
	a->out = (struct net_cable){.rate = 10000000, .queue = 10000};
	talk(w, a, &ear);
	CHECK(w, ear.heard > 150 && ear.heard < 220);
	net_detach(&ear.sink);
}

static void self_disk(struct world *w)
{
	struct disk *d = disk_new(w, 8);
	uint8_t a[SECTOR], b[SECTOR];

	memset(a, 1, sizeof(a));
	memset(b, 2, sizeof(b));
	CHECK(w, disk_write(d, 0, a, 10));
	/* Copies of one write in any order. */
	CHECK(w, disk_write(d, 0, a, 12));
	CHECK(w, disk_write(d, 0, a, 11));
	CHECK(w, disk_write(d, 0, b, 20));
	CHECK(w, disk_write(d, 1, a, 10));
	CHECK(w, !disk_write(d, 0, a, 12));
	d->unjudged = true;
	CHECK(w, disk_write(d, 0, b, 11));
}

const struct scenario sc_self[] = {
    {"self_model", "the model finds every kind of wrong data", self_model},
    {"self_disk", "the disk finds writes that undo later ones", self_disk},
    {"self_net", "the network does what it is told to", self_net},
    {NULL, NULL, NULL},
};
