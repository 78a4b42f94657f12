/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rule 5: a path carries data only while the disk at its end is known to be the
 * one that the device stands for. This judges what it answered when asked.
 */
#ifndef CORE_VERIFY_H
#define CORE_VERIFY_H

#include "aoe-user/core/path.h"

/* A config answer came from the path's remote. */
void verify_config(struct path *p, nsec_t now);
/* A good IDENTIFY answer came on the path. `block` is 512 bytes. */
void verify_identified(struct path *p, const uint8_t *block, nsec_t now);
/* The device was closed: whoever has the address now may be learned. */
void verify_forget(struct device *dev, nsec_t now);

#endif
