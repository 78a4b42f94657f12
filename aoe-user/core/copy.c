/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/copy.h"
#include <assert.h>
#include <errno.h>
#include "aoe-user/core/device.h"

#define COPY_DEFAULT_MAX 4096u
/* Slots at least: each of many open devices has one, in a small pool too. */
#define COPY_SLOTS_MIN 256u
/* Slots per copy: how long an ended one is remembered on average. */
#define COPY_MEMORY 2u

int copy_table_init(
    struct copy_table *t, const struct engine_config *config, uint64_t seed)
{
	unsigned max = config->copies ? config->copies : COPY_DEFAULT_MAX;
	unsigned i;

	*t = (struct copy_table){.size = COPY_SLOTS_MIN};
	tag_key_init(&t->key, seed, config->tag_prefix, config->tag_bits);
	while (t->size < max * COPY_MEMORY)
		t->size *= 2;
	/* With few tag bits the slots cannot be more than the tags. */
	while (t->size > 1u << t->key.bits)
		t->size /= 2;
	share_pool_init(&t->pool, MIN(max, t->size / 2));
	t->slots =
	    config->alloc.get(config->alloc.ctx, t->size * sizeof(*t->slots));
	if (t->slots == NULL)
		return -ENOMEM;
	for (i = 0; i < t->size; i++) {
		t->slots[i].state = COPY_UNUSED;
		list_init(&t->slots[i].path_link);
		list_init(&t->slots[i].ahead_link);
		list_init(&t->slots[i].owner_link);
		list_init(&t->slots[i].held_link);
	}
	return 0;
}

void copy_table_fini(struct copy_table *t, const struct engine_alloc *alloc)
{
	if (t->slots != NULL)
		alloc->put(alloc->ctx, t->slots, t->size * sizeof(*t->slots));
	t->slots = NULL;
}

/*
 * The slot follows from the counter, so a tag leads back to it without a
 * search. A slot whose copy is still unanswered is passed over: its tag and its
 * fence stay.
 */
static struct copy *copy_next_slot(struct copy_table *t)
{
	struct copy *c;

	assert(t->used + t->control < t->size);
	do
		c = &t->slots[t->counter++ & (t->size - 1)];
	while (copy_is_live(c));
	return c;
}

/*
 * A quarter of the slots is never used for data, or the search for a free one
 * might not end: parts that became smaller with their copies unanswered could
 * fill the table.
 */
bool copy_has_room(const struct copy_table *t, const struct device *dev)
{
	if (t->used >= t->size - t->size / 4)
		return false;
	return share_has_room(&t->pool, &dev->frames);
}

bool copy_control_room(const struct copy_table *t, unsigned n, bool can_wait)
{
	return t->control + n <= MAX(t->size / (can_wait ? 16 : 8), 2u);
}

struct copy *copy_get(
    struct copy_table *t, struct device *dev, enum copy_kind kind)
{
	bool control =
	    kind == COPY_IDENTIFY || kind == COPY_CONFIG || kind == COPY_TOUCH;
	uint32_t n;
	struct copy *c;

	if (control ? !copy_control_room(t, 1, false) : !copy_has_room(t, dev))
		return NULL;
	c = copy_next_slot(t);
	n = t->counter - 1;
	*c = (struct copy){
	    .tag = tag_make(&t->key, n),
	    .kind = (uint8_t)kind,
	    .state = COPY_OFFERED,
	    .dev = dev,
	    .overtaken_at = NSEC_NEVER,
	    .alone_at = NSEC_NEVER,
	};
	list_init(&c->path_link);
	list_init(&c->ahead_link);
	list_init(&c->owner_link);
	list_init(&c->held_link);
	if (control) {
		t->control++;
		return c;
	}
	t->used++;
	share_take(&t->pool, &dev->frames);
	return c;
}

uint32_t copy_tag(struct copy_table *t)
{
	copy_next_slot(t);
	return tag_make(&t->key, t->counter - 1);
}

void copy_put(struct copy_table *t, struct copy *c, enum copy_state state)
{
	assert(copy_is_live(c) && state != COPY_OFFERED && state != COPY_OUT &&
	       state != COPY_LOST);
	assert((copy_is_own(c) ? t->control : t->used) > 0);
	list_del(&c->path_link);
	list_del(&c->ahead_link);
	list_del(&c->owner_link);
	c->rq = NULL;
	c->state = (uint8_t)state;
	if (copy_is_own(c)) {
		t->control--;
		return;
	}
	t->used--;
	share_give(&t->pool, &c->dev->frames);
}

struct copy *copy_find(const struct copy_table *t, uint32_t tag)
{
	struct copy *c;

	if (!tag_is_ours(&t->key, tag))
		return NULL;
	c = &t->slots[tag_counter(&t->key, tag) & (t->size - 1)];
	return c->state != COPY_UNUSED && c->tag == tag ? c : NULL;
}
