/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/setting.h"
#include <errno.h>
#include <string.h>
#include "aoe-user/core/errand.h"
#include "aoe-user/core/path.h"

/* One that has gone must not keep the others waiting until the deadline. */
static bool setting_live(const struct device *dev, const struct remote *r)
{
	const struct list *l;
	const struct path *p;

	(void)dev;
	for (l = r->paths.next; r->ours && l != &r->paths; l = l->next) {
		p = list_entry(l, struct path, remote_link);
		if (p->state == PATH_UP || p->state == PATH_ASKED)
			return true;
	}
	return false;
}

int setting_plan(struct aoe_request *rq)
{
	return errand_plan(rq, setting_live);
}

bool setting_fits(const struct aoe_request *rq, unsigned mtu)
{
	return WIRE_CONFIG_HEADER + rq->length <= mtu + WIRE_ETHERNET;
}

bool setting_is_vague(
    const struct aoe_request *rq, const struct wire_config *config)
{
	return rq != NULL && config != NULL && config->string_len == 0 &&
	       rq->length > 0;
}

struct err_verdict setting_judge(const struct aoe_request *rq, uint8_t code,
    const struct wire_config *config)
{
	struct err_verdict v = {.action = ERR_DONE};

	if (config == NULL) {
		v = err_from_aoe(code);
		/* It is the string that it does not like. */
		if (v.action == ERR_REQUERY)
			v.error = -EINVAL;
		if (v.action != ERR_LATER)
			v.action = ERR_FINAL;
	} else if (rq != NULL &&
		   (config->string_len != rq->length ||
		       (rq->length > 0 &&
			   memcmp(config->string, rq->buf, rq->length) != 0))) {
		v = (struct err_verdict){
		    ERR_FINAL, -EIO, "the target keeps another string"};
	}
	return v;
}
