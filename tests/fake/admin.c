/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The commands that do not touch the disk: config string, MAC mask list,
 * reserve and release. AoEr11 sections 4 to 6.
 */
#include "tests/fake/slot.h"
#include <string.h>

static void put_config(
    struct slot *s, unsigned mtu, unsigned ccmd, struct frame *out)
{
	frame_put16(out->b + FRAME_BUFFERS, s->options->buffers);
	frame_put16(out->b + FRAME_FIRMWARE, s->options->firmware);
	out->b[FRAME_SECTORS] = (uint8_t)slot_told_limit(s, mtu);
	out->b[FRAME_CCMD] = (uint8_t)(0x10 | ccmd);
	frame_put16(out->b + FRAME_STRLEN, s->config_len);
	memcpy(out->b + FRAME_STRING, s->config, s->config_len);
	out->len = FRAME_STRING + s->config_len;
}

static void check_config(struct slot *s, const struct frame *in)
{
	for (unsigned i = FRAME_BUFFERS; i <= FRAME_SECTORS; i++) {
		if (in->b[i]) {
			count_violation(s->count,
			    "config request with byte %u not zero", i);
			return;
		}
	}
}

bool slot_config(
    struct slot *s, const struct frame *in, unsigned mtu, struct frame *out)
{
	const struct persona *p = s->options->persona;
	unsigned ccmd, len;
	const uint8_t *text;
	bool same;

	check_config(s, in);
	ccmd = in->b[FRAME_CCMD] & 0x0f;
	len = frame_be16(in->b + FRAME_STRLEN);
	text = in->b + FRAME_STRING;
	if (ccmd && (len > SLOT_CONFIG_MAX || len > in->len - FRAME_STRING)) {
		count_violation(s->count, "config string of %u bytes", len);
		return false;
	}
	s->count->configs++;
	same = len == s->config_len && !memcmp(text, s->config, len);
	switch (ccmd) {
	case 0:
		break;
	case 1:
		if (!same)
			return false;
		break;
	case 2:
		if (len > s->config_len || memcmp(text, s->config, len))
			return false;
		break;
	case 3:
		if (s->config_len && !(p->same_config && same)) {
			frame_fail(out, FRAME_CONFIG_SET);
			if (p->bare_conflict)
				return true;
			break;
		}
		/* fall through */
	case 4:
		memcpy(s->config, text, len);
		s->config_len = len;
		break;
	default:
		frame_fail(out, FRAME_BAD_ARGUMENT);
		break;
	}
	put_config(s, mtu, ccmd, out);
	return true;
}

static void add_mac(struct slot_macs *list, const uint8_t mac[6])
{
	if (!slot_has_mac(list, mac))
		memcpy(list->mac[list->count++], mac, 6);
}

static void remove_mac(struct slot_macs *list, const uint8_t mac[6])
{
	for (unsigned i = 0; i < list->count; i++) {
		if (!memcmp(list->mac[i], mac, 6)) {
			memmove(list->mac[i], list->mac[i + 1],
			    6 * (list->count - i - 1));
			list->count--;
			return;
		}
	}
}

/* Returns MError; `*done` is how many directives were carried out. */
static unsigned edit_masks(
    struct slot *s, const uint8_t *list, unsigned count, unsigned *done)
{
	for (*done = 0; *done < count; ++*done, list += 8) {
		switch (list[1]) {
		case 0:
			break;
		case 1:
			if (s->masks.count == s->options->persona->masks &&
			    !slot_has_mac(&s->masks, list + 2))
				return 3;
			add_mac(&s->masks, list + 2);
			break;
		case 2:
			remove_mac(&s->masks, list + 2);
			break;
		default:
			return 2;
		}
	}
	return 0;
}

bool slot_mask(struct slot *s, const struct frame *in, struct frame *out)
{
	unsigned count, done, error = 0;
	uint8_t *p;

	s->count->masks++;
	memcpy(out->b + FRAME_ARG, in->b + FRAME_ARG, FRAME_MLIST - FRAME_ARG);
	out->len = FRAME_MLIST;
	count = in->b[FRAME_MCOUNT];
	if (in->b[FRAME_MCMD] > 1 ||
	    (in->b[FRAME_MCMD] && in->len < FRAME_MLIST + 8 * count)) {
		frame_fail(out, FRAME_BAD_ARGUMENT);
		return true;
	}
	if (in->b[FRAME_MCMD])
		error = edit_masks(s, in->b + FRAME_MLIST, count, &done);
	out->b[FRAME_MERROR] = (uint8_t)error;
	if (error) {
		out->b[FRAME_MCOUNT] = (uint8_t)done;
		return true;
	}
	out->b[FRAME_MCOUNT] = (uint8_t)s->masks.count;
	p = out->b + FRAME_MLIST;
	for (unsigned i = 0; i < s->masks.count; i++, p += 8) {
		p[0] = p[1] = 0;
		memcpy(p + 2, s->masks.mac[i], 6);
	}
	out->len += 8 * s->masks.count;
	return true;
}

bool slot_reserve(struct slot *s, const struct frame *in, struct frame *out)
{
	unsigned rcmd, count;

	s->count->reserves++;
	rcmd = in->b[FRAME_RCMD];
	count = in->b[FRAME_RCOUNT];
	if (rcmd > 2 || (rcmd && in->len < FRAME_RLIST + 6 * count))
		frame_fail(out, FRAME_BAD_ARGUMENT);
	else if (rcmd == 1 && s->owners.count &&
		 !slot_has_mac(&s->owners, in->b + FRAME_SRC))
		frame_fail(out, FRAME_IS_RESERVED);
	else if (rcmd) {
		s->owners.count = count;
		memcpy(s->owners.mac, in->b + FRAME_RLIST, 6 * count);
	}
	out->b[FRAME_RCMD] = (uint8_t)rcmd;
	out->b[FRAME_RCOUNT] = (uint8_t)s->owners.count;
	memcpy(out->b + FRAME_RLIST, s->owners.mac, 6 * s->owners.count);
	out->len = FRAME_RLIST + 6 * s->owners.count;
	return true;
}

bool slot_keyed(const struct frame *in, struct frame *out)
{
	/* No key is registered, nobody is the owner. */
	memset(out->b + FRAME_ARG, 0, FRAME_KEYED - FRAME_ARG);
	out->b[FRAME_RCMD] = in->b[FRAME_RCMD];
	if (in->b[FRAME_RCMD])
		frame_fail(out, FRAME_BAD_ARGUMENT);
	out->len = FRAME_KEYED;
	return true;
}
