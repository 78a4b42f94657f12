/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which path carries the next frame: of the verified ones with room the one on
 * which it would wait least, by the smoothed delay and by what is out. The
 * paths to a remote lie in a heap by that, and the remotes of a device by their
 * best path. A path on which there is no room, or whose port is blocked, is
 * parked until a place is free; so is a remote that holds all it can.
 */
#ifndef CORE_CHOICE_H
#define CORE_CHOICE_H

#include "aoe-user/core/path.h"

/* The path's state, delay or lameness is another one. */
void choice_update(struct path *p);
/* It was answered now: of its device's paths, it will be stale last. */
void choice_fresh(struct path *p);
/* What one more frame would have to wait for on that path, about. */
uint64_t choice_delay(const struct path *p);
/*
 * The best path for data, or NULL. One whose disk was silent while another's
 * worked has to show itself first, unless all are like that.
 */
struct path *choice_best(struct device *dev);
/* Its port takes nothing now. */
void choice_block(struct path *p);
/* The port takes frames again. */
void choice_unblock(struct port *port);
/* A frame to that remote is not out any more, or more may be out to it. */
void choice_remote_room(struct remote *r);
/* The same for a window: the path that waits longest is looked at again. */
void choice_peer_room(struct engine *e, struct peer *peer);
/*
 * A window may have room left for a path that waits for it: looks at one more
 * of these. False when there is none.
 */
bool choice_next(struct engine *e);

#endif
