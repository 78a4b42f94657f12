/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A setting: a new config string for a device, as an errand to its remotes.
 * Like a write it must not be undone by an older one that comes late, so it has
 * its place in the fence.
 */
#ifndef CORE_SETTING_H
#define CORE_SETTING_H

#include "aoe-user/core/device.h"
#include "common/err.h"
#include "common/wire.h"

/*
 * Queues an errand to each remote that answers, perhaps none; as errand_plan().
 */
int setting_plan(struct aoe_request *rq);
/* Its frame is not larger than that. */
bool setting_fits(const struct aoe_request *rq, unsigned mtu);
/*
 * The answer says that there is no string now: qaoed answers so whatever it
 * holds. What it holds has to be asked.
 */
bool setting_is_vague(
    const struct aoe_request *rq, const struct wire_config *config);
/*
 * Judges the answer to a copy of the setting, or of one that nobody waits for
 * (NULL): the target says what it holds now, and a refusal is for the string
 * and final. `config` is NULL with the E flag, whose code is `code`.
 */
struct err_verdict setting_judge(const struct aoe_request *rq, uint8_t code,
    const struct wire_config *config);

#endif
