/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The port on real interfaces, with an engine that offers what the test wants
 * and notes the results.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "aoe-user/io/clock.h"
#include "aoe-user/io/netport.h"
#include "tests/unit/net.h"

#define PREFIX 5u
#define OFFERS 256
#define RING (1u << 20)

struct engine {
	struct engine_frame frame[OFFERS];
	enum engine_tx_result result[OFFERS];
	unsigned offers, taken, results;
	bool stopped; /* by a port that takes nothing now */
};

bool engine_tx(struct engine *e, struct engine_frame **out, nsec_t now)
{
	(void)now;
	if (e->taken == e->offers || e->stopped)
		return false;
	*out = &e->frame[e->taken++];
	return true;
}

void engine_tx_result(struct engine *e, struct engine_frame *f,
    enum engine_tx_result result, nsec_t now)
{
	(void)now;
	assert_in_range(f - e->frame, 0, e->taken - 1);
	e->result[f - e->frame] = result;
	e->results++;
	if (result == ENGINE_TX_AGAIN || result == ENGINE_TX_PORT_DOWN)
		e->stopped = true;
}

struct bench {
	struct netport port;
	struct engine engine;
	uint8_t header[36], data[9000];
	int peer; /* all AoE that arrives at tgt0; sends anything there */
};

static int raw_socket(const char *name, int protocol)
{
	struct sockaddr_ll ll = {
	    .sll_family = AF_PACKET,
	    .sll_protocol = htons((uint16_t)protocol),
	    .sll_ifindex = (int)if_nametoindex(name),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&ll, sizeof(ll)), 0);
	return fd;
}

static struct bench *bench_new(void **state, unsigned mtu)
{
	struct bench *b;
	struct filter f;
	int fd;

	net_need(state);
	b = calloc(1, sizeof(*b));
	assert_non_null(b);
	assert_int_equal(filter_compile(&f, PREFIX), 0);
	fd = netport_socket(&f);
	assert_true(fd >= 0);
	netport_init(&b->port, fd, NULL);
	assert_int_equal(
	    netport_attach(&b->port, if_nametoindex("eth0"), mtu, RING), 0);
	b->peer = raw_socket("tgt0", WIRE_ETHERTYPE);
	memset(b->header, 0xff, 6);
	b->header[12] = WIRE_ETHERTYPE >> 8;
	b->header[13] = WIRE_ETHERTYPE & 0xff;
	return b;
}

static void bench_free(struct bench *b)
{
	netport_fini(&b->port);
	close(b->peer);
	free(b);
}

static void offer(struct bench *b, size_t data)
{
	struct engine_frame *f = &b->engine.frame[b->engine.offers++];

	f->iov[0] = (struct iovec){b->header, sizeof(b->header)};
	f->iov[1] = (struct iovec){b->data, data};
}

static unsigned send_frames(void *ctx, unsigned port,
    struct engine_frame *const *frame, unsigned n, enum engine_tx_result *why)
{
	struct bench *b = ctx;

	(void)port;
	return netport_send(&b->port, frame, n, NULL, why);
}

static nsec_t now(void *ctx)
{
	(void)ctx;
	return clock_now();
}

static void send_all(struct bench *b)
{
	struct pump pump = {b, send_frames, now, PUMP_BATCH};

	b->engine.stopped = false;
	pump_run(&pump, &b->engine);
	/* What was pulled has got its one result. */
	assert_int_equal(b->engine.taken, b->engine.results);
}

static unsigned peer_drain(struct bench *b, size_t len)
{
	uint8_t frame[10000];
	unsigned n = 0;
	ssize_t got;

	while ((got = recv(b->peer, frame, sizeof(frame), 0)) > 0) {
		assert_int_equal(got, len);
		n++;
	}
	return n;
}

/* An answer with our prefix and a number, to `dst`, from the peer. */
static void answer(
    struct bench *b, const uint8_t *dst, unsigned number, size_t len)
{
	uint8_t frame[10000] = {0};

