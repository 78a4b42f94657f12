/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/query.h"
#include <assert.h>
#include "aoe-user/core/frame.h"
#include "aoe-user/core/state.h"

struct engine_frame *query_next(struct engine *e, struct port *port)
{
	if (port->query_offered)
		return NULL;
	if (port->query_due) {
		port->query_due = false;
		port->query_addr = (struct aoe_addr){
		    .shelf = ADDR_SHELF_ALL, .slot = ADDR_SLOT_ALL};
	} else if (port->expects > 0) {
		port->query_addr = port->expect[--port->expects];
	} else {
		return NULL;
	}
	frame_put_query(port, port->query_addr, copy_tag(&e->copies));
	port->query_offered = true;
	return &port->query;
}

void query_result(struct engine *e, struct port *port,
    enum engine_tx_result result, nsec_t now)
{
	assert(port->query_offered);
	port->query_offered = false;
	port_work(e, port); /* there may be others to send */
	if (result == ENGINE_TX_SENT) {
		e->stats.queries++;
		port->asked_at = nsec_min(port->asked_at, now);
		return;
	}
	if (port->query_addr.shelf == ADDR_SHELF_ALL)
		port->query_due = true;
	else if (port->expects < PORT_EXPECT_MAX)
		port->expect[port->expects++] = port->query_addr;
	if (result == ENGINE_TX_AGAIN)
		port->blocked = true;
}
