/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Targets that answer some of what they are asked, and two MACs behind two
 * ports, on the rig of core_rig.h.
 */
#ifndef UNIT_CORE_TALK_H
#define UNIT_CORE_TALK_H

#include "tests/unit/core_rig.h"

/* What a target answers. */
enum talk {
	TALK_NOTHING,
	TALK_USELESS, /* IDENTIFY, with half a block */
	TALK_CONTROL, /* who it is: its disk hangs */
	TALK_ALL,
};

static inline void talk_answer(
    struct rig *r, const struct rig_frame *f, enum talk how)
{
	static const uint8_t half[256];

	if (mac_equal(f->h.dst, mac_broadcast) || how == TALK_NOTHING)
		return;
	if (rig_is_data(f)) {
		if (how == TALK_ALL)
			rig_good(r, f, 0);
	} else if (how != TALK_USELESS) {
		rig_control(r, f, f->h.dst);
	} else if (rig_is_identify(f)) {
		rig_ata(r, f, f->h.dst,
		    (struct wire_ata){.command = ATA_STATUS_DRDY}, half,
		    sizeof(half));
	}
}

/* For so long; `its` is what that MAC answers, `how` what all else do. */
static inline void talk_serve_but(
    struct rig *r, nsec_t span, enum talk how, struct mac mac, enum talk its)
{
	nsec_t end = r->now + span;
	struct rig_frame f;

	while (r->now < end) {
		while (r->now < end && rig_send(r, 0, &f))
			talk_answer(r, &f, mac_equal(f.h.dst, mac) ? its : how);
		engine_reap(r->e);
		r->now = MAX(r->now + NSEC_MS, MIN(end, engine_deadline(r->e)));
	}
	engine_tick(r->e, r->now);
}

static inline void talk_serve(
    struct rig *r, nsec_t span, enum talk how, enum talk other)
{
	talk_serve_but(r, span, how, rig_other, other);
}

/* The next frame that is data; what is asked before it is answered. */
static inline void talk_next_data(struct rig *r, struct rig_frame *f)
{
	do {
		assert_true(rig_send(r, 0, f));
		if (!rig_is_data(f))
			talk_answer(r, f, TALK_ALL);
	} while (!rig_is_data(f));
}

/* rig_target behind port 1, rig_other behind port 2. */
static inline void talk_two_ports(
    struct rig *r, const struct engine_config *config)
{
	rig_up(r, config);
	rig_port(r, 2, true);
	rig_config(r, 2, rig_other, 1);
	assert_int_equal(rig_verify(r, 2), 1);
	rig_verify(r, 1);
}

#endif
