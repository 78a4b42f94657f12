/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parsing of option values that several programs share: numbers with range,
 * sizes with suffix, durations. Every parser takes the whole string or none of
 * it and says what it wanted.
 */
#ifndef COMMON_OPTS_H
#define COMMON_OPTS_H

#include <stddef.h>
#include <stdint.h>
#include "common/nsec.h"

#define OPTS_WHY 160

/* Decimal number in [min, max]. 0 or -EINVAL with one line in `why`. */
int opts_number(const char *what, const char *text, uint64_t min, uint64_t max,
    uint64_t *out, char *why);
/*
 * Bytes: decimal with an optional suffix s (512), b or B (1), k/K, M, G, T, P
 * (powers of 1024; also "KiB" forms) or kB, MB, ... (powers of 1000). 0, or
 * -EINVAL or, too large, -ERANGE with one line in `why`.
 */
int opts_size(const char *what, const char *text, uint64_t *out, char *why);
/*
 * Seconds, or another unit with suffix us, ms, s, m, h; a fraction is allowed
 * ("0.5", "1.5ms"). Returns as opts_size(); the result is never NSEC_NEVER.
 */
int opts_duration(const char *what, const char *text, nsec_t *out, char *why);
/* Human size, "256.0 MiB", into buf; returns buf. */
char *opts_format_size(uint64_t bytes, char *buf, size_t size);

#endif
