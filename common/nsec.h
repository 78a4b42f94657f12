/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Time: monotonic nanoseconds since an arbitrary start. Nobody here reads a
 * clock; `now` is always handed in, so that tests own the time.
 */
#ifndef COMMON_NSEC_H
#define COMMON_NSEC_H

#include <stdint.h>

typedef uint64_t nsec_t;

#define NSEC_NEVER UINT64_MAX
#define NSEC_US ((nsec_t)1000)
#define NSEC_MS ((nsec_t)1000000)
#define NSEC_SEC ((nsec_t)1000000000)

/* Sum that saturates at NSEC_NEVER, so that "never" stays never. */
static inline nsec_t nsec_add(nsec_t at, nsec_t delta)
{
	return delta > NSEC_NEVER - at ? NSEC_NEVER : at + delta;
}

/* How long from `from` to `to`; 0 when `to` is not later. */
static inline nsec_t nsec_since(nsec_t from, nsec_t to)
{
	return to > from ? to - from : 0;
}

static inline nsec_t nsec_min(nsec_t a, nsec_t b)
{
	return a < b ? a : b;
}

#endif
