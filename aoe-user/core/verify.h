/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 5: a path carries data only while the disk at its end is known to be the
 * one that the device stands for. Config query and IDENTIFY, sent by themselves
 * and again until answered, are the only frames on a path that is not verified.
 */
#ifndef CORE_VERIFY_H
#define CORE_VERIFY_H

#include "aoe-user/core/path.h"

/* Stops data on the path until `need` (PATH_NEED_*) was answered. */
void verify_start(struct path *p, unsigned need, nsec_t now);
/* Wakes paths of a device that had stopped asking. */
void verify_kick(struct device *dev, nsec_t now);
/* The control frames on offer have left: when to give up on them. */
void verify_sent(struct path *p, nsec_t now);
/* Sends again what was not answered; the next time it wants to be called. */
nsec_t verify_tick(struct path *p, nsec_t now);
/* A config answer came from the path's remote. */
void verify_config(struct path *p, nsec_t now);
/* A good IDENTIFY answer came on the path. `block` is 512 bytes. */
void verify_identified(struct path *p, const uint8_t *block, nsec_t now);
/* The device was closed: whoever has the address now may be learned. */
void verify_forget(struct device *dev, nsec_t now);

#endif
