/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse-fs/fs_prober.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fuse-fs/fs_probe.h"
#include "fuse-fs/fs_sandbox.h"
#include "fuse-fs/fs_shown.h"

#define LIMIT 10.0             /* seconds for one disk */
#define AGAIN 15.0             /* ... from a failure to the next attempt */
#define FETCH_MAX (8u << 20)   /* in one message */
#define TOTAL_MAX (256u << 20) /* for one disk: it stays in memory */
#define PIECE (1u << 20)

struct fs_prober {
	struct fs *fs;
	struct device *dev; /* what it reads; NULL: idle */
	struct aoe_addr addr;
	uint32_t incarnation;
	uint64_t size;
	pid_t child;
	int channel, memory;
	ev_io io;
	ev_timer limit;
	ev_timer again; /* for those that could not be read */
	struct aoe_request rq;
	void *buf;
	bool reading; /* rq is the client's */
	bool over;    /* ends with that */
	bool held;    /* waits for room in the client */
	bool stopped;
	uint64_t left, total; /* bytes to fetch; fetched */
	struct fs_part parts[FS_PARTS];
	unsigned count;
};

/* ---- the end of one disk ---- */

static void end_child(struct fs_prober *p)
{
	ev_io_stop(p->fs->loop, &p->io);
	ev_timer_stop(p->fs->loop, &p->limit);
	if (p->child > 0) {
		kill(p->child, SIGKILL);
		waitpid(p->child, NULL, 0);
	}
	if (p->channel >= 0)
		close(p->channel);
	if (p->memory >= 0)
		close(p->memory);
	p->child = 0;
	p->channel = p->memory = -1;
}

/* The kernel may still hold the buffer's request: then later. */
static void leave(struct fs_prober *p)
{
	struct aoe_addr addr = p->addr;

	end_child(p);
	p->over = true;
	if (p->reading || p->stopped)
		return;
	aoe_close(p->fs->aoe, p->dev);
	p->dev = NULL;
	fs_shown_closed(p->fs, addr);
	fs_prober_kick(p);
}

static void fail(struct fs_prober *p)
{
	char name[ADDR_TEXT];

	log_msg(p->fs->log, LOG_LEVEL_INFO, addr_format(p->addr, name),
	    "cannot read what is on it");
	if (p->reading)
		aoe_cancel(p->fs->aoe, &p->rq);
	fs_tree_set_failed(&p->fs->tree, p->addr);
	if (!p->stopped && !ev_is_active(&p->again)) {
		ev_timer_set(&p->again, AGAIN, 0.0);
		ev_timer_start(p->fs->loop, &p->again);
	}
	leave(p);
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct fs_prober *p = w->data;

	(void)loop;
	(void)revents;
	fs_tree_retry(&p->fs->tree);
	fs_prober_kick(p);
}

static void finish(struct fs_prober *p)
{
	const struct fs_disk *disk = fs_tree_find(&p->fs->tree, p->addr);

	/* Unless it is another disk by now. */
	if (disk && disk->incarnation == p->incarnation)
		fs_tree_set_parts(&p->fs->tree, p->addr, p->parts, p->count);
	leave(p);
}

static void on_limit(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	fail(w->data);
}

/* ---- what its process wants ---- */

static void answer(struct fs_prober *p, enum fs_probe_kind kind)
{
	struct fs_probe_message m = {.kind = kind};

	/* It asks once and waits: there is room. */
	if (send(p->channel, &m, sizeof(m), MSG_NOSIGNAL | MSG_DONTWAIT) !=
	    sizeof(m))
		fail(p);
}

static void read_piece(struct fs_prober *p)
{
	int error;

	p->rq.length = (size_t)MIN(p->left, PIECE);
	error = aoe_submit(p->fs->aoe, p->dev, &p->rq);
	p->reading = !error;
	p->held = error == -EAGAIN;
	if (error && !p->held)
		fail(p);
}

void fs_prober_room(struct fs_prober *p)
{
	if (!p || !p->held)
		return;
	p->held = false;
	if (!p->over && !p->stopped)
		read_piece(p);
}

/* A bad sector hides what is near it; a dead disk says nothing of itself. */
static bool is_up(const struct fs_prober *p)
{
	struct engine_device_info info;

	engine_device_info(p->dev, &info);
	return info.state == ENGINE_DEVICE_UP;
}

static void on_read(struct aoe_request *rq, int error)
{
	struct fs_prober *p = container_of(rq, struct fs_prober, rq);

	p->reading = false;
	if (p->over || p->stopped) {
		leave(p);
		return;
	}
	if (!error && pwrite(p->memory, p->buf, rq->length,
			  (off_t)rq->offset) != (ssize_t)rq->length)
		error = -ENOMEM;
	if (error && error != -ENOMEM && is_up(p)) {
		answer(p, FS_PROBE_FAILED);
		return;
	}
	if (error) {
		fail(p);
		return;
	}
	p->left -= rq->length;
	rq->offset += rq->length;
	if (p->left)
		read_piece(p);
	else
		answer(p, FS_PROBE_FETCHED);
}

