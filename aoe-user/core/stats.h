/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counters, each declared once: the lists below make the structs, and their
 * names for `aoe stat`, JSON and tests.
 */
#ifndef CORE_STATS_H
#define CORE_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Engine wide: frames that belong to no path. */
#define ENGINE_STATS(X)                                                        \
	X(rx_frames)  /* all that came in */                                   \
	X(malformed)  /* runts, other ethertypes, bad versions */              \
	X(foreign)    /* requests, and answers to other initiators */          \
	X(unexpected) /* answers that match no copy we know */                 \
	X(mismatched) /* right tag; wrong address, command or sender */        \
	X(dup)        /* second answers to one copy */                         \
	X(untrusted)  /* answers of MACs that are not known to be the disk */  \
	X(late)       /* answers to copies already given up */                 \
	X(queries)    /* broadcast config queries sent */                      \
	X(configs)    /* config answers and announcements */                   \
	X(ignored)    /* config answers for addresses not wanted */            \
	X(no_room)    /* devices or paths not kept: limits reached */          \
	X(evicted)    /* devices and paths that left for others */             \
	X(tx_again)   /* frames the port could not take */

#define DEVICE_STATS(X)                                                        \
	X(reads) /* requests done without error */                             \
	X(writes)                                                              \
	X(flushes)                                                             \
	X(read_bytes)                                                          \
	X(write_bytes)                                                         \
	X(errors) /* requests that failed */                                   \
	X(cancelled)                                                           \
	X(fenced)         /* writes that waited for a late copy */             \
	X(held)           /* requests that waited for an overlapping one */    \
	X(aoe_errors)     /* answers with the E flag */                        \
	X(ata_errors)     /* answers with a bad ATA status */                  \
	X(short_data)     /* read answers shorter than asked */                \
	X(restarts)       /* announcements of a path we knew */                \
	X(dirty_restarts) /* ... with writes not flushed */                    \
	X(flushes_moved)  /* MACs gone with such writes: others flushed */

#define PATH_STATS(X)                                                          \
	X(sent)   /* copies */                                                 \
	X(resent) /* of them, ranges sent before */                            \
	X(answered)                                                            \
	X(lost)     /* copies given up */                                      \
	X(spurious) /* answered after a retransmission */                      \
	X(probes)   /* frames sent because the path was silent */              \
	X(identifies)                                                          \
	X(tx_bytes)                                                            \
	X(rx_bytes)

#define STATS_FIELD(name) uint64_t name;

struct engine_stats {
	ENGINE_STATS(STATS_FIELD)
};

struct device_stats {
	DEVICE_STATS(STATS_FIELD)
};

struct path_stats {
	PATH_STATS(STATS_FIELD)
};

/* A counter's name and its place in the struct. */
struct stats_name {
	const char *name;
	size_t offset;
};

/* Ended by an entry whose name is NULL. */
extern const struct stats_name engine_stats_names[];
extern const struct stats_name device_stats_names[];
extern const struct stats_name path_stats_names[];

static inline uint64_t stats_value(
    const void *stats, const struct stats_name *name)
{
	return *(
	    const uint64_t *)(const void *)((const char *)stats + name->offset);
}

#endif
