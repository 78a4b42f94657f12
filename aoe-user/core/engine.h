/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The AoE initiator as a pure machine: no socket, no clock, no thread, no
 * malloc of its own. Frames, requests, port changes and the time go in; frames
 * to send, completions and one deadline come out. The same inputs give the
 * same outputs: jitter and the tag key come from a seed given at the start.
 *
 * Nothing blocks. Callbacks run only inside engine_reap(). One thread at a
 * time.
 */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include "aoe-user/core/request.h"
#include "aoe-user/core/stats.h"
#include "common/addr.h"
#include "common/ata.h"
#include "common/log.h"
#include "common/nsec.h"

struct engine;
struct device;

/* Memory, given at the start; `put` gets the size that `get` was asked for. */
struct engine_alloc {
	void *(*get)(void *ctx, size_t size); /* zeroed, or NULL */
	void (*put)(void *ctx, void *p, size_t size);
	void *ctx;
};

enum engine_event {
	ENGINE_FOUND = 1 << 0,   /* identified: size and identity are known */
	ENGINE_UP = 1 << 1,      /* a path can carry data: it can be opened */
	ENGINE_DOWN = 1 << 2,    /* no path can */
	ENGINE_RESIZED = 1 << 3, /* same disk, new size */
	ENGINE_SWAPPED =
	    1 << 4, /* another disk took the address of an open one */
	ENGINE_GONE =
	    1 << 5, /* forgotten: the pointer dies after the callback */
	ENGINE_CONFIG = 1 << 6, /* config string or parameters changed */
	/* Two disks answer for the address; ENGINE_UP follows once one does. */
	ENGINE_CONTESTED = 1 << 7,
};

struct engine_config {
	struct engine_alloc alloc;
	const struct log *log; /* may be NULL; must outlive the engine */
	uint64_t seed;         /* for jitter and for the tag permutation */
	uint8_t tag_prefix;    /* 7 bits, unique per process in the netns */
	unsigned tag_bits;     /* width of the tag counter, 0 = 24 (tests) */
	unsigned copies;       /* frames in flight and fenced, 0 = 4096 */
	/* 0 = 4096. Beyond, those that nobody uses go, the longest silent
	 * first. */
	unsigned max_devices;
	unsigned max_paths;     /* per device, 0 = 256 */
	unsigned max_requests;  /* unfinished, of all devices, 0 = 4096 */
	unsigned max_window;    /* most frames out per target MAC, 0 = no cap */
	nsec_t dead_time;       /* NSEC_NEVER = queue for ever; 0 = 180 s */
	nsec_t late_copy;       /* rule 3 c, 0 = 1 s */
	nsec_t discover_period; /* broadcast query, 0 = 60 s, with jitter */
	bool allow_unset;       /* use shelf 4095 */
	bool ignore_serial;     /* identity = model + size (mirrored targets) */
	bool strict_flush; /* restart with unflushed writes fails a flush */
	/*
	 * A disk with one of these serial numbers is taken, and then no other
	 * one at its address; only_serials: no other one at all. They must
	 * outlive the engine.
	 */
	const char *const *serials;
	size_t serial_count;
	bool only_serials;
	/* Without news of a new device for so long it is settled, 0 = 100 ms.
	 */
	nsec_t settle;
	void *ctx;
	/* NULL = every address; others are neither identified nor kept. */
	bool (*want)(void *ctx, struct aoe_addr addr);
	/* `events` is a set of enum engine_event. */
	void (*on_device)(void *ctx, struct device *dev, unsigned events);
	/* There is room again for a device whose submit gave -EAGAIN. */
	void (*on_room)(void *ctx);
};

/* 0, -EINVAL or -ENOMEM. The config is copied. */
int engine_new(
    struct engine **out, const struct engine_config *config, nsec_t now);
/* Unfinished requests are dropped without `done`: reap first. NULL is fine. */
void engine_free(struct engine *e);

/* ---- in ---- */

/*
 * A port appeared or changed; `port` is any number the caller chose (an
 * ifindex). `mtu` is the Ethernet payload limit. Up: queried at once.
 * 0 or -ENOMEM.
 */
int engine_port_set(struct engine *e, unsigned port, struct mac mac,
    unsigned mtu, bool up, nsec_t now);
/* The port is no more. Its paths end; their unanswered writes stay fenced. */
void engine_port_remove(struct engine *e, unsigned port, nsec_t now);
/* A received frame, Ethernet header first. Any bytes are safe. */
void engine_rx(
    struct engine *e, unsigned port, const void *frame, size_t len, nsec_t now);
/* Broadcast a config query on every port now, with a few quick repeats. */
void engine_discover(struct engine *e, nsec_t now);
/*
 * The same for one address, also again and again while it does not answer, so
 * that open-by-name works before the target is there. It has room in a full
 * table, too. 0, -EINVAL or -ENOMEM.
 */
int engine_expect(struct engine *e, struct aoe_addr addr, nsec_t now);

/*
 * Opens a device for I/O: it is not forgotten, its identity is held, and a
 * share of frames and requests is set aside (share.h). 0; -EAGAIN before the
 * first ENGINE_UP, as another disk may still answer for the address; -ENOTUNIQ
 * when one does, see engine_identity(); -EPERM for shelf 4095 without
 * allow_unset; -ESTALE while the disk counts as swapped. Opens count.
 */
int engine_open(struct engine *e, struct device *dev);
void engine_close(struct engine *e, struct device *dev, nsec_t now);

/*
 * Starts a request on an open device. 0: `done` will be called once.
 * -EAGAIN: too many unfinished of this device, beside what the others have;
 * on_room follows when one of its own has ended. -EINVAL: bad op or length.
 * -ENOSPC (write) or -EINVAL (read): beyond the end. -ESTALE: the disk was
 * swapped. -ESHUTDOWN: quiesced. `now` starts its dead_time.
 */
