/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Config queries that a port sends to all, for every device or for one that
 * somebody waits for. No copy stands for them: who answers is for discover.h.
 */
#ifndef CORE_QUERY_H
#define CORE_QUERY_H

#include "aoe-user/core/port.h"

/* The next one, on offer until its result is told; or NULL. */
struct engine_frame *query_next(struct engine *e, struct port *port);
/* What became of it: one that did not leave is due again. */
void query_result(struct engine *e, struct port *port,
    enum engine_tx_result result, nsec_t now);

#endif
