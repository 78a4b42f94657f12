/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel tells about its NBD devices in files, /sys/block/nbdN, and
 * how users write its name.
 */
#ifndef NBD_SYSFS_H
#define NBD_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NBD_SYSFS_INDEX_MAX 65535u
#define NBD_SYSFS_NODE 32 /* "/dev/nbd65535" and more */
#define NBD_SYSFS_BACKEND 64
#define NBD_SYSFS_USER 256

struct nbd_sysfs {
	bool connected; /* the kernel shows who connected it */
	int pid;        /* that process; it may have ended since */
	uint64_t size;  /* bytes */
	bool read_only;
	char backend[NBD_SYSFS_BACKEND]; /* "" when it has none */
};

/*
 * Parses "/dev/nbd3", "nbd3" or "3" (no partitions). 0, or -EINVAL with one
 * line in why[NBD_SYSFS_USER].
 */
int nbd_sysfs_parse(const char *text, unsigned *index, char *why);
/* Writes "/dev/nbd3" into buf[NBD_SYSFS_NODE]; returns buf. */
char *nbd_sysfs_node(unsigned index, char *buf);

/* 0; -ENOENT when there is no such device. */
int nbd_sysfs_read(unsigned index, struct nbd_sysfs *out);
/* The first device with an index >= `from`: 0, or -ENOENT beyond the last. */
int nbd_sysfs_next(unsigned from, unsigned *index);
/* The connected device with this backend: 0, or -ENOENT. */
int nbd_sysfs_find(const char *backend, unsigned *index);
/* Writes one attribute below /sys/block/nbdN. 0 or -errno. */
int nbd_sysfs_write(unsigned index, const char *name, const char *value);
/* A number from there, or -errno. */
int64_t nbd_sysfs_number(unsigned index, const char *name);

#endif
