/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/script.h"

#include <stdlib.h>
#include <string.h>

#define POISON 0xee

struct script_rule *script_add(struct script *s, unsigned match,
    enum script_act act, uint64_t value, unsigned left)
{
	struct script_rule *rule;

	if (s->rules == SCRIPT_RULES)
		abort();
	rule = &s->rule[s->rules++];
	*rule = (struct script_rule){
	    .match = match, .act = act, .value = value, .left = left};
	return rule;
}

void script_clear(struct script *s)
{
	s->rules = 0;
}

static unsigned kind(const struct msg *m)
{
	if (msg_is_setting(m))
		return SCRIPT_SETTING;
	if (m->command == MSG_CONFIG)
		return SCRIPT_CONFIG;
	if (msg_is_read(m))
		return SCRIPT_READ;
	if (msg_is_write(m))
		return SCRIPT_WRITE;
	if (msg_is_flush(m))
		return SCRIPT_FLUSH;
	return m->ata == MSG_IDENTIFY ? SCRIPT_IDENTIFY : 0;
}

const struct script_rule *script_find(struct script *s, const struct msg *m)
{
	for (unsigned i = 0; i < s->rules; i++) {
		struct script_rule *rule = &s->rule[i];

		if (!(rule->match & kind(m)) || !rule->left)
			continue;
		if (rule->skip) {
			rule->skip--;
			continue;
		}
		if (rule->left != SCRIPT_ALWAYS)
			rule->left--;
		rule->hits++;
		return rule;
	}
	return NULL;
}

bool script_executes(const struct script_rule *rule)
{
	switch (rule->act) {
	case SCRIPT_STATUS:
	case SCRIPT_DUP:
	case SCRIPT_LATE:
	case SCRIPT_PAD:
	case SCRIPT_REGISTERS:
	case SCRIPT_ZERO:
	case SCRIPT_STRAY:
		return true;
	default:
		return false;
	}
}

/* A good answer in form, with data that no disk ever held. */
static void poison(const struct msg *request, struct msg *m, uint8_t *room)
{
	m->ata = 0x40;
	m->feature = 0;
	m->data_len = 0;
	if (m->command != MSG_ATA)
		return;
	if (msg_is_read(request))
		m->data_len = request->count * MSG_SECTOR;
	else if (request->ata == MSG_IDENTIFY)
		m->data_len = MSG_SECTOR;
	memset(room + 36, POISON, m->data_len);
	m->data = room + 36;
}

static void pad(struct msg *m, uint8_t *room, size_t n)
{
	size_t head = m->command == MSG_CONFIG ? 32 : 36;

	if (m->data_len)
		memmove(room + head, m->data, m->data_len);
	memset(room + head + m->data_len, POISON, n);
	m->data = room + head;
	m->data_len += n;
}

static bool spoil_form(const struct script_rule *rule, struct msg *m)
{
	switch (rule->act) {
	case SCRIPT_TAG:
		m->tag ^= 0x00010001;
		break;
	case SCRIPT_SHELF:
		m->addr.shelf ^= 1;
		break;
	case SCRIPT_SLOT:
		m->addr.slot ^= 1;
		break;
	case SCRIPT_COMMAND:
		m->command = (uint8_t)rule->value;
		break;
	case SCRIPT_REQUEST:
		m->response = false;
		break;
	case SCRIPT_SOURCE:
		m->src = (struct mac){{2, 0xbb, 0, 0, 0, 1}};
		break;
	case SCRIPT_VERSION:
		m->version = rule->value & 0xf;
		break;
	case SCRIPT_ADDRESS:
		m->addr.shelf = (uint16_t)(rule->value >> 8);
		m->addr.slot = (uint8_t)rule->value;
		break;
	default:
		return false;
	}
	return true;
}

bool script_spoil(const struct script_rule *rule, const struct msg *request,
    struct msg *m, uint8_t *room)
{
	if (rule->act == SCRIPT_SILENCE)
		return false;
	if (!script_executes(rule) && m->command == MSG_ATA)
		poison(request, m, room);
	if (spoil_form(rule, m))
		return true;
	switch (rule->act) {
	case SCRIPT_AOE:
		m->error = true;
		m->code = (uint8_t)rule->value;
		m->ata = request->ata;
		break;
	case SCRIPT_ATA:
		m->ata = (uint8_t)(rule->value >> 8);
		m->feature = (uint8_t)rule->value;
		break;
	case SCRIPT_STATUS:
		m->ata = (uint8_t)rule->value;
		break;
	case SCRIPT_SHORT:
		m->data_len -=
		    rule->value < m->data_len ? rule->value : m->data_len;
		break;
	case SCRIPT_PAD:
		pad(m, room, rule->value);
		break;
	case SCRIPT_REGISTERS:
		m->count = 0xa5;
		m->lba = 0x5a5a5a5a5a5aull;
		m->feature = 0x5a;
		break;
	case SCRIPT_EMPTY:
		m->string_len = 0;
		m->data_len = 0;
		break;
	case SCRIPT_ZERO:
		memset(room + 36, 0, MSG_SECTOR);
		m->data = room + 36;
		m->data_len = MSG_SECTOR;
		break;
	default:
		break;
	}
	return true;
}
