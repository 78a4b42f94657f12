/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include "common/opts.h"
#include "nbd-bridge/nbd_genl.h"
#include "nbd-bridge/nbd_helper.h"
#include "nbd-bridge/nbd_resize.h"

#define POLL (50 * NSEC_MS)

/* What a helper came to; a size that the kernel refuses is not tried again. */
static void judge(struct nbd_resize *r, int rc)
{
	char size[32];

	opts_format_size(r->telling, size, sizeof(size));
	if (rc < 0)
		log_msg(r->log, LOG_LEVEL_ERROR, r->name,
		    "/dev/nbd%u: cannot give it %s: %s; detach and attach it",
		    r->index, size, nbd_genl_text(rc));
	else
		log_msg(r->log, LOG_LEVEL_WARN, r->name,
		    "/dev/nbd%u has %s now", r->index, size);
	r->told = r->telling;
	r->helper = 0;
}

nsec_t nbd_resize_step(struct nbd_resize *r)
{
	int rc;

	if (r->helper > 0) {
		rc = nbd_helper_wait(r->helper, 0);
		if (rc == -ETIMEDOUT)
			return POLL;
		judge(r, rc);
	}
	if (r->told == r->wanted)
		return NSEC_NEVER;
	r->telling = r->wanted;
	r->helper = nbd_helper_resize(r->index, r->telling, r->backend);
	if (r->helper < 0) {
		judge(r, r->helper);
		return NSEC_NEVER;
	}
	return POLL;
}
