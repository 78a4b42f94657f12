/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parts of engine_check(): trees and lists, copies, paths. They assert, and are
 * for tests alone.
 */
#ifndef CORE_CHECK_PATH_H
#define CORE_CHECK_PATH_H

#include "aoe-user/core/state.h"

/* How many are in it; for a tree and a heap, from that node on. */
unsigned check_tree(const struct tree_node *n);
unsigned check_heap(const struct heap_node *n);
unsigned check_list(const struct list *head);
/* Who waits for a range waits for what is in his way. */
void check_waiters(const struct range *r);
void check_copies(const struct engine *e);
void check_path(const struct path *p);

#endif
