/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What leaves next: queries first, then config and IDENTIFY of
 * paths being verified, then data of the devices in turn, resends before new.
 */
#ifndef CORE_TRANSMIT_H
#define CORE_TRANSMIT_H

#include "aoe-user/core/path.h"

struct engine_frame *transmit_next(struct engine *e, nsec_t now);
void transmit_result(struct engine *e, struct engine_frame *frame,
    enum engine_tx_result result, nsec_t now);
/* The port cannot carry anything now. */
void transmit_port_down(struct port *port, nsec_t now);

#endif
