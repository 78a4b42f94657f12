/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's control interface for NBD devices: generic netlink family
 * "nbd". Calls may block for as long as the kernel needs; never make one from
 * the process that serves the device.
 */
#ifndef NBD_GENL_H
#define NBD_GENL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nbd_genl;
struct nlmsghdr;

/* What one attached device is made of. */
struct nbd_genl_device {
	int index;           /* -1: the kernel takes the first free one */
	uint64_t size;       /* bytes */
	uint32_t block_size; /* bytes, logical and physical */
	uint64_t timeout;    /* seconds until a request is given up; never 0 */
	uint64_t dead_timeout; /* seconds that requests wait for a server */
	bool read_only, flush;
	int socket;          /* the kernel's end; it takes its own reference */
	const char *backend; /* shown in /sys/block/nbdN/backend */
};

/*
 * 0; -ENOENT when the family is not there (module not loaded, or a network
 * namespace that cannot see it); another -errno.
 */
int nbd_genl_open(struct nbd_genl **out);
void nbd_genl_close(struct nbd_genl *g);

/* 0 and the index used, or the kernel's -errno (see nbd_genl_text()). */
int nbd_genl_connect(
    struct nbd_genl *g, const struct nbd_genl_device *d, unsigned *index);
/* 0 also for a device that was not connected. */
int nbd_genl_disconnect(struct nbd_genl *g, unsigned index);
/*
 * Gives a connected device another size, in bytes; -EINVAL when it is no longer
 * connected under this backend. May wait for every request in flight.
 */
int nbd_genl_resize(
    struct nbd_genl *g, unsigned index, uint64_t size, const char *backend);
/* 1 connected, 0 not, or -errno. Needs no privilege. */
int nbd_genl_connected(struct nbd_genl *g, unsigned index);
/* What an error of connect or disconnect means here; never NULL. */
const char *nbd_genl_text(int error);

/* The messages alone, in `buf` (NBD_GENL_MESSAGE bytes). For the tests too. */
#define NBD_GENL_MESSAGE 512
struct nlmsghdr *nbd_genl_put_connect(
    void *buf, uint16_t family, const struct nbd_genl_device *d);
struct nlmsghdr *nbd_genl_put_resize(void *buf, uint16_t family, unsigned index,
    uint64_t size, const char *backend);
struct nlmsghdr *nbd_genl_put_index(
    void *buf, uint16_t family, uint8_t command, unsigned index);

#endif
