/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a received frame means. Rule 4: an answer is believed only when address,
 * command and tag match a copy, and its sender is one of the device's MACs.
 */
#ifndef CORE_RECEIVE_H
#define CORE_RECEIVE_H

#include "aoe-user/core/port.h"

void receive_frame(struct engine *e, struct port *port, const uint8_t *frame,
    size_t len, nsec_t now);

#endif
