/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client in a libev loop: what it sends, and how it ends. */
#include <sys/eventfd.h>
#include "aoe-user/io/aoe_ev.h"
#include "tests/unit/client_rig.h"

struct failure {
	struct aoe_ev ev;
	unsigned calls;
	int error;
};

static void on_failed(struct aoe_ev *w, int error)
{
	struct failure *f = container_of(w, struct failure, ev);

	if (f->calls++)
		fail_msg("called again, with %d", error);
	f->error = error;
}

static struct ev_loop *loop_new(void)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);

	assert_non_null(loop);
	return loop;
}

static void queue_read(struct bench *b)
{
	b->rq = (struct aoe_request){
	    .op = AOE_READ,
	    .length = READ,
	    .buf = b->buf,
	    .done = done,
	};
	b->busy = true;
	assert_int_equal(aoe_submit(b->aoe, b->dev, &b->rq), 0);
}

static void sends_what_was_submitted(void **state)
{
	struct bench *b = bench_new(state);
	struct ev_loop *loop = loop_new();
	struct aoe_ev ev;
	uint64_t before;

	start(b, "eth0");
	aoe_ev_start(&ev, loop, b->aoe, NULL);
	/* Nothing may hang on the descriptor being readable by chance. */
	ev_io_stop(loop, &ev.io);
	queue_read(b);
	before = port_info(b).tx_frames;
	ev_run(loop, EVRUN_NOWAIT);
	assert_true(port_info(b).tx_frames > before);
	assert_true(b->busy);
	aoe_ev_stop(&ev, loop);
	ev_loop_destroy(loop);
	bench_free(b);
}

static void on_limit(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	fail_msg("the request does not end");
}

static void runs_requests(void **state)
{
	struct bench *b = bench_new(state);
	struct ev_loop *loop = loop_new();
	struct aoe_ev ev;
	ev_timer limit;

	start(b, "eth0");
	aoe_ev_start(&ev, loop, b->aoe, NULL);
	ev_timer_init(&limit, on_limit, (double)LIMIT / (double)NSEC_SEC, 0.0);
	ev_timer_start(loop, &limit);
	queue_read(b);
	while (b->busy)
		ev_run(loop, EVRUN_ONCE);
	check_data(b);
	ev_timer_stop(loop, &limit);
	aoe_ev_stop(&ev, loop);
	aoe_ev_stop(&ev, loop);
	/* Nothing of it is left that would keep the loop. */
	ev_run(loop, 0);
	ev_loop_destroy(loop);
	bench_free(b);
}

/* Dispatching cannot work where its epoll descriptor is another file. */
static void break_client(struct aoe *a)
{
	int fd = eventfd(1, EFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(dup2(fd, aoe_get_fd(a)) >= 0);
	close(fd);
}

static void fails_once(void **state)
{
	struct bench b = {.why = ""};
	struct failure f = {.calls = 0};
	struct ev_loop *loop;

	net_need(state);
	loop = loop_new();
	assert_int_equal(open_client(&b, "eth0"), 0);
	break_client(b.aoe);
	aoe_ev_start(&f.ev, loop, b.aoe, on_failed);
	ev_run(loop, 0);
	assert_int_equal(f.calls, 1);
	assert_int_equal(f.error, -EINVAL);

	/* Nobody has to be told. */
	aoe_ev_start(&f.ev, loop, b.aoe, NULL);
	ev_run(loop, 0);
	assert_int_equal(f.calls, 1);
	ev_loop_destroy(loop);
	aoe_free(b.aoe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sends_what_was_submitted),
	    cmocka_unit_test(runs_requests),
	    cmocka_unit_test(fails_once),
	};

	return cmocka_run_group_tests(tests, net_setup, NULL);
}
