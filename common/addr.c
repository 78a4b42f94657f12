/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include "common/addr.h"
#include "common/compiler.h"

const struct mac mac_broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

bool addr_is_device(struct aoe_addr a)
{
	return a.shelf != ADDR_SHELF_ALL && a.slot != ADDR_SLOT_ALL;
}

bool addr_is_unset(struct aoe_addr a)
{
	return a.shelf == ADDR_SHELF_UNSET;
}

bool addr_match(struct aoe_addr pat, struct aoe_addr a)
{
	return (pat.shelf == ADDR_SHELF_ALL || pat.shelf == a.shelf) &&
	       (pat.slot == ADDR_SLOT_ALL || pat.slot == a.slot);
}

int addr_compare(struct aoe_addr a, struct aoe_addr b)
{
	if (a.shelf != b.shelf)
		return a.shelf < b.shelf ? -1 : 1;
	return (a.slot > b.slot) - (a.slot < b.slot);
}

FORMAT_PRINTF(2, 3) static int refuse(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, ADDR_WHY, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

enum part { PART_OK, PART_SYNTAX, PART_RANGE };

/*
 * Reads one part of an address. Leading zeros are not taken: one address has
 * one spelling, and nobody wonders whether 010 is eight.
 */
static enum part get_part(
    const char **at, bool wildcard, unsigned max, unsigned all, unsigned *out)
{
	const char *p = *at;
	unsigned v = 0;

	if (wildcard && *p == '*') {
		*out = all;
		*at = p + 1;
		return PART_OK;
	}
	if (*p < '0' || *p > '9' || (*p == '0' && p[1] >= '0' && p[1] <= '9'))
		return PART_SYNTAX;
	for (; *p >= '0' && *p <= '9'; p++)
		if (v <= max)
			v = v * 10 + (unsigned)(*p - '0');
	*at = p;
	*out = v;
	return v <= max ? PART_OK : PART_RANGE;
}

static int parse(
    const char *text, bool wildcard, struct aoe_addr *out, char *why)
{
	const char *form =
	    wildcard ? "SHELF.SLOT, where * stands for all (e1.0, e1.*, *)"
		     : "SHELF.SLOT (e1.0)";
	const char *p = text + (*text == 'e');
	enum part shelf_is, slot_is = PART_SYNTAX;
	unsigned shelf, slot;

	if (wildcard && !strcmp(p, "*")) {
		*out = (struct aoe_addr){ADDR_SHELF_ALL, ADDR_SLOT_ALL};
		return 0;
	}
	shelf_is =
	    get_part(&p, wildcard, ADDR_SHELF_MAX, ADDR_SHELF_ALL, &shelf);
	if (shelf_is != PART_SYNTAX && *p == '.') {
		p++;
		slot_is =
		    get_part(&p, wildcard, ADDR_SLOT_MAX, ADDR_SLOT_ALL, &slot);
	}
	if (slot_is == PART_SYNTAX || *p)
		return refuse(
		    why, "'%.40s' is not an address: want %s", text, form);
	if (shelf_is == PART_RANGE)
		return refuse(why, "'%.40s': the shelf must be 0 to %u", text,
		    ADDR_SHELF_MAX);
	if (slot_is == PART_RANGE)
		return refuse(why, "'%.40s': the slot must be 0 to %u", text,
		    ADDR_SLOT_MAX);
	*out = (struct aoe_addr){(uint16_t)shelf, (uint8_t)slot};
	return 0;
}

int addr_parse(const char *text, struct aoe_addr *out, char *why)
{
	return parse(text, false, out, why);
}

int addr_parse_pattern(const char *text, struct aoe_addr *out, char *why)
{
	return parse(text, true, out, why);
}

char *addr_format(struct aoe_addr a, char *buf)
{
	char shelf[6] = "*", slot[4] = "*";

	if (a.shelf != ADDR_SHELF_ALL)
		snprintf(shelf, sizeof(shelf), "%u", a.shelf);
	if (a.slot != ADDR_SLOT_ALL)
		snprintf(slot, sizeof(slot), "%u", a.slot);
	snprintf(buf, ADDR_TEXT, "e%s.%s", shelf, slot);
	return buf;
}

/* The value of a hex digit, or -1. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int mac_parse(const char *text, struct mac *out)
{
	char between = 0;
	struct mac m;

	for (unsigned i = 0; i < sizeof(m.b); i++) {
		int high, low;

		if (i == 1 && (*text == ':' || *text == '-'))
			between = *text;
		if (i && between && *text++ != between)
			return -EINVAL;
		high = hex_digit(text[0]);
		low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0)
			return -EINVAL;
		m.b[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (*text)
		return -EINVAL;
	*out = m;
	return 0;
}

char *mac_format(struct mac m, char *buf)
{
	snprintf(buf, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", m.b[0], m.b[1],
	    m.b[2], m.b[3], m.b[4], m.b[5]);
	return buf;
}
