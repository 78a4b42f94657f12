/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The transmission phase of a session: from request headers to requests for
 * the device, and from their results to replies. Called by nbd_session.c only.
 */
#ifndef NBD_TRANSMIT_H
#define NBD_TRANSMIT_H

#include "nbd-bridge/nbd_session.h"

/* Takes one request or a piece of data; false when more is needed first. */
bool nbd_transmit_step(struct nbd_session *s);
/* Queues the reply of a request that is on no list. */
void nbd_transmit_reply(
    struct nbd_session *s, struct nbd_request *rq, int error);

#endif
