/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/io/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "aoe-user/io/claim.h"

struct writer {
	struct list link;
	struct aoe_addr addr;
	unsigned opens;
	int claim; /* descriptor, or -1 */
};

void writer_init(struct writer_table *t, bool shared)
{
	*t = (struct writer_table){.shared = shared};
	list_init(&t->writers);
}

static void writer_free(struct writer *w)
{
	list_del(&w->link);
	if (w->claim >= 0)
		close(w->claim);
	free(w);
}

void writer_fini(struct writer_table *t)
{
	struct list *l, *tmp;

	list_each(l, tmp, &t->writers)
		writer_free(list_entry(l, struct writer, link));
}

static struct writer *writer_find(struct writer_table *t, struct aoe_addr addr)
{
	struct list *l, *tmp;

	list_each(l, tmp, &t->writers) {
		struct writer *w = list_entry(l, struct writer, link);

		if (addr_equal(w->addr, addr))
			return w;
	}
	return NULL;
}

int writer_open(struct writer_table *t, struct aoe_addr addr, bool writable)
{
	struct writer *w = writer_find(t, addr);
	int claim = -1;

	if (writable && (!w || w->claim < 0)) {
		claim = claim_writer(addr);
		if (claim == -EADDRINUSE && !t->shared)
			return -EBUSY;
		if (claim < 0 && claim != -EADDRINUSE)
			return claim;
	}
	if (!w) {
		w = calloc(1, sizeof(*w));
		if (!w) {
			if (claim >= 0)
				close(claim);
			return -ENOMEM;
		}
		w->addr = addr;
		w->claim = -1;
		list_append(&t->writers, &w->link);
	}
	if (claim >= 0)
		w->claim = claim;
	w->opens++;
	return 0;
}

void writer_close(struct writer_table *t, struct aoe_addr addr)
{
	struct writer *w = writer_find(t, addr);

	if (w && !--w->opens)
		writer_free(w);
}
