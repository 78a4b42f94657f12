/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/daemon/drain.h"

void drain_begin(struct drain *d)
{
	d->since = aoe_now();
}

bool drain_over(struct drain *d, struct aoe *a, bool idle)
{
	nsec_t waited = nsec_since(d->since, aoe_now());

	if (waited >= DRAIN_TIME && !d->quiesced) {
		d->quiesced = true;
		aoe_quiesce(a);
	}
	return (idle && !aoe_fences(a)) || waited >= DRAIN_TIME + d->late;
}
