/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An answer to one of our copies, taken apart, and what it says of errors.
 */
#ifndef CORE_ANSWER_H
#define CORE_ANSWER_H

#include "aoe-user/core/copy.h"
#include "aoe-user/core/device.h"
#include "common/err.h"

struct answer {
	struct copy *c;
	struct remote *sender; /* of data and flushes */
	const struct wire_header *h;
	struct wire_ata ata;
	nsec_t now;
};

/* What the AoE error or the ATA status means; counted. */
struct err_verdict answer_judge(const struct answer *a);
/* A line that names the disk, what was asked and both error codes. */
void answer_log(const struct answer *a, const struct err_verdict *v);
/*
 * A read answer that is too short counts as lost, never as data: then true, and
 * that is the verdict.
 */
bool answer_is_short(const struct answer *a, struct err_verdict *v);

#endif
