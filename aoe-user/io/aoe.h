/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The client library: the engine on real Ethernet ports. It fits any event
 * loop: poll one file descriptor for reading, or until aoe_deadline(), then
 * call aoe_dispatch(). Not thread safe, except aoe_wake(). Callbacks (`done`,
 * on_device, on_room) run only inside aoe_dispatch().
 */
#ifndef IO_AOE_H
#define IO_AOE_H

#include "aoe-user/core/engine.h"

#define AOE_EXPORT __attribute__((visibility("default")))

struct aoe;

/* A port handed over ready by somebody with more privilege. */
struct aoe_port_fd {
	int fd; /* AF_PACKET, bound, filtered, ring not yet set up; ours now */
	unsigned ifindex;
};

/*
 * Everything optional. Set `size = sizeof(struct aoe_options)` and leave the
 * rest zero for defaults; newer fields are only ever added at the end.
 */
struct aoe_options {
	size_t size;
	const char *const *interfaces; /* names; NULL = every suitable one */
	size_t interface_count;
	/* Patterns of the addresses to use; NULL = all. */
	const struct aoe_addr *only;
	size_t only_count;
	const struct log *log; /* must outlive the client */
	const char *capture;   /* pcap file for all frames, or NULL */
	uint64_t
	    capture_limit; /* bytes, 0 = 1 GiB; then it stops and says so */
	nsec_t dead_time;  /* 0 = 180 s, NSEC_NEVER = queue for ever */
	nsec_t late_copy;  /* 0 = AOE_LATE_COPY */
	nsec_t discover_period; /* 0 = 60 s */
	unsigned max_window;    /* 0 = the target's Buffer Count, 256 at most */
	unsigned max_requests;  /* 0 = 4096 */
	unsigned ring_bytes;    /* receive ring per port, 0 = 4 MiB */
	bool allow_unset;       /* use shelf 4095 */
	bool ignore_serial;
	bool strict_flush;
	bool shared; /* let others on this host write too (rule 9) */
	/* Ports from a provider: no other interface is opened then. */
	const struct aoe_port_fd *ports;
	size_t port_count;
	int tag_prefix; /* 0 = reserve one; else 1..127, reserved */
	void *ctx;
	void (*on_device)(void *ctx, struct device *dev, unsigned events);
	void (*on_room)(void *ctx);
	/*
	 * Of several disks at one address, one with such a serial number is
	 * taken, and when `only` names just one address no other one at all.
	 * They must outlive the client.
	 */
	const char *const *serials;
	size_t serial_count;
};

#define AOE_LATE_COPY NSEC_SEC

/* How long a copy that nobody answered may still arrive. */
static inline nsec_t aoe_late_copy(const struct aoe_options *o)
{
	return o->late_copy ? o->late_copy : AOE_LATE_COPY;
}

/*
 * 0, or a negative errno with one line in `why` (AOE_WHY bytes): -EPERM no
 * CAP_NET_RAW, -ENODEV no such or no suitable interface, -ENETDOWN the only
 * named interface is down, ...
 */
#define AOE_WHY 512
AOE_EXPORT int aoe_new(
    struct aoe **out, const struct aoe_options *options, char *why);
/* Unfinished requests end with -ESHUTDOWN inside this call. NULL is fine. */
AOE_EXPORT void aoe_free(struct aoe *a);

/* One epoll descriptor; readable when aoe_dispatch() has something to do. */
AOE_EXPORT int aoe_get_fd(const struct aoe *a);
/* When the next timer is due, as aoe_now() counts. The descriptor covers it
 * (timerfd). */
AOE_EXPORT nsec_t aoe_deadline(const struct aoe *a);
/* Receives, ticks, sends, runs callbacks. 0, or -errno when nothing can go on.
 */
AOE_EXPORT int aoe_dispatch(struct aoe *a);
/*
 * Sends what submits since the last dispatch made ready, without waiting for
 * the descriptor. Runs no callback.
 */
AOE_EXPORT void aoe_flush_tx(struct aoe *a);
/* From any thread or signal handler: makes the descriptor readable. */
AOE_EXPORT void aoe_wake(struct aoe *a);
/* CLOCK_BOOTTIME: the time that the machine slept counts. */
AOE_EXPORT nsec_t aoe_now(void);

AOE_EXPORT void aoe_discover(struct aoe *a);
AOE_EXPORT int aoe_expect(struct aoe *a, struct aoe_addr addr);
AOE_EXPORT struct device *aoe_find(const struct aoe *a, struct aoe_addr addr);
AOE_EXPORT struct device *aoe_next(
    const struct aoe *a, const struct device *dev);
AOE_EXPORT int aoe_forget(struct aoe *a, struct device *dev);
/*
 * Opens for reading, or for writing too. One writer per host and disk unless
 * `shared`: -EBUSY when another process has it open for writing (rule 9).
 * Otherwise as engine_open(); after -ENOTUNIQ those who answer are asked again,
 * so that one which is gone does not count at the next try.
 */
AOE_EXPORT int aoe_open(struct aoe *a, struct device *dev, bool writable);
AOE_EXPORT void aoe_close(struct aoe *a, struct device *dev);
/* As engine_submit(); the frames leave at the next dispatch or flush_tx. */
AOE_EXPORT int aoe_submit(
    struct aoe *a, struct device *dev, struct aoe_request *rq);
AOE_EXPORT void aoe_cancel(struct aoe *a, struct aoe_request *rq);
AOE_EXPORT void aoe_quiesce(struct aoe *a);
AOE_EXPORT unsigned aoe_fences(const struct aoe *a);
AOE_EXPORT unsigned aoe_pending(const struct aoe *a);

struct aoe_port_info {
	unsigned ifindex;
	const char *name;
	struct mac mac;
	unsigned mtu;
	bool up; /* administratively and carrier */
	uint64_t rx_frames, tx_frames, rx_dropped, tx_errors;
};

/*
 * The n-th port; false beyond the last. One that was asked for and does not
 * exist now has ifindex 0.
 */
AOE_EXPORT bool aoe_port(
    const struct aoe *a, unsigned n, struct aoe_port_info *out);
/* Name of the interface, or "?" when unknown. */
AOE_EXPORT const char *aoe_port_name(const struct aoe *a, unsigned ifindex);
/* The n-th serial number that was asked for; NULL beyond the last. */
AOE_EXPORT const char *aoe_serial(const struct aoe *a, size_t n);
/* Where the client logs; NULL when it was given nothing. */
AOE_EXPORT const struct log *aoe_log(const struct aoe *a);
AOE_EXPORT const struct engine_stats *aoe_stats(const struct aoe *a);

#endif
