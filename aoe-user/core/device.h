/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices: one shelf.slot each, with the remote MACs that answer for it, the
 * paths to them, and the requests on their way.
 */
#ifndef CORE_DEVICE_H
#define CORE_DEVICE_H

#include "aoe-user/core/engine.h"
#include "aoe-user/core/fence.h"
#include "aoe-user/core/share.h"
#include "aoe-user/core/timer.h"

struct path;
struct slice;

/* What became of its last announcement of a start. */
enum remote_told {
	REMOTE_UNTOLD,
	REMOTE_TOLD, /* other paths may know better */
	REMOTE_RESTARTED,
};

#define REMOTE_QUESTIONS 2u /* at once: config and IDENTIFY */

/* One remote MAC of a device: what its config and IDENTIFY answers said. */
struct remote {
	struct list link;      /* device's remotes */
	struct tree_node node; /* ... by MAC */
	struct device *dev;
	struct mac mac;
	struct list paths;    /* to it */
	unsigned up, refused; /* of them, those in that state, */
	unsigned alive;       /* ... and those that stand for the disk */
	nsec_t away_since;    /* since when none of them does; 0: one does */
	bool ours;            /* has shown the identity of the device */
	/* Its config answer: */
	bool configured;     /* there was one, ... */
	nsec_t config_asked; /* ... to what was asked then */
	uint16_t buffers, firmware;
	uint8_t sectors_max;  /* per frame; 0 = not said */
	uint64_t config_hash; /* of its config string */
	/* What is out to it, and who may be chosen (choice.h): */
	unsigned inflight;       /* data frames, over all its paths */
	struct heap ready;       /* paths that may be chosen, by delay */
	struct heap_node choice; /* device's choices, by the first of them */
	bool full;               /* it was seen to hold all it can */
	bool wary; /* doubts come all the time: room is left for questions */
	struct list errands;     /* slices to be sent to it */
	struct list errand_link; /* device's errands, while it has some */
	/* Flushes (flush.h): */
	bool flush, flush_ext; /* what it has; cleared when it refuses them */
	bool flush_said, flush_ext_said; /* what its last IDENTIFY said */
	bool flush_counted;              /* it wants a count of 1 with them */
	bool flush_warned;
	bool flushed;         /* once; before that, others may have written */
	uint64_t written_seq; /* the device's last write that it answered, */
	uint64_t flushed_seq; /* ... that a flush of it covered, */
	uint64_t doubted_seq; /* ... and that a restart may have lost */
	/* Its last announcement of a start (restart.h): */
	enum remote_told told;
	nsec_t told_at; /* when it was first heard */
};

struct device {
	struct tree_node node; /* engine's devices */
	struct engine *e;
	struct aoe_addr addr;
	char name[ADDR_TEXT];
	bool known;       /* identity and sectors are valid */
	bool swapped;     /* open, and another disk has the address */
	nsec_t swap_at;   /* when it is that if none shows ours, or NEVER */
	bool up;          /* as told by the last event */
	bool settled;     /* who may answer for it had the chance to */
	bool contested;   /* settled, not open, and two disks answer */
	nsec_t met_at;    /* when a path first said who it is, or NEVER */
	nsec_t news_at;   /* ... and when one did so last */
	bool lost_writes; /* restarted with unflushed writes (strict_flush) */
	struct ata_identity id;
	uint8_t identify[WIRE_SECTOR];
	uint64_t sectors;
	uint8_t config[WIRE_CONFIG_MAX];
	size_t config_len;
	struct list remotes, paths;
	struct tree by_mac, by_port; /* the same: remotes, paths */
	unsigned path_count;
	uint16_t path_number; /* of the next path */
	struct heap choices;  /* remotes to send data to, the best first */
	struct list fresh;    /* paths that are up, by their last answer */
	unsigned sound;       /* of them, those that are not lame */
	unsigned alive;       /* of its paths, those that stand for the disk, */
	unsigned verified;    /* ... and those that are up */
	unsigned size_rounds; /* in which its paths disagreed about its size */
	struct list requests; /* unfinished, by arrival */
	struct list ready;    /* of them, those with sectors to cut */
	struct list resend;   /* slices to send again */
	struct list errands;  /* remotes with errands to be sent */
	struct list errand_requests; /* flushes and settings under way */
	struct list held;    /* copies whose answers are held, see held.h */
	struct list delayed; /* slices the target asked us to send later */
	struct list late;    /* unanswered copies of writes nobody waits for */
	struct fence fence;  /* of all these */
	struct list
	    homeless; /* settings, while no remote is there to take them */
	unsigned opens, pending;
	nsec_t closed_at;     /* the last time that opens fell to 0 */
	bool hungry;          /* waits for a place among the copies */
	uint64_t write_seq;   /* counts answered writes */
	nsec_t expect_until;  /* asked for by name: keep asking */
	nsec_t flow, flow_at; /* time seen at work; last answer to data */
	struct share frames, slices, unfinished; /* of the engine's pools */
	bool want_room; /* a submit was refused: on_room is due */
	struct timer timer;
	struct list active_link; /* engine's active */
	struct list event_link;  /* engine's events */
	struct list roster_link; /* engine's roster, while nobody has it open */
	bool stranger;           /* is among the roster's strangers */
	bool leaving;            /* is to go at the next reap */
	unsigned events;
	struct log_limit limit; /* of error lines */
	struct log_limit storm_limit;
	unsigned storm;     /* reasons for doubt since then, ... */
	nsec_t storm_since; /* ... and till when they are too many */
	nsec_t storm_until;
	struct log_limit restart_limit;
	struct device_stats stats;
};

