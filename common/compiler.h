/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The few compiler helpers that every layer uses. Nothing here has state.
 */
#ifndef COMMON_COMPILER_H
#define COMMON_COMPILER_H

#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member)                                        \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define FORMAT_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
