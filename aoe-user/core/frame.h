/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the bytes of a frame say. Each fills in the frame of a copy that has its
 * path, tag and range; a write's sectors and a long config string are not
 * copied, they stay the caller's.
 */
#ifndef CORE_FRAME_H
#define CORE_FRAME_H

#include "aoe-user/core/copy.h"
#include "aoe-user/core/port.h"

/* Config query and IDENTIFY, to the MAC of the copy's path. */
void frame_put_config(struct copy *c);
void frame_put_identify(struct copy *c);
/* A read or write of the copy's range, from or to `mem`. */
void frame_put_transfer(struct copy *c, const uint8_t *mem);
/* The flush that its remote has. */
void frame_put_flush(struct copy *c);
/* The config string of its request. */
void frame_put_setting(struct copy *c);
/* The port's broadcast query for one address or for all. */
void frame_put_query(struct port *port, struct aoe_addr addr, uint32_t tag);

#endif