/* For the engine to begin with. */
void device_table_init(struct engine *e);
/* NULL when not there. */
struct device *device_find(const struct engine *e, struct aoe_addr addr);
/* The one behind it in order of address; the first one after NULL. */
struct device *device_next(const struct engine *e, const struct device *dev);
/* Makes one; NULL without memory. The limit is the roster's. */
struct device *device_new(struct engine *e, struct aoe_addr addr);
/* Drops it and its remotes. No open, no request, and no path any more. */
void device_remove(struct engine *e, struct device *dev);

struct remote *device_remote(const struct device *dev, struct mac mac);
struct remote *device_remote_new(struct device *dev, struct mac mac);
/* It has answered writes that no flush has covered: nobody else may. */
static inline bool remote_has_debt(const struct remote *r)
{
	return r->written_seq > r->flushed_seq && (r->flush || r->flush_ext);
}
/* Another MAC than that one stands for the disk right now. */
bool device_has_other(const struct device *dev, const struct remote *r);
/* It has no path, no errand and no copy. */
void device_remote_drop(struct device *dev, struct remote *r);
/* Frames that may be out to a remote: its Buffer Count or 1, or the cap. */
unsigned remote_cap(const struct device *dev, const struct remote *r);
/* Data frames, of these. */
unsigned remote_data_cap(const struct device *dev, const struct remote *r);

/* Whose answers to what was asked of the device are believed (rule 4). */
enum trust {
	TRUST_NONE, /* never identified as this disk, or shows another one */
	TRUST_HOLD, /* it was this disk; to be used when it still is */
	TRUST_FULL, /* verified now */
};
enum trust remote_trust(const struct remote *r);

/* Puts the device among those asked for frames. */
void device_activate(struct device *dev);
/* The same if it has something to send: it may be able to now. */
void device_wake(struct device *dev);
/*
 * One of its copies has ended: it may be able to send more of one slice, or
 * something from its share, when it waited for a place among the copies.
 */
void device_fed(struct device *dev);
/* Puts a slice (back) into the queue to be sent, in front or at its end. */
void device_resend(struct device *dev, struct slice *s);
void device_queue(struct device *dev, struct slice *s);
/* Later: not before that time. */
void device_delay(struct device *dev, struct slice *s, nsec_t not_before);
/* True when nothing is waiting to be sent. */
bool device_is_idle(const struct device *dev);
void device_event(struct device *dev, unsigned events);
/* Compares the paths' state with what was told last; tells the difference. */
void device_check_up(struct device *dev);
/* Its timer fires then, if not sooner. */
void device_arm(struct device *dev, nsec_t at);

void device_log(const struct device *dev, enum log_level level, const char *fmt,
    ...) FORMAT_PRINTF(3, 4);
/* The same for lines that a bad target could repeat without end. */
void device_warn(struct device *dev, nsec_t now, const char *fmt, ...)
    FORMAT_PRINTF(3, 4);

#endif