static bool is_within(const struct fs_prober *p, uint64_t at, uint64_t length)
{
	return length && at < p->size && length <= p->size - at;
}

static bool fetch(struct fs_prober *p, const struct fs_probe_message *m)
{
	if (!is_within(p, m->offset, m->length) || m->length > FETCH_MAX ||
	    p->total + m->length > TOTAL_MAX || p->reading)
		return false;
	p->total += m->length;
	p->left = m->length;
	p->rq = (struct aoe_request){
	    .op = AOE_READ,
	    .offset = m->offset,
	    .buf = p->buf,
	    .done = on_read,
	};
	read_piece(p);
	return true;
}

static bool take_part(struct fs_prober *p, const struct fs_part *part)
{
	struct fs_part *to = &p->parts[p->count];

	if (p->count == FS_PARTS || part->number >= FS_PARTS ||
	    !is_within(p, part->start, part->length))
		return false;
	for (unsigned i = 0; i < p->count; i++)
		if (p->parts[i].number == part->number)
			return false;
	p->count++;
	*to = *part;
	to->label[sizeof(to->label) - 1] = '\0';
	to->uuid[sizeof(to->uuid) - 1] = '\0';
	return true;
}

static void on_message(struct ev_loop *loop, ev_io *io, int revents)
{
	struct fs_prober *p = io->data;
	struct fs_probe_message m;
	ssize_t n = recv(p->channel, &m, sizeof(m), MSG_DONTWAIT);

	(void)loop;
	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (p->reading || p->held) /* It does not wait for its answer. */
		fail(p);
	else if (n == sizeof(m) && m.kind == FS_PROBE_DONE)
		finish(p);
	else if (n == sizeof(m) && m.kind == FS_PROBE_FETCH) {
		if (!fetch(p, &m))
			answer(p, FS_PROBE_FAILED);
	} else if (n != sizeof(m) || m.kind != FS_PROBE_PART ||
		   !take_part(p, &m.part))
		fail(p);
}

/* ---- the beginning of one disk ---- */

static void __attribute__((noreturn)) be_child(struct fs_prober *p, int channel)
{
	int error = fs_sandbox_enter(channel, p->memory);

	if (!error)
		fs_probe_run(channel, p->memory, p->size);
	_exit(error ? 1 : 0);
}

static bool start_child(struct fs_prober *p)
{
	int ends[2];

	p->memory = memfd_create("disk", MFD_CLOEXEC);
	if (p->memory < 0 || ftruncate(p->memory, (off_t)p->size))
		return false;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return false;
	p->channel = ends[0];
	p->child = fork();
	if (!p->child)
		be_child(p, ends[1]);
	close(ends[1]);
	return p->child > 0;
}

static bool begin(struct fs_prober *p, const struct fs_disk *disk)
{
	struct engine_device_info info;
	struct device *dev = aoe_find(p->fs->aoe, disk->addr);

	fs_tree_set_unread(&p->fs->tree, disk->addr, false);
	if (!dev || aoe_open(p->fs->aoe, dev, false))
		return false;
	engine_device_info(dev, &info);
	p->dev = dev;
	p->addr = disk->addr;
	p->incarnation = disk->incarnation;
	p->size = info.sectors * WIRE_SECTOR;
	p->count = 0;
	p->total = 0;
	p->over = p->held = false;
	if (!start_child(p)) {
		fail(p);
		return true;
	}
	ev_io_set(&p->io, p->channel, EV_READ);
	ev_io_start(p->fs->loop, &p->io);
	ev_timer_set(&p->limit, LIMIT, 0.0);
	ev_timer_start(p->fs->loop, &p->limit);
	return true;
}

void fs_prober_kick(struct fs_prober *p)
{
	const struct fs_disk *disk;

	while (p && !p->dev && !p->stopped &&
	       (disk = fs_tree_unread(&p->fs->tree)))
		if (begin(p, disk))
			return;
}

/* ---- life ---- */

struct fs_prober *fs_prober_new(struct fs *fs)
{
	struct fs_prober *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->buf = malloc(PIECE);
	if (!p->buf) {
		free(p);
		return NULL;
	}
	p->fs = fs;
	p->channel = p->memory = -1;
	ev_init(&p->io, on_message);
	ev_init(&p->limit, on_limit);
	ev_init(&p->again, on_again);
	p->io.data = p->limit.data = p->again.data = p;
	return p;
}

void fs_prober_stop(struct fs_prober *p)
{
	if (!p)
		return;
	p->stopped = true;
	ev_timer_stop(p->fs->loop, &p->again);
	end_child(p);
}

void fs_prober_free(struct fs_prober *p)
{
	if (!p)
		return;
	free(p->buf);
	free(p);
}
