/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "common/compiler.h"
#include "common/opts.h"

FORMAT_PRINTF(3, 4)
static int refuse(int error, char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, OPTS_WHY, fmt, ap);
	va_end(ap);
	return error;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Reads decimal digits. Returns what follows them, or NULL when there is none.
 * `*overflow` tells that they do not fit.
 */
static const char *get_digits(const char *p, uint64_t *out, bool *overflow)
{
	*out = 0;
	*overflow = false;
	if (!is_digit(*p))
		return NULL;
	for (; is_digit(*p); p++)
		if (__builtin_mul_overflow(*out, 10u, out) ||
		    __builtin_add_overflow(*out, (unsigned)(*p - '0'), out))
			*overflow = true;
	return p;
}

int opts_number(const char *what, const char *text, uint64_t min, uint64_t max,
    uint64_t *out, char *why)
{
	bool overflow;
	uint64_t v;
	const char *end = get_digits(text, &v, &overflow);

	if (!end || *end || overflow || v < min || v > max)
		return refuse(-EINVAL, why,
		    "%.40s: '%.40s' is not a number from %" PRIu64
		    " to %" PRIu64,
		    what, text, min, max);
	*out = v;
	return 0;
}

/* The factor that a size suffix stands for, or 0. */
static uint64_t size_unit(const char *suffix)
{
	static const char letters[] = "kMGTP";
	const char *letter;
	uint64_t binary = 1, decimal = 1;

	if (!*suffix || !strcmp(suffix, "b") || !strcmp(suffix, "B"))
		return 1;
	if (!strcmp(suffix, "s"))
		return 512;
	letter = strchr(letters, *suffix == 'K' ? 'k' : *suffix);
	if (!letter)
		return 0;
	for (const char *l = letters; l <= letter; l++) {
		binary *= 1024;
		decimal *= 1000;
	}
	if (!suffix[1] || !strcmp(suffix + 1, "iB"))
		return binary;
	return !strcmp(suffix + 1, "B") ? decimal : 0;
}

int opts_size(const char *what, const char *text, uint64_t *out, char *why)
{
	bool overflow;
	uint64_t v;
	const char *suffix = get_digits(text, &v, &overflow);
	uint64_t unit = suffix ? size_unit(suffix) : 0;

	if (!unit)
		return refuse(-EINVAL, why,
		    "%.40s: '%.40s' is not a size: want bytes, or a number "
		    "with s, k, M, G, T or P",
		    what, text);
	if (overflow || __builtin_mul_overflow(v, unit, &v))
		return refuse(
		    -ERANGE, why, "%.40s: '%.40s' is too large", what, text);
	*out = v;
	return 0;
}

/* The nanoseconds that a duration suffix stands for, or 0. */
static nsec_t duration_unit(const char *suffix)
{
	static const struct {
		const char *suffix;
		nsec_t unit;
	} table[] = {
	    {"", NSEC_SEC},
	    {"us", NSEC_US},
	    {"ms", NSEC_MS},
	    {"s", NSEC_SEC},
	    {"m", 60 * NSEC_SEC},
	    {"h", 3600 * NSEC_SEC},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(suffix, table[i].suffix))
			return table[i].unit;
	return 0;
}

int opts_duration(const char *what, const char *text, nsec_t *out, char *why)
{
	const char *fraction = NULL, *suffix;
	nsec_t unit = 0, v;
	bool overflow;

	suffix = get_digits(text, &v, &overflow);
	if (suffix && suffix[0] == '.' && is_digit(suffix[1])) {
		fraction = ++suffix;
		suffix += strspn(suffix, "0123456789");
	}
	if (suffix)
		unit = duration_unit(suffix);
	if (!unit)
		return refuse(-EINVAL, why,
		    "%.40s: '%.40s' is not a time: want seconds, or a number "
		    "with us, ms, s, m or h",
		    what, text);

	overflow |= __builtin_mul_overflow(v, unit, &v);
	/* Digits below a nanosecond fall away: the unit has become zero. */
	for (; fraction && is_digit(*fraction); fraction++) {
		unit /= 10;
		overflow |= __builtin_add_overflow(
		    v, (nsec_t)(*fraction - '0') * unit, &v);
	}
	if (overflow || v == NSEC_NEVER)
		return refuse(
		    -ERANGE, why, "%.40s: '%.40s' is too long", what, text);
	*out = v;
	return 0;
}

char *opts_format_size(uint64_t bytes, char *buf, size_t size)
{
	static const char letters[] = "KMGTPE";
	uint64_t unit = 1024, tenths;
	const char *letter = letters;

	if (bytes < 1024) {
		snprintf(buf, size, "%" PRIu64 " B", bytes);
		return buf;
	}
	for (;;) {
		tenths =
		    bytes / unit * 10 + (bytes % unit * 10 + unit / 2) / unit;
		/* 1024.0 of a unit, by rounding too, is 1.0 of the next. */
		if (tenths < 10240 || !letter[1])
			break;
		unit *= 1024;
		letter++;
	}
	snprintf(buf, size, "%" PRIu64 ".%u %ciB", tenths / 10,
	    (unsigned)(tenths % 10), *letter);
	return buf;
}
