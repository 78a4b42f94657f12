/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two disks at one address, before anybody has it open: who answers first must
 * not decide. A device is settled once everybody who may answer for it had the
 * chance to; it is contested while two disks answer and no serial number that
 * was asked for decides. What is open stays what it is.
 */
#ifndef CORE_RIVAL_H
#define CORE_RIVAL_H

#include "aoe-user/core/path.h"

/*
 * Model and serial make the disk. Where the serial says nothing (kvblade has
 * one for all, mirrored targets differ) the size must do.
 */
bool rival_same(const struct device *dev, const struct ata_identity *a,
    const struct ata_identity *b);
/* Its serial number is one that was asked for. */
bool rival_chosen(const struct device *dev, const struct ata_identity *id);
/* No serial number that was asked for keeps it from being used here. */
bool rival_allowed(const struct device *dev, const struct ata_identity *id);

/* A path has told who it is: others may still be about to. */
void rival_news(struct device *dev, nsec_t now);
/* Judges anew, and tells of what has changed. */
void rival_look(struct device *dev, nsec_t now);
/* The same by the clock; returns when it wants to be called again. */
nsec_t rival_tick(struct device *dev, nsec_t now);
/* The device has to be settled once more. */
void rival_restart(struct device *dev);
/* Has all who answer for a contested address say again who they are. */
void rival_ask(struct device *dev, nsec_t now);

/*
 * The disks that answer for the address, that of the device first: the n-th, or
 * NULL beyond the last.
 */
const struct ata_identity *rival_identity(const struct device *dev, unsigned n);

#endif