	memcpy(frame, dst, 6);
	frame[12] = WIRE_ETHERTYPE >> 8;
	frame[13] = WIRE_ETHERTYPE & 0xff;
	frame[14] = WIRE_VERSION << 4 | WIRE_FLAG_RESPONSE;
	frame[20] = 0x80 | PREFIX;
	frame[22] = (uint8_t)(number >> 8);
	frame[23] = (uint8_t)number;
	assert_int_equal(send(b->peer, frame, len, 0), len);
}

static void own_mac(uint8_t *mac)
{
	struct ifreq ifr = {.ifr_name = "eth0"};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	/* From sysfs it would be that of another network namespace. */
	assert_int_equal(ioctl(fd, SIOCGIFHWADDR, &ifr), 0);
	memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
	close(fd);
}

/* The number of the next frame received, or -1. */
static int next(struct bench *b, size_t len)
{
	unsigned budget = 1000;
	struct ring_frame f;
	int number;

	if (!netport_next(&b->port, &f, &budget, 0))
		return -1;
	assert_int_equal(f.len, len);
	number = f.data[22] << 8 | f.data[23];
	netport_release(&b->port);
	return number;
}

static void sends_batches(void **state)
{
	struct bench *b = bench_new(state, 1500);

	for (unsigned i = 0; i < 130; i++)
		offer(b, 1024);
	send_all(b);
	assert_int_equal(b->engine.results, 130);
	for (unsigned i = 0; i < 130; i++)
		assert_int_equal(b->engine.result[i], ENGINE_TX_SENT);
	assert_int_equal(b->port.tx_frames, 130);
	/* As many as a plain socket holds, in any case many. */
	assert_true(peer_drain(b, 36 + 1024) > 64);
	bench_free(b);
}

static void too_big_hits_one_frame(void **state)
{
	struct bench *b = bench_new(state, 1500);

	offer(b, 1024);
	offer(b, 8192);
	offer(b, 1024);
	send_all(b);
	assert_int_equal(b->engine.result[0], ENGINE_TX_SENT);
	assert_int_equal(b->engine.result[1], ENGINE_TX_TOO_BIG);
	assert_int_equal(b->engine.result[2], ENGINE_TX_SENT);
	assert_int_equal(peer_drain(b, 36 + 1024), 2);
	assert_int_equal(b->port.retry_at, NSEC_NEVER);
	bench_free(b);
}

static void down_is_told(void **state)
{
	struct bench *b = bench_new(state, 1500);
	struct pollfd pfd = {.fd = b->port.fd, .events = POLLIN};

	b->port.told = true;
	net_run("ip link set eth0 down");
	offer(b, 512);
	offer(b, 512);
	send_all(b);
	assert_int_equal(b->engine.result[0], ENGINE_TX_PORT_DOWN);
	assert_int_equal(b->engine.result[1], ENGINE_TX_PORT_DOWN);
	assert_false(b->port.told);
	/* Nothing more is sent until somebody has looked at it again. */
	offer(b, 512);
	send_all(b);
	assert_int_equal(b->engine.result[2], ENGINE_TX_AGAIN);
	/* The error has been fetched: a ring must not keep epoll busy. */
	netport_error(&b->port);
	assert_int_equal(poll(&pfd, 1, 0), 0);
	bench_free(b);
}

static void the_first_error_may_be_stale(void **state)
{
	struct bench *b = bench_new(state, 1500);

	net_run("ip link set eth0 down && ip link set eth0 up");
	offer(b, 512);
	send_all(b);
	assert_int_equal(b->engine.result[0], ENGINE_TX_SENT);
	bench_free(b);
}

static void a_deleted_interface(void **state)
{
	struct bench *b = bench_new(state, 1500);

	net_run("ip link del eth0");
	offer(b, 512);
	send_all(b);
	assert_int_equal(b->engine.result[0], ENGINE_TX_PORT_DOWN);
	/* Its socket serves the next one. */
	netport_detach(&b->port);
	net_pair();
	assert_int_equal(
	    netport_attach(&b->port, if_nametoindex("eth0"), 1500, RING), 0);
	close(b->peer);
	b->peer = raw_socket("tgt0", WIRE_ETHERTYPE);
	offer(b, 512);
	send_all(b);
	assert_int_equal(b->engine.result[1], ENGINE_TX_SENT);
	assert_int_equal(peer_drain(b, 36 + 512), 1);
	answer(b, b->header, 7, 60);
	assert_int_equal(next(b, 60), 7);
	bench_free(b);
}

