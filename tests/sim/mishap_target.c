/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/mishap.h"

#define MOVED_MAC 0x2000u
#define MOVE_REST (5 * NSEC_SEC)

/* Longer than a path is believed without an answer, and than frames travel. */
#define SWAP_AWAY (1200 * NSEC_MS)
#define SWAP_SHOWN (800 * NSEC_MS)

static struct target *any_target(struct chaos *c)
{
	return c->r.t[rng_below(&c->w->rng, c->opt.targets)];
}

void mishap_target_mtu(struct chaos *c)
{
	struct target *t = any_target(c);

	t->opt.mtu = t->opt.mtu == 1500 ? c->opt.mtu : 1500;
	if (t->running && mishap_chance(c, 0.5))
		target_announce(t);
}

/*
 * Its MAC is gone for good; it has another one, or will have when it starts.
 * Each costs a flush as long as late copies take: not one after the other.
 */
void mishap_move(struct chaos *c)
{
	struct target *t = any_target(c);

	if (c->moves > 0 &&
	    nsec_since(c->moved_at, world_now(c->w)) < MOVE_REST)
		return;
	c->moved_at = world_now(c->w);
	target_kill(t);
	t->port->mac = net_mac(MOVED_MAC + c->moves++);
	if (mishap_chance(c, 0.7))
		target_start(t);
}

/* Killed, or started again: with a word about it or without. */
void mishap_restart(struct chaos *c)
{
	struct target *t = any_target(c);

	if (t->running) {
		target_kill(t);
		if (mishap_chance(c, 0.5))
			return;
	}
	if (mishap_chance(c, 0.5)) {
		target_start(t);
		return;
	}
	t->running = true;
	t->limit = 2;
}

void mishap_stall(struct chaos *c)
{
	unsigned i = (unsigned)rng_below(&c->w->rng, c->opt.targets);
	struct target *t = c->r.t[i];

	target_stall(t, !t->stalled);
	c->stalled[i] = world_now(c->w);
}

void mishap_end_stalls(struct chaos *c)
{
	for (unsigned i = 0; i < c->opt.targets; i++)
		if (c->r.t[i]->stalled &&
		    nsec_since(c->stalled[i], world_now(c->w)) > c->stall / 2)
			target_stall(c->r.t[i], false);
}

void mishap_config(struct chaos *c)
{
	struct target *t = any_target(c);

	t->opt.buffers = (uint16_t)rng_between(&c->w->rng, 1, 64);
	if (t->running && mishap_chance(c, 0.5))
		target_announce(t);
}

/* It comes, goes, or says that it is there. */
void mishap_rival(struct chaos *c)
{
	struct target *t = c->rival;

	if (!t->running)
		target_start(t);
	else if (mishap_chance(c, 0.3))
		target_kill(t);
	else
		target_announce(t);
}

/* The disk is another size when its targets are there again. */
void mishap_resize(struct chaos *c)
{
	bool small = c->r.disk->sectors != CHAOS_SMALL;

	c->r.disk->sectors = small ? CHAOS_SMALL : CHAOS_LARGE;
	for (unsigned i = 0; i < c->opt.targets; i++) {
		struct target *t = c->r.t[i];
		bool running = t->running;

		target_kill(t);
		t->opt.lba28 = small;
		if (running)
			target_start(t);
	}
}

/* One of the other disks hangs, ends, or is well again. */
void mishap_crowd(struct chaos *c)
{
	struct target *t = c->crowd.t[rng_below(&c->w->rng, c->crowd.n)];

	if (!t->running)
		target_start(t);
	else if (mishap_chance(c, 0.3))
		target_kill(t);
	else
		target_stall(t, !t->stalled);
}

static void show(struct chaos *c, struct disk *disk, const char *serial)
{
	struct target *t = c->swapped;

	target_kill(t);
	t->opt.disk = disk;
	t->opt.serial = serial;
	target_start(t);
}

/*
 * The path to it is silent for a second first: who answers within that time is
 * the one that was asked before. Another target of the disk is well meanwhile,
 * or all that is left were another disk.
 */
void mishap_swap(struct chaos *c)
{
	if (c->opt.targets < 2)
		return;
	mishap_mend_net(c);
	mishap_mend_targets(c);
	c->swapped = any_target(c);
	c->stage = 0;
	target_kill(c->swapped);
	event_at(&c->w->events, &c->swap, world_now(c->w) + SWAP_AWAY);
}

void mishap_swap_fire(struct event *ev)
{
	struct chaos *c = container_of(ev, struct chaos, swap);
	static const nsec_t wait[] = {SWAP_SHOWN, SWAP_AWAY};

	if (c->stage == 0)
		show(c, c->other, "1.0:other");
	else if (c->stage == 1)
		target_kill(c->swapped);
	if (c->stage < ARRAY_SIZE(wait))
		event_at(&c->w->events, ev, world_now(c->w) + wait[c->stage++]);
	else
		mishap_swap_end(c);
}

void mishap_swap_end(struct chaos *c)
{
	if (!c->swapped)
		return;
	event_cancel(&c->w->events, &c->swap);
	show(c, c->r.disk, persona_get(c->opt.target.kind)->serial);
	c->swapped = NULL;
}

void mishap_mend_targets(struct chaos *c)
{
	for (unsigned i = 0; i < c->opt.targets; i++) {
		struct target *t = c->r.t[i];

		if (t->stalled)
			target_stall(t, false);
		if (!t->running)
			target_start(t);
	}
}
