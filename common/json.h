/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes one JSON value on one line. A value is built between begin and end
 * calls; a failure (no memory, nested too deep) is remembered and shows once,
 * at json_text(). Text from the network may hold any bytes: what is not valid
 * UTF-8, and control characters that JSON would not escape, become U+FFFD, so
 * that every reader can parse the line and no terminal obeys it.
 */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;

/* An object, open until json_end(); NULL without memory. */
struct json *json_new(void);
/* NULL is fine. */
void json_free(struct json *j);

/*
 * `key` names the member of an object; in an array it is not looked at and may
 * be NULL. A NULL `j` is fine everywhere: json_text() tells.
 */
void json_begin_object(struct json *j, const char *key);
void json_begin_array(struct json *j, const char *key);
void json_end(struct json *j);

void json_put_text(struct json *j, const char *key, const char *text);
void json_put_bytes(
    struct json *j, const char *key, const void *bytes, size_t len);
void json_put_u64(struct json *j, const char *key, uint64_t value);
void json_put_bool(struct json *j, const char *key, bool value);

/*
 * The line without newline, valid until the next call for `j`. NULL when
 * something failed or a begin has no end.
 */
const char *json_text(struct json *j);

#endif
