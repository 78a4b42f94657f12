/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An open disk whose address another one took (rule 5). One MAC that shows it
 * is a suspicion: those that are silent, or were refused for what they were
 * once, may still lead to the right disk, and are asked first.
 */
#ifndef CORE_SWAP_H
#define CORE_SWAP_H

#include "aoe-user/core/path.h"

/*
 * A MAC that was the disk shows another one, and no path stands for ours any
 * more: all others are asked who they are.
 */
void swap_suspect(const struct path *p, nsec_t now);
/* Nothing is known of the disk any more. */
void swap_clear(struct device *dev);
/*
 * Unless a path stands for the disk again: once nobody is left who could show
 * it, or after a second, requests fail with -ESTALE until the device is closed.
 * Returns when to look again.
 */
nsec_t swap_tick(struct device *dev, nsec_t now);

#endif
