/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/port.h"
#include "aoe-user/core/state.h"
#include "tests/unit/core_talk.h"

static void *get(void *ctx, size_t size)
{
	return *(bool *)ctx ? NULL : calloc(1, size);
}

static void put(void *ctx, void *p, size_t size)
{
	(void)ctx;
	(void)size;
	free(p);
}

static void init(struct engine *e, bool *broke)
{
	*e = (struct engine){.cfg.alloc = {get, put, broke}};
	*broke = false;
	port_table_init(e);
}

static void finds_ports(void **state)
{
	struct engine e;
	struct port *a, *b;
	bool broke;

	(void)state;
	init(&e, &broke);
	assert_null(port_find(&e, 0));
	a = port_new(&e, 3);
	b = port_new(&e, 0);
	assert_ptr_equal(port_find(&e, 3), a);
	assert_ptr_equal(port_find(&e, 0), b);
	assert_null(port_find(&e, 1));
	assert_ptr_equal(port_next(&e, NULL), b);
	assert_ptr_equal(port_next(&e, b), a);
	assert_null(port_next(&e, a));
	port_free(&e, a);
	assert_null(port_find(&e, 3));
	port_free(&e, b);
	broke = true;
	assert_null(port_new(&e, 3));
	assert_null(port_next(&e, NULL));
}

static void forget(struct engine *e, struct port *p)
{
	while (p->peers.root != NULL)
		peer_release(e, container_of(p->peers.root, struct peer, node));
	port_free(e, p);
}

/* Slots behind one MAC of one port share a peer; other ports have their own. */
static void shares_peers(void **state)
{
	struct mac one = {{2, 0, 0, 0, 0, 1}}, two = {{2, 0, 0, 0, 0, 2}};
	struct engine e;
	struct port *a, *b;
	struct peer *p;
	bool broke;

	(void)state;
	init(&e, &broke);
	a = port_new(&e, 1);
	b = port_new(&e, 2);
	p = peer_get(&e, a, one);
	assert_ptr_equal(peer_get(&e, a, one), p);
	assert_ptr_not_equal(peer_get(&e, b, one), p);
	assert_ptr_not_equal(peer_get(&e, a, two), p);
	peer_release(&e, p);
	assert_ptr_equal(peer_get(&e, a, one), p);
	broke = true;
	assert_null(peer_get(&e, b, two));
	assert_int_equal(p->users, 2);
	forget(&e, a);
	forget(&e, b);
}

/* The port goes down with both questions to a path in the sender's hands. */
static void port_falls_under_questions(void **state)
{
	struct rig_frame f[2], g;
	struct rig_request q;
	unsigned n = 0;
	struct rig r;

	(void)state;
	rig_up(&r, NULL);
	r.now += 3 * NSEC_SEC;
	assert_int_equal(rig_submit(&r, &q, AOE_READ, 0, 512), 0);
	for (unsigned i = 0; i < 10 && n < ARRAY_SIZE(f); i++) {
		engine_tick(r.e, r.now);
		if (!rig_offer(&r, 1, &g))
			continue;
		if (mac_equal(g.h.dst, mac_broadcast))
			rig_result(&r, &g, ENGINE_TX_SENT);
		else
			f[n++] = g;
	}
	assert_int_equal(n, ARRAY_SIZE(f));
	while (n-- > 0)
		rig_result(&r, &f[n], ENGINE_TX_PORT_DOWN);
	rig_port(&r, 1, true);
	engine_check(r.e);
	talk_serve(&r, NSEC_SEC, TALK_ALL, TALK_ALL);
	assert_int_equal(q.done, 1);
	assert_int_equal(q.error, 0);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_ports),
	    cmocka_unit_test(shares_peers),
	    cmocka_unit_test(port_falls_under_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
