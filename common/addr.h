/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AoE addresses (shelf.slot) and Ethernet addresses: values, their text forms,
 * and patterns with wildcards. AoEr11 section 2.
 */
#ifndef COMMON_ADDR_H
#define COMMON_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ADDR_SHELF_ALL 0xffffu /* wildcard on the wire and in patterns */
#define ADDR_SLOT_ALL 0xffu
#define ADDR_SHELF_MAX 65534u
#define ADDR_SLOT_MAX 254u
/* All dip switches on: an unconfigured shelf, which Linux' aoe refuses. */
#define ADDR_SHELF_UNSET 4095u

struct aoe_addr {
	uint16_t shelf;
	uint8_t slot;
};

struct mac {
	uint8_t b[6];
};

#define ADDR_TEXT 16 /* "e65534.254" and its NUL, with room to spare */
#define MAC_TEXT 18  /* "00:11:22:33:44:55" and its NUL */
#define ADDR_WHY 160 /* room for the reason that the parsers give */

extern const struct mac mac_broadcast;

static inline bool addr_equal(struct aoe_addr a, struct aoe_addr b)
{
	return a.shelf == b.shelf && a.slot == b.slot;
}

/* True when neither part is a wildcard and the address may name a device. */
bool addr_is_device(struct aoe_addr a);
/* True when `a` is what pattern `pat` (parts may be wildcards) stands for. */
bool addr_match(struct aoe_addr pat, struct aoe_addr a);
/* Order by shelf, then slot: <0, 0, >0. */
int addr_compare(struct aoe_addr a, struct aoe_addr b);

/*
 * Parses "e1.0" or "1.0" (decimal, no sign, no blanks, no leading zeros: an
 * address has one spelling). Returns 0, or -EINVAL
 * with one line in `why` (ADDR_WHY bytes) that names the text and the range.
 * Shelf 4095 is accepted here; whoever uses it decides (see addr_is_unset()).
 */
int addr_parse(const char *text, struct aoe_addr *out, char *why);
/* As addr_parse(); a part may also be "*" ("e1.*", "*.0", "*", "e*.*"). */
int addr_parse_pattern(const char *text, struct aoe_addr *out, char *why);
/* Shelf 4095: show it with a warning, use it only when the user insists. */
bool addr_is_unset(struct aoe_addr a);
/* Writes "e1.0" ("*" for wildcards) into buf[ADDR_TEXT]; returns buf. */
char *addr_format(struct aoe_addr a, char *buf);

/* Order by bytes: <0, 0, >0. */
static inline int mac_compare(struct mac a, struct mac b)
{
	return memcmp(a.b, b.b, sizeof(a.b));
}

static inline bool mac_equal(struct mac a, struct mac b)
{
	return !memcmp(a.b, b.b, sizeof(a.b));
}

/* Parses six hex pairs with ':' or '-' between, or none. 0 or -EINVAL. */
int mac_parse(const char *text, struct mac *out);
/* Writes "00:11:22:33:44:55" into buf[MAC_TEXT]; returns buf. */
char *mac_format(struct mac m, char *buf);

#endif
