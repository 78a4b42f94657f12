/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The paths of a device in a word, for tables: its ports, its MACs. Refused
 * paths are left out, unless they are asked for by the disk that they show.
 */
#ifndef IO_PATHLIST_H
#define IO_PATHLIST_H

#include "aoe-user/io/aoe.h"

/* The device's ports, each once: "eth0,eth1". Returns buf. */
char *pathlist_ports(
    const struct aoe *a, const struct device *dev, char *buf, size_t size);
/* The target's MACs in the order of the ports, with commas. Returns buf. */
char *pathlist_macs(
    const struct aoe *a, const struct device *dev, char *buf, size_t size);
/* The same of those that show the disk number `n` of engine_identity(). */
char *pathlist_ports_of(const struct aoe *a, const struct device *dev, int n,
    char *buf, size_t size);
char *pathlist_macs_of(const struct aoe *a, const struct device *dev, int n,
    char *buf, size_t size);

#endif