static void a_full_queue_is_no_loss(void **state)
{
	struct bench *b = bench_new(state, 1500);
	unsigned sent = 0;

	net_run("tc qdisc add dev eth0 root tbf rate 100kbit burst 1600 "
		"limit 3000");
	for (unsigned i = 0; i < 10; i++)
		offer(b, 1024);
	send_all(b);
	while (b->engine.result[sent] == ENGINE_TX_SENT)
		sent++;
	assert_in_range(sent, 1, 4);
	for (unsigned i = sent; i < b->engine.taken; i++)
		assert_int_equal(b->engine.result[i], ENGINE_TX_AGAIN);
	/* Nothing will tell when the queue has room: soon. */
	assert_true(b->port.retry_at <= clock_now() + NSEC_MS);
	assert_false(b->port.blocked);
	bench_free(b);
}

static void a_full_socket_is_waited_for(void **state)
{
	struct bench *b = bench_new(state, 1500);
	struct pollfd pfd = {.fd = b->port.fd, .events = POLLOUT};
	const int size = 4096;

	net_run("tc qdisc add dev eth0 root tbf rate 1mbit burst 1600 "
		"limit 1000000");
	assert_int_equal(
	    setsockopt(b->port.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)),
	    0);
	for (unsigned i = 0; i < 100; i++)
		offer(b, 1024);
	send_all(b);
	assert_int_equal(b->engine.result[0], ENGINE_TX_SENT);
	assert_int_equal(
	    b->engine.result[b->engine.taken - 1], ENGINE_TX_AGAIN);
	assert_true(b->port.blocked);
	assert_int_equal(b->port.retry_at, NSEC_NEVER);
	/* Some hundred milliseconds at that rate. */
	assert_int_equal(poll(&pfd, 1, 5000), 1);
	assert_true(pfd.revents & POLLOUT);
	bench_free(b);
}

static void receives_in_order(void **state)
{
	struct bench *b = bench_new(state, 1500);
	unsigned slots = ring_slots(&b->port.ring), sent = 0, got = 0;

	/* More than once around. */
	while (got < 2 * slots + 10) {
		for (unsigned i = 0; i < 50; i++)
			answer(b, b->header, sent++, 60);
		for (unsigned i = 0; i < 50; i++)
			assert_int_equal(next(b, 60), got++);
		assert_int_equal(next(b, 60), -1);
	}
	assert_int_equal(b->port.rx_frames, got);
	assert_int_equal(netport_dropped(&b->port), 0);
	bench_free(b);
}

static void a_full_ring_is_counted(void **state)
{
	struct bench *b = bench_new(state, 1500);
	unsigned slots = ring_slots(&b->port.ring);

	for (unsigned i = 0; i < slots + 5; i++)
		answer(b, b->header, i, 60);
	for (unsigned i = 0; i < slots; i++)
		assert_int_equal(next(b, 60), i);
	assert_int_equal(next(b, 60), -1);
	assert_int_equal(netport_dropped(&b->port), 5);
	answer(b, b->header, 99, 60);
	assert_int_equal(next(b, 60), 99);
	bench_free(b);
}

static void takes_only_what_is_for_us(void **state)
{
	static const uint8_t other[6] = {2, 1, 2, 3, 4, 5};
	static const uint8_t multicast[6] = {1, 0, 0x5e, 0, 0, 1};
	struct bench *b = bench_new(state, 1500);
	uint8_t mac[6];

	own_mac(mac);
	answer(b, other, 1, 60);
	answer(b, mac, 2, 60);
	answer(b, multicast, 3, 60);
	answer(b, b->header, 4, 60);
	assert_int_equal(next(b, 60), 2);
	assert_int_equal(next(b, 60), 4);
	assert_int_equal(next(b, 60), -1);
	bench_free(b);
}

