/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The handshake of a session: fixed newstyle, from the greeting to the option
 * that chooses an export. Called by nbd_session.c only.
 */
#ifndef NBD_HANDSHAKE_H
#define NBD_HANDSHAKE_H

#include "nbd-bridge/nbd_session.h"

void nbd_handshake_greet(struct nbd_session *s);
/* Takes one message; false when more bytes, or room for replies, are needed. */
bool nbd_handshake_step(struct nbd_session *s);

#endif