int engine_submit(
    struct engine *e, struct device *dev, struct aoe_request *rq, nsec_t now);
/*
 * Ends a request: done(-ECANCELED) at the next reap. What was written and not
 * answered stays fenced. A request that has already ended keeps its result.
 */
void engine_cancel(struct engine *e, struct aoe_request *rq, nsec_t now);
/*
 * To be called when engine_deadline() has come; harmless at any time. When it
 * is late by more than a second, and nothing else was called meanwhile, nobody
 * ran the process: requests have so much longer until they fail.
 */
void engine_tick(struct engine *e, nsec_t now);

/* ---- out ---- */

/* A frame on offer. It stays valid until its engine_tx_result(). */
struct engine_frame {
	struct iovec
	    iov[2]; /* header, and the caller's payload (or length 0) */
	unsigned port;
	bool query; /* engine's: it belongs to a port, not to a copy */
};

enum engine_tx_result {
	ENGINE_TX_SENT,      /* the clock of this copy starts */
	ENGINE_TX_AGAIN,     /* not sent: full queue, ENOBUFS. Nothing more for
				this port until engine_port_writable() */
	ENGINE_TX_PORT_DOWN, /* not sent: the port is down or gone */
	ENGINE_TX_TOO_BIG,   /* not sent: more than the port's MTU takes */
};

/*
 * Offers the next frame, for the port that it names; false when there is none.
 * Several may be on offer at once (for one sendmmsg), and each gets exactly one
 * result before any other input; those of one port that were not sent the last
 * one first, so that their order stays what it was. pump.h does it so.
 */
bool engine_tx(struct engine *e, struct engine_frame **out, nsec_t now);
void engine_tx_result(struct engine *e, struct engine_frame *frame,
    enum engine_tx_result result, nsec_t now);
/* The port takes frames again after an AGAIN; or, false, none for now. */
void engine_port_writable(struct engine *e, unsigned port, bool writable);
/* When engine_tick() wants to be called, or NSEC_NEVER. */
nsec_t engine_deadline(const struct engine *e);
/* Runs queued `done`, on_device and on_room callbacks; how many ran. */
unsigned engine_reap(struct engine *e);

/* Fails what is left with -ESHUTDOWN and refuses new requests. */
void engine_quiesce(struct engine *e, nsec_t now);
/* Write copies that might still be executed: wait for 0 before exit. */
unsigned engine_fences(const struct engine *e);
/* Requests submitted and not yet handed to `done`. */
unsigned engine_pending(const struct engine *e);

/*
 * Walks all there is and asserts that lists, trees and counters agree. For
 * tests: it takes as long as the engine is large.
 */
void engine_check(const struct engine *e);

/* ---- devices ---- */

/*
 * NULL when unknown. A device lives until ENGINE_GONE, which comes for one that
 * is not in use by engine_forget(), or when others need its place.
 */
struct device *engine_find(const struct engine *e, struct aoe_addr addr);
/* Walks the devices in order of address; start with NULL, ends with NULL. */
struct device *engine_next(const struct engine *e, const struct device *dev);
/* Drops a device that nobody has open; -EBUSY otherwise. */
int engine_forget(struct engine *e, struct device *dev);

enum engine_device_state {
	ENGINE_DEVICE_NEW,       /* answered a query, not yet known for sure */
	ENGINE_DEVICE_CONTESTED, /* two disks answer: it cannot be opened */
	ENGINE_DEVICE_UP,
	ENGINE_DEVICE_DOWN,    /* no path answers */
	ENGINE_DEVICE_SWAPPED, /* open, but another disk has the address */
};

struct engine_device_info {
	struct aoe_addr addr;
	enum engine_device_state state;
	uint64_t sectors;
	struct ata_identity identity;
	const uint8_t *identify; /* the 512 bytes as they came, or NULL */
	uint16_t firmware, buffers;
	uint8_t sectors_max;   /* the target's own limit per frame */
	const uint8_t *config; /* the config string */
	size_t config_len;
	unsigned opens, paths, paths_up;
	unsigned payload; /* bytes of data per frame, the best path's */
	unsigned pending, fences;
	const struct device_stats *stats;
};

enum engine_path_state {
	ENGINE_PATH_NEW, /* being identified */
	ENGINE_PATH_UP,
	ENGINE_PATH_SUSPECT, /* silent while another path answers */
	ENGINE_PATH_SILENT,  /* answers nothing; probed */
	ENGINE_PATH_REFUSED, /* shows another identity: never used */
	ENGINE_PATH_DOWN,    /* its port is down */
};

struct engine_path_info {
	unsigned port;
	struct mac mac;
	enum engine_path_state state;
	/* What it showed: which of engine_identity(), or -1 if nothing. */
	int identity;
	unsigned payload; /* bytes */
	unsigned window, cap, inflight;
	nsec_t srtt, rttvar, rto, reorder;
	const struct path_stats *stats;
};

void engine_device_info(
    const struct device *dev, struct engine_device_info *out);
/* Its size, for those who need no more at every request. */
uint64_t engine_device_sectors(const struct device *dev);
/* The n-th path of the device; false beyond the last. */
bool engine_path_info(
    const struct device *dev, unsigned n, struct engine_path_info *out);
/*
 * The n-th disk that answers for the address; NULL beyond the last. When the
 * device has an identity, that is the first.
 */
const struct ata_identity *engine_identity(
    const struct device *dev, unsigned n);
const struct engine_stats *engine_stats(const struct engine *e);
/* "up", "down", ...; never NULL. */
const char *engine_device_state_text(enum engine_device_state s);
const char *engine_path_state_text(enum engine_path_state s);

#endif
