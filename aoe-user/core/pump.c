/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/pump.h"

/*
 * Frames after one that a full or dead port did not take share its fate; only
 * one that is too large says nothing of those behind it. The last one goes back
 * first: each takes its place in front of those that follow it. True when all
 * were sent.
 */
static bool pump_port(const struct pump *p, struct engine *e, unsigned port,
    struct engine_frame **f, unsigned n)
{
	enum engine_tx_result why;
	unsigned done = 0, sent, i;
	bool all = true;
	nsec_t now;

	while (done < n) {
		why = ENGINE_TX_AGAIN;
		sent = p->send(p->ctx, port, f + done, n - done, &why);
		now = p->now(p->ctx);
		for (i = 0; i < sent; i++)
			engine_tx_result(e, f[done++], ENGINE_TX_SENT, now);
		if (done == n)
			break;
		all = false;
		if (why == ENGINE_TX_TOO_BIG) {
			engine_tx_result(e, f[done++], why, now);
			continue;
		}
		while (n > done)
			engine_tx_result(e, f[--n], why, now);
	}
	return all;
}

unsigned pump_run(const struct pump *p, struct engine *e)
{
	struct engine_frame *offer[PUMP_BATCH], *same[PUMP_BATCH];
	unsigned total = 0, n, left, k, i;
	bool all;
	nsec_t now;

	do {
		all = true;
		now = p->now(p->ctx);
		for (n = 0; n < p->batch && engine_tx(e, &offer[n], now);)
			n++;
		total += n;
		/* Those of the first one's port, then the rest likewise. */
		for (left = n; left > 0;) {
			unsigned port = offer[0]->port, rest = 0;

			for (k = i = 0; i < left; i++) {
				if (offer[i]->port == port)
					same[k++] = offer[i];
				else
					offer[rest++] = offer[i];
			}
			left = rest;
			all &= pump_port(p, e, port, same, k);
		}
		/* What one port did not take may go through another. */
	} while (n > 0 && (n == p->batch || !all));
	return total;
}
