/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One table from what a target answers (AoE error codes, ATA status and error
 * registers) to what is done about it and what the user is told.
 */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

#include <stdbool.h>
#include <stdint.h>

enum err_action {
	ERR_DONE,  /* not an error: the command did its work */
	ERR_FAIL,  /* fail with `error` unless another copy may still answer */
	ERR_FINAL, /* fail now: no other copy could answer otherwise */
	ERR_LATER, /* transient: send again after a delay, until the deadline,
			or until it is clear that only this never works */
	ERR_REQUERY, /* ask config again, then send again once (AoE error 2) */
	ERR_SINGLE,  /* may be due to the size, or to a merged neighbour: retry
			sector-wise once */
};

struct err_verdict {
	enum err_action action;
	int error;        /* negative errno for the user, 0 with ERR_DONE */
	const char *text; /* static, for the log */
};

enum err_op { ERR_READ, ERR_WRITE, ERR_FLUSH, ERR_IDENTIFY };

/* Judges a reply with the E flag set (AoEr11 2.4). Unknown codes: -EIO. */
struct err_verdict err_from_aoe(uint8_t code);
/*
 * Judges the registers of a reply without the E flag. For a flush, a status
 * byte of 0x00 (vblade) or equal to `opcode` (ggaoed) is success, and ABRT
 * gives -EOPNOTSUPP. IDNF: -ENOSPC for a write, else -EIO. UNC and, without a
 * device fault, ABRT: ERR_SINGLE, and -EIO for a read; on a write they are also
 * write protect, hence -EROFS. Some targets abort what has too many sectors.
 */
struct err_verdict err_from_ata(
    enum err_op op, uint8_t opcode, uint8_t status, uint8_t error);
/* "unrecognised command", ...; never NULL. */
const char *err_aoe_text(uint8_t code);

#endif
