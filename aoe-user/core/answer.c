/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/answer.h"
#include <errno.h>
#include "aoe-user/core/path.h"

static enum err_op answer_op(const struct copy *c)
{
	switch ((enum copy_kind)c->kind) {
	case COPY_READ:
	case COPY_TOUCH:
		return ERR_READ;
	case COPY_WRITE:
		return ERR_WRITE;
	case COPY_FLUSH:
		return ERR_FLUSH;
	case COPY_SETTING:
	case COPY_IDENTIFY:
	case COPY_CONFIG:
		break;
	}
	return ERR_IDENTIFY;
}

struct err_verdict answer_judge(const struct answer *a)
{
	struct device *dev = a->c->dev;
	struct err_verdict v;

	if (a->h->flags & WIRE_FLAG_ERROR) {
		dev->stats.aoe_errors++;
		return err_from_aoe(a->h->error);
	}
	v = err_from_ata(
	    answer_op(a->c), a->c->opcode, a->ata.command, a->ata.feature);
	if (v.action != ERR_DONE)
		dev->stats.ata_errors++;
	return v;
}

void answer_log(const struct answer *a, const struct err_verdict *v)
{
	static const char *const name[] = {
	    [COPY_READ] = "read",
	    [COPY_WRITE] = "write",
	    [COPY_TOUCH] = "read",
	    [COPY_FLUSH] = "FLUSH CACHE",
	    [COPY_SETTING] = "config string",
	    [COPY_IDENTIFY] = "IDENTIFY",
	    [COPY_CONFIG] = "config query",
	};
	unsigned code = a->h->flags & WIRE_FLAG_ERROR ? a->h->error : 0;
	const struct copy *c = a->c;
	char mac[MAC_TEXT];

	if (copy_is_data(c))
		device_warn(c->dev, a->now,
		    "%s of %u sectors at %llu: %s (AoE error %u, ATA status "
		    "%02x error %02x)",
		    name[c->kind], c->count, (unsigned long long)c->lba,
		    v->text, code, a->ata.command, a->ata.feature);
	else
		device_warn(c->dev, a->now,
		    "%s at %s: %s (AoE error %u, ATA status %02x error %02x)",
		    name[c->kind], mac_format(c->path->remote->mac, mac),
		    v->text, code, a->ata.command, a->ata.feature);
}

bool answer_is_short(const struct answer *a, struct err_verdict *v)
{
	if (a->c->kind != COPY_READ ||
	    a->ata.data_len >= (size_t)a->c->count * WIRE_SECTOR)
		return false;
	a->c->dev->stats.short_data++;
	*v = (struct err_verdict){
	    .action = ERR_REQUERY,
	    .error = -EIO,
	    .text = "the answer is shorter than the data asked for",
	};
	return true;
}
