/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ports of a client on real interfaces, told of links by hand, with an
 * engine that only notes what it is told.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include "aoe-user/io/clock.h"
#include "aoe-user/io/portset.h"
#include "tests/unit/net.h"

#define PREFIX 5u
#define RING ((size_t)1 << 20)
#define NO_RING ((size_t)1 << 44) /* the kernel refuses that at once */
#define LOWER_UP (1u << 16)

struct engine {
	unsigned sets, removes;
	bool up;
	unsigned mtu;
};

int engine_port_set(struct engine *e, unsigned port, struct mac mac,
    unsigned mtu, bool up, nsec_t now)
{
	(void)port;
	(void)mac;
	(void)now;
	e->sets++;
	e->up = up;
	e->mtu = mtu;
	return 0;
}

void engine_port_remove(struct engine *e, unsigned port, nsec_t now)
{
	(void)port;
	(void)now;
	e->removes++;
	e->up = false;
}

void engine_port_writable(struct engine *e, unsigned port, bool writable)
{
	(void)e;
	(void)port;
	(void)writable;
}

bool engine_tx(struct engine *e, struct engine_frame **out, nsec_t now)
{
	(void)e;
	(void)out;
	(void)now;
	return false;
}

void engine_tx_result(struct engine *e, struct engine_frame *f,
    enum engine_tx_result result, nsec_t now)
{
	(void)e;
	(void)f;
	(void)result;
	(void)now;
	fail_msg("no frame was offered");
}

struct bench {
	struct engine engine;
	struct portset set;
	struct log log;
	unsigned lines; /* logged */
	int epoll;
	int peer; /* sends anything from tgt0 */
};

static void count_line(
    void *ctx, enum log_level level, const char *object, const char *text)
{
	struct bench *b = ctx;

	(void)level;
	(void)object;
	(void)text;
	b->lines++;
}

static struct bench *bench_new(void **state)
{
	struct bench *b;

	net_need(state);
	b = calloc(1, sizeof(*b));
	assert_non_null(b);
	b->log = (struct log){LOG_LEVEL_WARN, count_line, b};
	b->epoll = epoll_create1(0);
	b->peer = socket(AF_PACKET, SOCK_RAW, 0);
	assert_true(b->epoll >= 0 && b->peer >= 0);
	assert_int_equal(
	    portset_init(&b->set, &b->engine, b->epoll, PREFIX, RING, &b->log),
	    0);
	return b;
}

static void bench_free(struct bench *b)
{
	portset_fini(&b->set);
	close(b->peer);
	close(b->epoll);
	free(b);
}

static void other_link_is(struct bench *b, const char *name, unsigned mtu)
{
	struct link l = {
	    .index = if_nametoindex(name),
	    .type = ARPHRD_ETHER,
	    .flags = IFF_UP | LOWER_UP,
	    .mtu = mtu,
	};

	snprintf(l.name, sizeof(l.name), "%s", name);
	portset_link(&b->set, &l);
}

static void link_is(struct bench *b, unsigned mtu)
{
	other_link_is(b, "eth0", mtu);
}

/* Some answers with our prefix, which the filter lets through. */
static void noise(struct bench *b)
{
	struct sockaddr_ll ll = {
	    .sll_family = AF_PACKET,
	    .sll_ifindex = (int)if_nametoindex("tgt0"),
	};
	uint8_t frame[60] = {[12] = WIRE_ETHERTYPE >> 8,
	    WIRE_ETHERTYPE & 0xff,
	    WIRE_VERSION << 4 | WIRE_FLAG_RESPONSE,
	    [20] = 0x80 | PREFIX};

	memset(frame, 0xff, 6);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(sendto(b->peer, frame, sizeof(frame), 0,
				     (struct sockaddr *)&ll, sizeof(ll)),
		    sizeof(frame));
}

/* How many descriptors keep the loop awake. */
static int awake(struct bench *b)
{
	struct epoll_event ev[4];

	return epoll_wait(b->epoll, ev, 4, 0);
}

static unsigned received(struct bench *b)
{
	struct netport *p = portset_nth(&b->set, 0);
	unsigned budget = 1000, n = 0;
	struct ring_frame f;

	assert_non_null(p);
	while (netport_next(p, &f, &budget, 0)) {
		netport_release(p);
		n++;
	}
	return n;
}

static void without_a_ring_it_gathers_nothing(void **state)
{
	struct bench *b = bench_new(state);

	assert_int_equal(portset_add_name(&b->set, "eth0"), 0);
	link_is(b, 1500);
	assert_true(b->engine.up);
	noise(b);
	assert_int_equal(received(b), 10);
	b->set.ring_bytes = NO_RING;
	noise(b); /* what is there already goes, too */
	link_is(b, 9000);
	assert_false(b->engine.up);
	noise(b);
	assert_int_equal(awake(b), 0);
	/* With a ring it is as before. */
	b->set.ring_bytes = RING;
	portset_retry(&b->set, portset_deadline(&b->set));
	assert_true(b->engine.up);
	assert_int_equal(b->engine.mtu, 9000);
	assert_int_equal(portset_deadline(&b->set), NSEC_NEVER);
	assert_int_equal(awake(b), 0);
	noise(b);
	assert_int_equal(awake(b), 1);
	assert_int_equal(received(b), 10);
	bench_free(b);
}