/* Puts an 802.1Q tag into a broadcast answer. */
static void answer_tagged(struct bench *b, unsigned tci, unsigned number)
{
	uint8_t frame[64] = {0};

	memset(frame, 0xff, 6);
	frame[12] = 0x81;
	frame[14] = (uint8_t)(tci >> 8);
	frame[15] = (uint8_t)tci;
	frame[16] = WIRE_ETHERTYPE >> 8;
	frame[17] = WIRE_ETHERTYPE & 0xff;
	frame[18] = WIRE_VERSION << 4 | WIRE_FLAG_RESPONSE;
	frame[24] = 0x80 | PREFIX;
	frame[27] = (uint8_t)number;
	assert_int_equal(send(b->peer, frame, sizeof(frame), 0), 64);
}

static void other_vlans_are_not_ours(void **state)
{
	struct bench *b = bench_new(state, 1500);

	answer_tagged(b, 100, 1);
	answer_tagged(b, 5 << 13, 2); /* a priority and no VLAN */
	answer(b, b->header, 3, 60);
	assert_int_equal(next(b, 60), 2);
	assert_int_equal(next(b, 60), 3);
	assert_int_equal(next(b, 60), -1);
	bench_free(b);
}

static void a_cut_frame_is_dropped(void **state)
{
	struct bench *b = bench_new(state, 1500);

	/* The MTU has grown and the ring has not followed yet. */
	net_run("ip link set eth0 mtu 9000 && ip link set tgt0 mtu 9000");
	answer(b, b->header, 1, 8228);
	answer(b, b->header, 2, 1060);
	assert_int_equal(next(b, 1060), 2);
	assert_int_equal(b->port.rx_dropped, 1);
	/* Now it has, on the same socket; and a smaller MTU fits already. */
	assert_int_equal(
	    netport_attach(&b->port, if_nametoindex("eth0"), 9000, RING), 0);
	answer(b, b->header, 3, 9014);
	assert_int_equal(next(b, 9014), 3);
	answer(b, b->header, 4, 9014);
	assert_int_equal(
	    netport_attach(&b->port, if_nametoindex("eth0"), 1500, RING), 0);
	assert_int_equal(next(b, 9014), 4);
	bench_free(b);
}

static void any_mtu_has_a_ring(void **state)
{
	static const unsigned mtu[] = {68, 1499, 4096, 9000, 16110, 65535};
	struct bench *b = bench_new(state, 1500);

	net_run("ip link set eth0 mtu 65535 && ip link set tgt0 mtu 65535");
	for (size_t i = 0; i < ARRAY_SIZE(mtu); i++) {
		ring_close(&b->port.ring, b->port.fd);
		assert_int_equal(netport_attach(&b->port,
				     if_nametoindex("eth0"), mtu[i], RING),
		    0);
		assert_true(ring_slots(&b->port.ring) >= 2);
		assert_true(b->port.ring.map_size <= 2 * RING);
		if (mtu[i] > 9000)
			continue;
		for (unsigned n = 0; n < 3; n++)
			answer(b, b->header, n, mtu[i] + 14);
		for (unsigned n = 0; n < 3; n++)
			assert_int_equal(next(b, mtu[i] + 14), n);
	}
	bench_free(b);
}

int main(void)
{
#define NET(test) cmocka_unit_test_setup(test, net_setup)
	const struct CMUnitTest tests[] = {
	    NET(sends_batches),
	    NET(too_big_hits_one_frame),
	    NET(down_is_told),
	    NET(the_first_error_may_be_stale),
	    NET(a_deleted_interface),
	    NET(a_full_queue_is_no_loss),
	    NET(a_full_socket_is_waited_for),
	    NET(receives_in_order),
	    NET(a_full_ring_is_counted),
	    NET(takes_only_what_is_for_us),
	    NET(other_vlans_are_not_ours),
	    NET(a_cut_frame_is_dropped),
	    NET(any_mtu_has_a_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
