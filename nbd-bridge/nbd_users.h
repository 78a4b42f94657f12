/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who uses an NBD device or a partition of it: mounts, swap, and devices
 * stacked on top (dm, md, loop).
 */
#ifndef NBD_USERS_H
#define NBD_USERS_H

#include <stdbool.h>

#define NBD_USERS_TEXT 320

/*
 * 1 when somebody uses it, with the first one found in text[NBD_USERS_TEXT]
 * ("/dev/nbd0p1 is mounted on /mnt"); 0 when nobody does as far as this mount
 * namespace shows; -errno.
 */
int nbd_users_find(unsigned index, char *text);

/* What one line of /proc/self/mountinfo says. */
struct nbd_users_mount {
	char numbers[16]; /* "43:1" */
	char where[128];  /* the mount point, cut when longer, unescaped */
	char source[64];  /* "/dev/nbd0p1"; cut when longer */
};

/* False when the line is not of that form. */
bool nbd_users_parse_mount(const char *line, struct nbd_users_mount *out);
/* True when `name` ("nbd0p1", also with a path) is the device or a part. */
bool nbd_users_is_part(const char *name, unsigned index);

#endif