static void a_handed_port_gathers_nothing_either(void **state)
{
	struct bench *b = bench_new(state);
	unsigned index = if_nametoindex("eth0");
	int fd = netport_socket(&b->set.filter);

	assert_int_equal(netport_bind(fd, index), 0);
	noise(b);
	assert_int_equal(portset_add_fd(&b->set, fd, index), 0);
	b->set.ring_bytes = NO_RING;
	link_is(b, 1500);
	noise(b);
	assert_int_equal(awake(b), 0);
	b->set.ring_bytes = RING;
	portset_retry(&b->set, portset_deadline(&b->set));
	noise(b);
	assert_int_equal(received(b), 10);
	bench_free(b);
}

/* In the test's own time: what is tried when. */
static void it_is_tried_again_and_again(void **state)
{
	struct bench *b = bench_new(state);
	nsec_t wait = 100 * NSEC_MS, at, next;

	link_is(b, 1500); /* one of all that are suitable */
	assert_true(b->engine.up);
	b->set.ring_bytes = NO_RING;
	link_is(b, 9000);
	assert_int_equal(b->lines, 1);
	at = portset_deadline(&b->set);
	assert_true(at <= clock_now() + wait);
	for (unsigned i = 0; i < 12; i++) {
		portset_retry(&b->set, at - 1); /* too early */
		assert_int_equal(portset_deadline(&b->set), at);
		/* News of the link that change nothing are no reason. */
		link_is(b, 9000);
		assert_int_equal(portset_deadline(&b->set), at);
		portset_retry(&b->set, at);
		next = portset_deadline(&b->set);
		wait = wait * 2 < 10 * NSEC_SEC ? wait * 2 : 10 * NSEC_SEC;
		assert_int_equal(next - at, wait);
		at = next;
	}
	assert_int_equal(b->lines, 1);
	b->set.ring_bytes = RING;
	portset_retry(&b->set, at);
	assert_true(b->engine.up);
	assert_int_equal(b->lines, 2);
	assert_int_equal(b->engine.removes, 0);
	bench_free(b);
}

/* A ring for the old MTU is there again before the next attempt. */
static void another_mtu_is_tried_at_once(void **state)
{
	struct bench *b = bench_new(state);

	assert_int_equal(portset_add_name(&b->set, "eth0"), 0);
	b->set.ring_bytes = NO_RING;
	link_is(b, 9000);
	assert_false(b->engine.up);
	b->set.ring_bytes = RING;
	link_is(b, 1500);
	assert_true(b->engine.up);
	assert_int_equal(portset_deadline(&b->set), NSEC_NEVER);
	bench_free(b);
}

static void without_any_ring_there_is_no_start(void **state)
{
	struct bench *b = bench_new(state);
	char why[256] = "";

	b->set.ring_bytes = NO_RING;
	link_is(b, 1500);
	assert_true(portset_check(&b->set, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "eth0: cannot listen: "));
	b->set.ring_bytes = RING;
	portset_retry(&b->set, portset_deadline(&b->set));
	assert_int_equal(portset_check(&b->set, why, sizeof(why)), 0);
	bench_free(b);
}

static void is_found(struct bench *b, const char *name)
{
	struct netport *p = portset_find(&b->set, if_nametoindex(name));

	assert_non_null(p);
	assert_string_equal(p->name, name);
}

static unsigned slots_of_all(struct bench *b)
{
	struct netport *p;
	unsigned sum = 0;

	for (unsigned n = 0; (p = portset_nth(&b->set, n)); n++)
		sum += ring_slots(&p->ring);
	return sum;
}

static void add_pair(unsigned n, unsigned index)
{
	net_run("ip link add eth%u index %u type veth peer name tgt%u", n,
	    index, n);
	net_run("ip link set tgt%u up && ip link set eth%u up", n, n);
}

/* Two of them have numbers that share a place. */
static void a_port_is_found_by_its_number(void **state)
{
	struct bench *b = bench_new(state);
	unsigned index = if_nametoindex("eth0"), gone = 1000;

	add_pair(1, 1000);
	add_pair(2, index + PORTSET_PLACES);
	link_is(b, 1500);
	other_link_is(b, "eth1", 9000);
	other_link_is(b, "eth2", 1500);
	is_found(b, "eth0");
	is_found(b, "eth1");
	is_found(b, "eth2");
	assert_null(portset_find(&b->set, 0));
	assert_int_equal(b->set.slots, slots_of_all(b));
	net_run("ip link del eth1");
	portset_gone(&b->set, gone);
	assert_null(portset_find(&b->set, gone));
	assert_int_equal(b->set.slots, slots_of_all(b));
	/* Its socket serves another one. */
	add_pair(3, 2000);
	other_link_is(b, "eth3", 1500);
	is_found(b, "eth3");
	is_found(b, "eth0");
	assert_null(portset_find(&b->set, gone));
	assert_int_equal(b->set.slots, slots_of_all(b));
	bench_free(b);
}

int main(void)
{
#define NET(test) cmocka_unit_test_setup(test, net_setup)
	const struct CMUnitTest tests[] = {
	    NET(without_a_ring_it_gathers_nothing),
	    NET(a_handed_port_gathers_nothing_either),
	    NET(it_is_tried_again_and_again),
	    NET(another_mtu_is_tried_at_once),
	    NET(without_any_ring_there_is_no_start),
	    NET(a_port_is_found_by_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
