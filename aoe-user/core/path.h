/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths: one local port to one remote MAC of a device. A path knows its round
 * trip time, what is out on it, what was given up but may still be answered,
 * and whether the disk at its end is known to be the right one.
 */
#ifndef CORE_PATH_H
#define CORE_PATH_H

#include "aoe-user/core/copy.h"
#include "aoe-user/core/device.h"
#include "aoe-user/core/payload.h"
#include "aoe-user/core/port.h"
#include "aoe-user/core/rtt.h"

/* A path that answered nothing for so long is identified again (rule 5). */
#define PATH_STALE NSEC_SEC

/* What must still be answered before the path may carry data. */
#define PATH_NEED_CONFIG 1u
#define PATH_NEED_IDENTIFY 2u
#define PATH_NEED_BOTH 3u

/* What is known of who is at its end; path_set() alone changes it. */
enum path_state {
	PATH_NEW,     /* not identified yet */
	PATH_UP,      /* verified: it may carry data */
	PATH_ASKED,   /* it was up, and is asked once more who it is */
	PATH_SUSPECT, /* silent while another path answers; asked too */
	PATH_SILENT,  /* answered nothing when it was asked */
	PATH_REFUSED, /* shows another identity */
	PATH_DOWN,    /* its port is down or gone */
};

struct path {
	enum path_state state;
	struct list dev_link;     /* device's paths */
	struct tree_node node;    /* ... by port and MAC */
	struct list remote_link;  /* remote's paths */
	struct list port_link;    /* port's paths */
	struct heap_node ready;   /* remote's, when it may be chosen, ... */
	struct list parked;       /* ... or port's or peer's, for the time */
	struct list fresh;        /* device's, when it is up */
	uint16_t number;          /* in order of making */
	struct list control_link; /* port's, while it has `offer` or `touch` */
	struct device *dev;
	struct remote *remote;
	struct port *port; /* NULL once the port was removed */
	struct peer *peer;
	unsigned cap; /* what it adds to the caps of the peer */
	struct rtt rtt;
	struct timer timer;
	unsigned limit; /* sectors the port takes, if less than its MTU says */
	struct payload payload_in, payload_out; /* of reads, of writes */
	unsigned inflight;                      /* data frames out */
	/* Asking who is at its end (ask.h): */
	unsigned need;     /* PATH_NEED_* */
	unsigned offer;    /* of them, those to be sent now */
	unsigned round;    /* asked since it was not verified any more */
	unsigned tries;    /* rounds sent without answer, */
	unsigned ignored;  /* ... and those while another path answered */
	bool deferred;     /* put off, until somebody wants it or doubt_at */
	bool resting;      /* asked more seldom, since others answer */
	nsec_t control_at; /* when to send them again */
	unsigned restarts; /* rounds begun anew before they ended, in a row */
	nsec_t restart_at; /* ... and when the last one was */
	nsec_t doubted_at; /* when a doubt was last looked into */
	nsec_t doubt_at;   /* no doubt is looked into sooner, */
	nsec_t doubt_wait; /* ... at growing distances */
	bool early;        /* asked behind the next data, without a doubt ... */
	struct list early_link; /* engine's, while that data leaves */
	struct ata_identity id; /* as its last IDENTIFY said */
	/* What was sent and answered: */
	uint64_t seq, answered_seq; /* last sent; last sent of those answered */
	uint64_t data_seq;          /* the same of data alone, ... */
	nsec_t data_sent;           /* ... when that one was sent, */
	nsec_t data_at;             /* ... and when data was last answered */
	nsec_t worked_at;           /* ... without an error */
	nsec_t flow;                /* time in which data kept being answered */
	nsec_t last_answer;         /* to a frame of ours */
	nsec_t refused_at;          /* when it showed another identity */
	nsec_t told_at;             /* when it announced a start */
	nsec_t heard_at;            /* any config answer or announcement */
	nsec_t quiet_since;         /* since when data is awaited */
	nsec_t gone_at;             /* when to look at what is lost */
	nsec_t pto_at;      /* probe timeout: when this silence is too long */
	unsigned pto_count; /* probes sent in this silence */
	bool probe_credit;  /* one frame may exceed the window */
	bool sound;         /* up, not lame: counted by the device */
	bool lame;  /* its data was silent while another's was answered */
	bool touch; /* a read for nobody is to be sent, of ... */
	uint64_t touch_lba;
	nsec_t touch_at;   /* when the next one may be, ... */
	nsec_t touch_wait; /* ... at growing distances */
	struct list out;   /* data copies, by time of sending */
	struct list slow;  /* flushes and control copies out */
	struct list lost;  /* given up, not yet gone */
	/* Those that no answer to a later one has overtaken, by `seq`: ... */
	struct list ahead;         /* ... of out, */
	struct list ahead_lost;    /* ... of the data that is lost, */
	struct list ahead_errands; /* ... and of the errands that are */
	struct path_stats stats;
};

struct path *path_find(
    const struct device *dev, const struct port *port, struct mac mac);
/* NULL without memory. */
struct path *path_new(
    struct device *dev, struct remote *remote, struct port *port);
/* Its port is to go: it will carry nothing more. */
void path_unport(struct engine *e, struct path *p);
/* It has no copies any more. */
void path_free(struct engine *e, struct path *p);

/* What it knows of the size of frames of that kind. */
struct payload *path_payload_of(struct path *p, enum copy_kind kind);
/* Sectors that the next frame on this path may carry; at least 1. */
unsigned path_payload(struct path *p, enum copy_kind kind, nsec_t now);
/* The same for people: nothing is known to speak against it. */
unsigned path_payload_shown(const struct path *p);
bool path_has_room(const struct path *p);
/* The remote's cap is another one: all its paths' peers hear of it. */
void path_update_caps(const struct device *dev, struct remote *r);

/* Its state; the device may come up or go down by that. */
void path_set(struct path *p, enum path_state state);
/* It answered as this disk when it was last asked. */
bool path_is_alive(const struct path *p);

/* Says so when the size of its frames changed. */
void path_news(const struct path *p, enum payload_news news);
void path_log(const struct path *p, enum log_level level, const char *text);

#endif
