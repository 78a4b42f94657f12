/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client on a veth pair with the real vblade behind it.
 */
#ifndef TESTS_UNIT_CLIENT_RIG_H
#define TESTS_UNIT_CLIENT_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include "aoe-user/io/aoe.h"
#include "tests/unit/net.h"

#define LIMIT (10 * NSEC_SEC)
#define DISK (4u << 20)
#define READ 262144u

struct bench {
	struct aoe *aoe;
	struct device *dev;
	pid_t target;
	struct aoe_request rq;
	bool busy;
	int error;
	unsigned turns; /* dispatches */
	uint8_t buf[READ];
	char why[AOE_WHY], disk[64];
};

static const struct aoe_addr disk_addr = {1, 0};

static inline uint64_t pattern(uint64_t sector, unsigned word)
{
	return (sector << 8 | word) * 0x9e3779b97f4a7c15u;
}

static inline void make_disk(struct bench *b)
{
	const char *tmp = getenv("TMPDIR");
	uint64_t sector[64];
	FILE *f;

	snprintf(
	    b->disk, sizeof(b->disk), "%.48s/diskXXXXXX", tmp ? tmp : "/tmp");
	f = fdopen(mkstemp(b->disk), "w");
	assert_non_null(f);
	for (uint64_t s = 0; s < DISK / 512; s++) {
		for (unsigned i = 0; i < 64; i++)
			sector[i] = pattern(s, i);
		assert_int_equal(fwrite(sector, 512, 1, f), 1);
	}
	fclose(f);
}

static inline void start_target(struct bench *b)
{
	b->target = fork();
	if (b->target)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (freopen("/dev/null", "w", stdout) && !dup2(1, 2))
		_exit(127);
	execlp("vblade", "vblade", "1", "0", "tgt0", b->disk, NULL);
	_exit(127);
}

static inline void stop_target(struct bench *b)
{
	if (b->target <= 0)
		return;
	kill(b->target, SIGKILL);
	waitpid(b->target, NULL, 0);
	b->target = 0;
}

static inline int have(const char *program)
{
	char command[64];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", program);
	return !system(command);
}

static inline struct bench *bench_new(void **state)
{
	struct bench *b;

	net_need(state);
	if (!have("vblade")) {
		print_message("no vblade\n");
		skip();
	}
	b = calloc(1, sizeof(*b));
	assert_non_null(b);
	make_disk(b);
	start_target(b);
	return b;
}

static inline void bench_free(struct bench *b)
{
	aoe_free(b->aoe);
	stop_target(b);
	unlink(b->disk);
	free(b);
}

static inline int open_client(struct bench *b, const char *interface)
{
	const char *const names[] = {interface};
	struct aoe_options o = {.size = sizeof(o)};

	if (interface) {
		o.interfaces = names;
		o.interface_count = 1;
	}
	return aoe_new(&b->aoe, &o, b->why);
}

static inline void turn(struct bench *b, int ms)
{
	struct pollfd pfd = {.fd = aoe_get_fd(b->aoe), .events = POLLIN};

	if (poll(&pfd, 1, ms) > 0) {
		assert_int_equal(aoe_dispatch(b->aoe), 0);
		b->turns++;
	}
}

/* Dispatches until the condition holds. */
#define until(b, condition)                                                    \
	do {                                                                   \
		nsec_t end_ = aoe_now() + LIMIT;                               \
                                                                               \
		while (!(condition)) {                                         \
			if (aoe_now() > end_)                                  \
				fail_msg("never: %s", #condition);             \
			turn(b, 20);                                           \
		}                                                              \
	} while (0)

static inline bool is_up(struct bench *b)
{
	struct engine_device_info info;

	b->dev = aoe_find(b->aoe, disk_addr);
	if (!b->dev)
		return false;
	engine_device_info(b->dev, &info);
	return info.state == ENGINE_DEVICE_UP;
}

static inline struct aoe_port_info port_info(struct bench *b)
{
	struct aoe_port_info info;

	assert_true(aoe_port(b->aoe, 0, &info));
	return info;
}

static inline void done(struct aoe_request *rq, int error)
{
	struct bench *b = container_of(rq, struct bench, rq);

	assert_true(b->busy);
	b->busy = false;
	b->error = error;
}

static inline void submit_some(struct bench *b, uint64_t offset, size_t length)
{
	memset(b->buf, 0, sizeof(b->buf));
	b->rq = (struct aoe_request){
	    .op = AOE_READ,
	    .offset = offset,
	    .length = length,
	    .buf = b->buf,
	    .done = done,
	};
	b->busy = true;
	assert_int_equal(aoe_submit(b->aoe, b->dev, &b->rq), 0);
	aoe_flush_tx(b->aoe);
}

static inline void submit(struct bench *b, uint64_t offset)
{
	submit_some(b, offset, READ);
}

static inline void check_data(struct bench *b)
{
	assert_int_equal(b->error, 0);
	for (uint64_t s = 0; s < b->rq.length / 512; s++)
		for (unsigned i = 0; i < 64; i++) {
			uint64_t v;

			memcpy(&v, b->buf + s * 512 + i * 8, 8);
			assert_int_equal(v, pattern(b->rq.offset / 512 + s, i));
		}
}

static inline void read_and_check(struct bench *b)
{
	submit(b, DISK - READ);
	until(b, !b->busy);
	check_data(b);
}

static inline void start(struct bench *b, const char *interface)
{
	if (open_client(b, interface))
		fail_msg("%s", b->why);
	assert_int_equal(aoe_expect(b->aoe, disk_addr), 0);
	until(b, is_up(b));
	assert_int_equal(aoe_open(b->aoe, b->dev, false), 0);
}

#endif
